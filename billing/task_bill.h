/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One task in full: what it held, what it used, what it costs, and what it would have cost in a
 * size that it fits into.
 */
#ifndef SLIPWAY_BILLING_TASK_BILL_H
#define SLIPWAY_BILLING_TASK_BILL_H

#include <jansson.h>

#include "billing/cost.h"
#include "store/machine_account.h"
#include "store/task_size.h"

struct task_bill {
	const struct charge *charge; /* borrowed */
	int64_t billed_seconds;
	int64_t amount[METER_COUNT]; /* quantity x seconds */
	int64_t meter_nano[METER_COUNT];
	struct price_rate rate[METER_COUNT]; /* the first */
	int64_t total_nano;
	struct machine_counts used; /* of all its machines; the peak is the highest */
	bool use_known;
	struct task_size better; /* where there is one: */
	bool better_known;
	int64_t saving_nano; /* that much less it would have cost so far */
};

/* In the caller's read transaction. */
int task_bill_make(struct db *db, const struct tariff *tariff, const struct charge *charge,
		   struct task_bill *ret_bill, struct err *err) MUST_CHECK;

/*
 * {"seconds", "billedSeconds", "running", "estimated", "meters": [{"meter", "unit",
 * "reserved", "used", "cost"}], "used": {...}, "betterSize": {"cpu", "memory", "saving"},
 * "cost", "currency"}; what is not known is left out. NULL: no memory. The caller lets it go.
 */
json_t *task_bill_json(const struct task_bill *bill, const char *currency);

/* The members "used" and "betterSize" into an object of the caller's. */
void task_bill_say_use(const struct task_bill *bill, json_t *json);

/* The average of the CPU that was used, in thousandths of a vCPU. */
int64_t task_bill_cpu_milli(const struct task_bill *bill);

#endif
