/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TimePeriod of Cost Explorer's requests, and the hours, days and months that it has (UTC).
 */
#ifndef SLIPWAY_GATEWAY_CE_PERIOD_H
#define SLIPWAY_GATEWAY_CE_PERIOD_H

#include <jansson.h>

#include "billing/cost.h"
#include "core/shape.h"

#define CE_BUCKETS_MAX 9000 /* of one answer: a year of hours, or 24 years of days */
#define CE_PERIOD_TEXT 40   /* bytes of a time: the API's */

struct ce_period_input {
	const char *start, *end;
};
extern const struct shape ce_period_shape;

struct ce_period {
	int64_t from_s, until_s; /* exclusive */
	enum cost_grain grain;	 /* of its buckets */
};

/* Granularity's words and what they mean. */
extern const char *const ce_granularities[];
enum cost_grain ce_grain(int granularity);

/*
 * "2026-11-23", or "2026-11-23T08:00:00Z" at a border of the grain's smallest unit (days for
 * MONTHLY). ERR_INVALID names the member. What lies ahead is refused as the API does: a start
 * after now, an end after this month.
 */
int ce_period_read(const struct ce_period_input *input, enum cost_grain grain, int64_t now_s,
		   struct ce_period *ret_period, struct err *err) MUST_CHECK;
/* The same for a forecast: it begins today or later. */
int ce_period_read_ahead(const struct ce_period_input *input, enum cost_grain grain, int64_t now_s,
			 struct ce_period *ret_period, struct err *err) MUST_CHECK;

/* The end of the bucket that begins at @at_s: the grain's next border, or the period's end. */
int64_t ce_period_bucket_end(const struct ce_period *period, int64_t at_s);

/* {"Start": ..., "End": ...}, times in hourly periods, else days. */
json_t *ce_period_json(const struct ce_period *period, int64_t from_s, int64_t until_s);

#endif
