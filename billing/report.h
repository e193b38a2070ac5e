/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bill: usage with prices put on it, one line a task. Every sum is the sum of the
 * rounded numbers below it, so that what is shown adds up.
 */
#ifndef SLIPWAY_BILLING_REPORT_H
#define SLIPWAY_BILLING_REPORT_H

#include <stdio.h>

#include "billing/price.h"
#include "billing/usage.h"

struct report_line {
	struct usage usage;
	int64_t billed_seconds; /* not less than the price list's minimum */
	int64_t cost_nano[METER_COUNT];
	int64_t total_nano; /* of the line */
};

struct report {
	char currency[PRICE_CURRENCY_SIZE];
	struct report_line *lines; /* in the arena */
	size_t count;
	int64_t meter_nano[METER_COUNT]; /* sums of the lines */
	int64_t total_nano;
};

/* ERR_NOT_FOUND if there is usage from before the first price. */
int report_make(struct db *db, const struct usage_filter *filter, const struct price_list *prices,
		struct arena *arena, struct report *ret_report, struct err *err) MUST_CHECK;

/* For people: a table of tasks, or one task in full. */
int report_print_table(const struct report *report, FILE *out, struct err *err) MUST_CHECK;
int report_print_task(const struct report *report, FILE *out, struct err *err) MUST_CHECK;
/* For programs: one JSON object; money as exact decimal texts. */
int report_print_json(const struct report *report, FILE *out, struct err *err) MUST_CHECK;

#endif
