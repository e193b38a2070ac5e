/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The book of budgets: what is spent of each, up to this second, by the same charges and the same
 * arithmetic as every bill (billing/cost.h). Closed charges are counted once, when the ledger has
 * them; those that run are worked out anew each time. So a look costs as much as there are
 * tasks that run, whatever the ledger holds.
 */
#ifndef SLIPWAY_BILLING_BUDGET_BOOK_H
#define SLIPWAY_BILLING_BUDGET_BOOK_H

#include "billing/cost.h"
#include "store/budget.h"

struct budget_line {
	struct budget stored;	   /* as the last look found it, state and all */
	struct budget_state state; /* as it is now; basis is the book's, notified_percent
				    * and spent are still those of the period */
	int64_t spent_nano;	   /* closed charges, and those that run */
};

struct budget_book;

/* @prices is borrowed until the book is freed. */
struct budget_book *budget_book_new(const struct price_list *prices);
void budget_book_free(struct budget_book *book); /* takes NULL */
void budget_book_freep(struct budget_book **book);

/*
 * Bring the book to @now_s: budgets that are new or were changed are counted from the begin of
 * their period on, others from where they were. In the caller's read transaction. ERR_NOT_FOUND: a
 * price is missing. After a failure the book has no lines until the next look.
 */
int budget_book_look(struct budget_book *book, struct db *db, int64_t now_s, struct err *err)
	MUST_CHECK;

/* By account and name; borrowed until the next look. */
const struct budget_line *budget_book_lines(const struct budget_book *book, size_t *ret_count);
const char *budget_book_currency(const struct budget_book *book);

#endif
