/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What follows from the book: thresholds that were reached become events, a budget that is spent
 * refuses launches (store/budget.h) and stops tasks. All of it in one transaction with the
 * states, so a restart neither repeats nor loses an event. Events (store/outbox.h):
 *
 *     slipway.budget.threshold    once for each threshold and period
 *     slipway.budget.spent        once a period, of a budget that refuses or stops
 *
 * A budget whose spending falls below its amount again, by a correction or by another amount,
 * refuses no more.
 */
#ifndef SLIPWAY_BILLING_BUDGET_ACT_H
#define SLIPWAY_BILLING_BUDGET_ACT_H

#include "billing/budget_book.h"

/* What counts so far is made durable so often, to bound what is counted again after a restart. */
#define BUDGET_KEEP_MS 60000

/* For the log: borrowed from the book and the arena. */
struct budget_notice {
	const struct budget_line *line;
	int64_t percent; /* of a threshold; 0: it is spent, or tasks were stopped */
	size_t stopped;	 /* tasks */
};

struct budget_actor {
	int64_t kept_ms; /* when the states were written last; 0: not yet */
};

/* One transaction of its own, none if nothing follows. */
int budget_act(struct budget_actor *actor, const struct budget_book *book, struct db *db,
	       int64_t now_ms, struct arena *arena, struct budget_notice **ret_notices,
	       size_t *ret_count, struct err *err) MUST_CHECK;

#endif
