/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a charge costs: the one place where usage becomes money.
 *
 * Within a month, the cost of a charge's meter up to a second is an exact fraction (each second
 * at the price of its day), rounded once, half to even, to a billionth. What falls into a
 * window is the difference of two such numbers. So hours add up to days, days to the month,
 * and charges to the bill, in every report, to the last digit.
 *
 * Months that were closed keep the records and prices that they were invoiced with. What was
 * corrected later costs (mostly: gives back) its difference in the hour in which it was
 * corrected.
 */
#ifndef SLIPWAY_BILLING_COST_H
#define SLIPWAY_BILLING_COST_H

#include "billing/charge.h"
#include "billing/invoice.h"
#include "billing/price.h"

/* All that is needed besides the charge. */
struct tariff {
	const struct price_list *prices; /* of months that are open; borrowed */
	const struct invoices *invoices; /* NULL: no month was closed; borrowed */
};

/* A piece of a charge: some seconds of one meter, inside one hour (day, month) of wall time. */
struct cost_piece {
	enum meter meter;
	int64_t from_s, until_s; /* the seconds that are billed */
	int64_t amount;		 /* quantity x seconds; negative in a correction */
	int64_t cost_nano;	 /* to be paid */
	struct price_rate rate;	 /* at from_s */
	bool correction; /* of a month that was closed: the piece lies in the hour in which it
			  * was corrected, from_s being that second and until_s the next */
	const struct invoice *invoice; /* that the piece is on; NULL: not yet */
};

enum cost_grain { COST_WHOLE, COST_HOURS, COST_DAYS, COST_MONTHS };

/*
 * Walk the pieces of a charge that fall into [from_s, until_s), cut at the grain's borders (UTC)
 * and at borders of months, meters one after the other, each by time, corrections behind.
 * Within COST_WHOLE a piece may hold several prices, and `rate` is the first of them.
 */
struct cost_walk {
	const struct tariff *tariff;
	const struct charge *charge;
	int64_t from_s, until_s;
	enum cost_grain grain;
	/* the walk's own */
	int64_t minimum_seconds;
	int meter;
	int64_t at_s;	   /* the meter's next second; before its begin: none was looked at yet */
	size_t correction; /* the next one, METER_COUNT of them each */
};
int cost_walk_begin(struct cost_walk *walk, const struct tariff *tariff,
		    const struct charge *charge, int64_t from_s, int64_t until_s,
		    enum cost_grain grain, struct err *err) MUST_CHECK;
/* 1: *ret_piece; 0: no more; -1. ERR_NOT_FOUND: the list has no price for it. */
int cost_walk_next(struct cost_walk *walk, struct cost_piece *ret_piece, struct err *err)
	MUST_CHECK;

/* The seconds that are billed of a charge: its own, or the minimum. */
int cost_billed_seconds(const struct tariff *tariff, const struct charge *charge,
			int64_t *ret_seconds, struct err *err) MUST_CHECK;
/* All of a charge, all meters, up to now: the sum of its pieces. */
int cost_total(const struct tariff *tariff, const struct charge *charge, int64_t *ret_nano,
	       struct err *err) MUST_CHECK;

/* The longest minimum of any of the tariff's price lists: a charge_filter's slack_s. */
int64_t cost_slack(const struct tariff *tariff);

/* *sum += nano; ERR_LIMIT when that is out of range. */
int cost_add(int64_t *sum, int64_t nano, struct err *err) MUST_CHECK;

/* The border of the grain at or before @at_s, and the next one behind it (UTC). */
int64_t cost_grain_begin(enum cost_grain grain, int64_t at_s);
int64_t cost_grain_end(enum cost_grain grain, int64_t at_s);

#endif
