/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a budget is measured: its periods, its thresholds, the text of an amount.
 */
#ifndef SLIPWAY_BILLING_BUDGET_MEASURE_H
#define SLIPWAY_BILLING_BUDGET_MEASURE_H

#include "store/budget.h"

/* The period of @kind (UTC) that @now_s lies in: [from, until). */
void budget_period_at(enum budget_period kind, int64_t now_s, int64_t *ret_from_s,
		      int64_t *ret_until_s);

/* Whether @spent_nano is @percent of @amount_nano, or more. */
bool budget_reached(int64_t spent_nano, int64_t amount_nano, int64_t percent);

/* "12345.678" exactly: up to nine digits and nine decimals; more than 0. ERR_INVALID. */
int budget_amount_parse(const char *text, int64_t *ret_nano, struct err *err) MUST_CHECK;

#endif
