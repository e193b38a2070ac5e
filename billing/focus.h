/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bill in FOCUS 1.2 (FinOps Open Cost and Usage Specification): CSV with all 57 columns, a row
 * a task, meter and hour. Null is an empty field.
 *
 * BilledCost is what is invoiced: rounded, and adding up to the bill. ListCost and ContractedCost
 * are their unit price times PricingQuantity, to the last decimal, as the specification wants it;
 * PricingQuantity is in hours, rounded to twelve decimals. A reader that multiplies doubles and
 * compares finds another last digit in a third of such products: for those there is `doubles`.
 */
#ifndef SLIPWAY_BILLING_FOCUS_H
#define SLIPWAY_BILLING_FOCUS_H

#include <stdio.h>

#include "billing/summary.h"

struct focus_options {
	const char *region;
	bool doubles; /* costs as a reader has them that multiplies in doubles (IEEE 754) */
	summary_wanted_fn *wanted; /* NULL: all */
	void *ctx;
};

/* In the caller's read transaction. Memory does not grow with the rows. */
int focus_write(struct db *db, const struct tariff *tariff, const struct charge_filter *filter,
		const struct focus_options *options, FILE *out, struct err *err) MUST_CHECK;

#endif
