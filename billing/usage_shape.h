/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shapes that usage events take on their way out: JSON as others read it.
 *
 *     cloudevents  CloudEvents 1.0 (structured JSON), type "slipway.usage.v1"
 *     openmeter    the same with `value` in its data, for a meter with valueProperty $.value that
 *                  groups by $.meter, or is one a meter of ours
 *     lago         events of Lago's API: `code` names the meter, the subscription's external id is
 *                  the account, and the cost is in precise_total_amount_cents
 *
 * Numbers that may have decimals are texts with the exact decimal.
 */
#ifndef SLIPWAY_BILLING_USAGE_SHAPE_H
#define SLIPWAY_BILLING_USAGE_SHAPE_H

#include "billing/usage_event.h"
#include "core/buf.h"

struct usage_shape {
	const char *name;	  /* on the command line */
	const char *content_type; /* of a batch over HTTP, */
	const char *open, *close; /* which has events between these, with commas, */
	const char *path;	  /* and goes there, if the URL has no path */
	size_t batch_max;	  /* events of one batch */
	bool priced;		  /* it needs a tariff */
	bool tells_events;	  /* it can carry other events than usage */
	bool refuses_known;	  /* one known already lets a whole batch fail (HTTP 422) */
	/* What each line begins with. */
	const char *begin;
	int (*write)(const struct usage_event *event, const struct tariff *tariff, struct buf *out,
		     struct err *err);
};

#define USAGE_SHAPE_BATCH_MAX 100 /* the largest batch_max: Lago takes no more */

/* NULL: there is none of this name. For ever. */
const struct usage_shape *usage_shape_find(const char *name);

/* Append one JSON object and a newline; there is no other in it. @tariff may be NULL unless the
 * shape is priced. */
int usage_shape_write(const struct usage_shape *shape, const struct usage_event *event,
		      const struct tariff *tariff, struct buf *out, struct err *err) MUST_CHECK;

/* "TASK/METER/SEQUENCE" into @ret (USAGE_ID_SIZE bytes); returns it. */
#define USAGE_ID_SIZE 128
char *usage_shape_id(const struct usage_event *event, char ret[USAGE_ID_SIZE]);

/* Exact decimals into @ret (USAGE_DECIMAL_SIZE bytes), without zeros at the end; return it.
 * Units of a meter (vCPU, GiB) of what the ledger counts, or of that times seconds: */
#define USAGE_DECIMAL_SIZE 64
char *usage_shape_units(enum meter meter, __int128 quantity, char ret[USAGE_DECIMAL_SIZE]);
/* the smallest coin of a currency (of most the hundredth): */
char *usage_shape_cents(int64_t nano, const char *currency, char ret[USAGE_DECIMAL_SIZE]);

#endif
