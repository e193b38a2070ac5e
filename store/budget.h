/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Budgets: what an account, or what of it is in a cluster, of a family or has a tag, may
 * spend in a day, in a month (UTC) or in all. The first half of a row is the operator's words;
 * the second, the state, says how it stands in a period, and is written by the one program that
 * watches (billing/budget_book.h), in the transaction of the events and stops that follow.
 */
#ifndef SLIPWAY_STORE_BUDGET_H
#define SLIPWAY_STORE_BUDGET_H

#include "core/arena.h"
#include "store/db.h"

#define BUDGET_NAME_MAX	     64
#define BUDGET_PERCENTS_MAX  10	  /* thresholds of one budget */
#define BUDGET_PERCENT_LIMIT 1000 /* ten times the amount */
#define BUDGETS_MAX	     1000 /* of all accounts: each is looked at some times a second */

#define BUDGET_PERIODS(X)	     /* X(period, its name) */ X(DAY, "day") X(MONTH, "month") X(ALL, "all")
#define BUDGET_AS_PERIOD(name, text) BUDGET_##name,
enum budget_period { BUDGET_PERIODS(BUDGET_AS_PERIOD) BUDGET_PERIOD_COUNT };

const char *budget_period_name(enum budget_period period);
bool budget_period_parse(const char *text, enum budget_period *ret_period);

struct budget_state {
	int64_t from_s, until_s;  /* the period that all of this is of; until_s is behind it */
	int64_t counted_nano;	  /* what its closed charges cost, */
	int64_t counted_position; /* up to this record of the ledger; 0: nothing is counted */
	const char *basis;	  /* of what prices and invoices: a digest */
	int64_t notified_percent; /* the highest that an event was made of; 0: none */
	bool spent;		  /* the amount is reached */
};

struct budget {
	const char *account, *name;
	const char *cluster, *family, *tag_key, *tag_value; /* "": any */
	int64_t amount_nano;
	enum budget_period period;
	int64_t percents[BUDGET_PERCENTS_MAX]; /* ascending */
	size_t percent_count;
	bool refuse, stop;
	int64_t changed_ms; /* since when the above is so: tells a budget from what it was */
	struct budget_state state;
};

/* "80,100" into @ret_budget's percents, sorted, each once. ERR_INVALID names what is wrong. */
int budget_percents_parse(const char *text, struct budget *ret_budget, struct err *err) MUST_CHECK;
#define BUDGET_PERCENTS_SIZE (BUDGET_PERCENTS_MAX * 6)
/* The same text again, into @ret (BUDGET_PERCENTS_SIZE bytes); returns it. */
char *budget_percents_text(const struct budget *budget, char *ret);

/*
 * The budget is so from @now_ms on, with a state in which nothing was counted and no event made;
 * one that is so already is left as it is. ERR_LIMIT: there are BUDGETS_MAX.
 */
int budget_set(struct db *db, const struct budget *budget, int64_t now_ms, struct err *err)
	MUST_CHECK;
/* ERR_NOT_FOUND. */
int budget_remove(struct db *db, const char *account, const char *name, struct err *err) MUST_CHECK;

/* By account and name; @account NULL: of all. */
int budget_list(struct db *db, const char *account, struct arena *arena,
		struct budget **ret_budgets, size_t *ret_count, struct err *err) MUST_CHECK;
/* Those of the account that refuse launches at @now_s. */
int budget_refusing(struct db *db, const char *account, int64_t now_s, struct arena *arena,
		    struct budget **ret_budgets, size_t *ret_count, struct err *err) MUST_CHECK;

/* Write @budget's state; *ret_written is false if there is no such budget any more, or
 * it was changed. In the caller's transaction. */
int budget_state_put(struct db *db, const struct budget *budget, bool *ret_written, struct err *err)
	MUST_CHECK;

#endif
