/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prices, and the one function that turns usage into money. Money is counted in
 * billionths ("nano") of the currency's unit, in integers.
 */
#ifndef SLIPWAY_BILLING_PRICE_H
#define SLIPWAY_BILLING_PRICE_H

#include "billing/meter.h"

#define PRICE_NANO	    1000000000LL
#define PRICE_MAX_NANO	    (1000 * PRICE_NANO) /* an hour of one unit: a larger one is a mistake */
#define PRICE_TEXT_SIZE	    32
#define PRICE_CURRENCY_SIZE 4 /* three letters: ISO 4217 */

/* What holds from one day (UTC) on, until the next price of the list begins. */
struct price {
	int64_t valid_from_ms;
	int64_t per_hour_nano[METER_COUNT]; /* of 1 vCPU, 1 GiB, 1 GiB */
	int64_t minimum_seconds;	    /* of one task */
};

struct price_list {
	char currency[PRICE_CURRENCY_SIZE];
	struct price *prices; /* owned; the oldest first */
	size_t count;
};

/* ERR_INVALID names the line of the file, or the key and day, that is wrong. */
int price_list_read(const char *path, struct price_list *ret_list, struct err *err) MUST_CHECK;
void price_list_done(struct price_list *list);
/* The price at a wall time, borrowed; NULL before the first. */
const struct price *price_list_at(const struct price_list *list, int64_t wall_ms);

/* "0.04048" exactly: digits, one point, at most nine decimals, 0 to PRICE_MAX_NANO. */
int price_parse(const char *text, int64_t *ret_nano, struct err *err) MUST_CHECK;
/* "0.000138750" into @ret (PRICE_TEXT_SIZE bytes), always nine decimals; returns @ret. */
char *price_text(int64_t nano, char *ret);

/* quantity x seconds x price, exact, and rounded once, half to even. ERR_LIMIT for
 * what no task can hold. */
int price_cost(enum meter meter, int64_t quantity, int64_t seconds, int64_t per_hour_nano,
	       int64_t *ret_nano, struct err *err) MUST_CHECK;

#endif
