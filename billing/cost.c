/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic: a cost is a sum of quantity x seconds x list price x share, over 3600 x units x
 * whole; the numerator is kept exactly (in 128 bits, checked), and divided once.
 *
 * A month is counted by itself: from its begin, or the charge's in it. In one that was closed the
 * seconds that count are those of the records that its invoice is made from; a correction
 * behind that brings the difference between the month as it would be and as it was.
 */
#include "billing/cost.h"

#include <assert.h>
#include <string.h>

#include "billing/calendar.h"

#define MS_PER_SECOND 1000

typedef unsigned __int128 wide;

/* How much of a meter's quantity has the price of one unit: 1000 milli-vCPU, 1024 MiB. */
static const int64_t quantity_per_unit[METER_COUNT] = {
	[METER_VCPU] = 1000,
	[METER_MEMORY] = 1024,
	[METER_STORAGE] = 1,
};

/* --- exact fractions --- */

/* Rounded to the nearest; a half goes to the even neighbour. */
static wide divide_half_even(wide numerator, wide denominator)
{
	wide quotient = numerator / denominator;
	wide rest = numerator % denominator;

	if (rest > denominator - rest || (rest == denominator - rest && quotient % 2 == 1))
		quotient++;
	return quotient;
}

static int out_of_range(struct err *err)
{
	return err_set(err, ERR_LIMIT, "usage is out of range");
}

static int add_product(wide *sum, int64_t quantity, int64_t seconds, const struct price_rate *rate,
		       struct err *err)
{
	wide product = (wide)quantity;

	assert(quantity >= 0 && seconds >= 0);
	if (__builtin_mul_overflow(product, (wide)seconds, &product) ||
	    __builtin_mul_overflow(product, (wide)rate->list_nano, &product) ||
	    __builtin_mul_overflow(product, (wide)rate->share, &product) ||
	    __builtin_add_overflow(*sum, product, sum))
		return out_of_range(err);
	return 0;
}

int cost_add(int64_t *sum, int64_t nano, struct err *err)
{
	if (__builtin_add_overflow(*sum, nano, sum))
		return err_set(err, ERR_LIMIT, "a sum of costs is out of range");
	return 0;
}

/* --- who pays what --- */

static struct price_holder holder_of(const struct charge *charge)
{
	return (struct price_holder){.account = charge->task.account,
				     .architecture = charge->task.architecture,
				     .spot = charge->task.spot};
}

static const struct invoice *invoice_at(const struct tariff *tariff, const struct charge *charge,
					int64_t at_s)
{
	return tariff->invoices ? invoices_at(tariff->invoices, charge->task.account, at_s) : NULL;
}

static const struct price_list *prices_at(const struct tariff *tariff, const struct charge *charge,
					  int64_t at_s)
{
	const struct invoice *invoice = invoice_at(tariff, charge, at_s);

	return invoice ? invoice->prices : tariff->prices;
}

/* What one meter costs from @from_s to @until_s, both in one month. */
static int cost_between(const struct price_list *prices, const struct charge *charge,
			enum meter meter, int64_t from_s, int64_t until_s, int64_t *ret_nano,
			struct err *err)
{
	const struct price_holder holder = holder_of(charge);
	wide numerator = 0;
	wide cost;

	while (from_s < until_s) {
		struct price_rate rate;
		int64_t end_s;

		if (price_rate_at(prices, &holder, meter, from_s, &rate, &end_s, err) < 0)
			return err_wrap(err, "task %s", charge->task.task);
		if (end_s > until_s)
			end_s = until_s;
		if (add_product(&numerator, charge->quantity[meter], end_s - from_s, &rate, err) <
		    0)
			return -1;
		from_s = end_s;
	}
	cost = divide_half_even(numerator, (wide)CALENDAR_HOUR_S * (wide)quantity_per_unit[meter] *
						   (wide)PRICE_WHOLE);
	if (cost > INT64_MAX)
		return out_of_range(err);
	*ret_nano = (int64_t)cost;
	return 0;
}

/* --- which seconds --- */

/* The seconds that count for an invoice made at @position. */
static int64_t seconds_at(const struct charge *charge, int64_t position)
{
	int64_t seconds = charge->held_seconds;

	for (size_t i = 0; i < charge->correction_count; i++) {
		if (charge->corrections[i].position <= position)
			seconds = charge->corrections[i].seconds;
	}
	return seconds;
}

/* What was held not at all, or is given back altogether, has no minimum. */
static int64_t billed_end(const struct cost_walk *walk, int64_t seconds)
{
	if (seconds > 0 && seconds < walk->minimum_seconds)
		seconds = walk->minimum_seconds;
	return walk->charge->started_s + seconds;
}

/* Where the charge ends as its month of @at_s counts it. */
static int64_t end_at(const struct cost_walk *walk, int64_t at_s)
{
	const struct invoice *invoice = invoice_at(walk->tariff, walk->charge, at_s);

	return billed_end(walk, invoice ? seconds_at(walk->charge, invoice->ledger_position)
					: walk->charge->seconds);
}

/* The longest that any month may count. */
static int64_t last_end(const struct cost_walk *walk)
{
	int64_t seconds = walk->charge->held_seconds;

	return billed_end(walk, seconds > walk->charge->seconds ? seconds : walk->charge->seconds);
}

int64_t cost_grain_begin(enum cost_grain grain, int64_t at_s)
{
	switch (grain) {
	case COST_HOURS:
		return calendar_floor(at_s, CALENDAR_HOUR_S);
	case COST_DAYS:
		return calendar_floor(at_s, CALENDAR_DAY_S);
	case COST_MONTHS:
		return calendar_month_begin(at_s);
	case COST_WHOLE:
	default:
		return INT64_MIN;
	}
}

int64_t cost_grain_end(enum cost_grain grain, int64_t at_s)
{
	switch (grain) {
	case COST_HOURS:
		return calendar_floor(at_s, CALENDAR_HOUR_S) + CALENDAR_HOUR_S;
	case COST_DAYS:
		return calendar_floor(at_s, CALENDAR_DAY_S) + CALENDAR_DAY_S;
	case COST_MONTHS:
		return calendar_month_end(at_s);
	case COST_WHOLE:
	default:
		return INT64_MAX;
	}
}

/* --- the walk --- */

static int64_t max_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t min_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int cost_walk_begin(struct cost_walk *walk, const struct tariff *tariff,
		    const struct charge *charge, int64_t from_s, int64_t until_s,
		    enum cost_grain grain, struct err *err)
{
	const struct price_holder holder = holder_of(charge);

	*walk = (struct cost_walk){.tariff = tariff,
				   .charge = charge,
				   .from_s = from_s,
				   .until_s = until_s,
				   .grain = grain,
				   .at_s = max_of(from_s, charge->started_s)};
	if (price_minimum_at(prices_at(tariff, charge, charge->started_s), &holder,
			     charge->started_s, &walk->minimum_seconds, err) < 0)
		return err_wrap(err, "task %s", charge->task.task);
	return 0;
}

/* The piece [from, until), which lies in one month. */
static int make_piece(const struct cost_walk *walk, int64_t until_s, struct cost_piece *ret_piece,
		      struct err *err)
{
	const struct charge *charge = walk->charge;
	const struct price_list *prices = prices_at(walk->tariff, charge, walk->at_s);
	const struct price_holder holder = holder_of(charge);
	enum meter meter = (enum meter)walk->meter;
	int64_t base_s = max_of(calendar_month_begin(walk->at_s), charge->started_s);
	int64_t before = 0, after, end_s;

	*ret_piece = (struct cost_piece){
		.meter = meter,
		.from_s = walk->at_s,
		.until_s = until_s,
		.amount = charge->quantity[meter] * (until_s - walk->at_s),
		.invoice = invoice_at(walk->tariff, charge, walk->at_s),
	};
	if (price_rate_at(prices, &holder, meter, walk->at_s, &ret_piece->rate, &end_s, err) < 0)
		return err_wrap(err, "task %s", charge->task.task);
	if (cost_between(prices, charge, meter, base_s, until_s, &after, err) < 0 ||
	    (walk->at_s > base_s &&
	     cost_between(prices, charge, meter, base_s, walk->at_s, &before, err) < 0))
		return -1;
	ret_piece->cost_nano = after - before;
	return 0;
}

/* 1: the next piece of the walk's meter. 0: it has no more. */
static int next_of_meter(struct cost_walk *walk, struct cost_piece *ret_piece, struct err *err)
{
	int64_t last_s = min_of(walk->until_s, last_end(walk));

	while (walk->at_s < last_s) {
		int64_t border_s = min_of(cost_grain_end(walk->grain, walk->at_s),
					  calendar_month_end(walk->at_s));
		int64_t end_s = min_of(min_of(border_s, last_s), end_at(walk, walk->at_s));

		if (end_s > walk->at_s) {
			if (make_piece(walk, end_s, ret_piece, err) < 0)
				return -1;
			walk->at_s = end_s;
			return 1;
		}
		/* Nothing more in this month; a later one may count longer. */
		walk->at_s = calendar_month_end(walk->at_s);
	}
	return 0;
}

/* What @meter costs in the month that begins at @month_s, if the charge ends at @end_s. */
static int month_cost(const struct cost_walk *walk, const struct invoice *invoice, enum meter meter,
		      int64_t month_s, int64_t end_s, int64_t *ret_nano, int64_t *ret_seconds,
		      struct err *err)
{
	int64_t from_s = max_of(month_s, walk->charge->started_s);
	int64_t until_s = min_of(calendar_month_end(month_s), end_s);

	*ret_seconds = max_of(until_s - from_s, 0);
	return cost_between(invoice->prices, walk->charge, meter, from_s, max_of(until_s, from_s),
			    ret_nano, err);
}

/* Add to @piece what a correction changes in one month that was closed before it. */
static int add_month(const struct cost_walk *walk, const struct charge_correction *correction,
		     int64_t before_seconds, int64_t month_s, struct cost_piece *piece,
		     struct err *err)
{
	const struct invoice *invoice = invoice_at(walk->tariff, walk->charge, month_s);
	int64_t old_nano, new_nano, old_seconds, new_seconds;

	if (!invoice || invoice->ledger_position >= correction->position)
		return 0;
	if (month_cost(walk, invoice, piece->meter, month_s, billed_end(walk, before_seconds),
		       &old_nano, &old_seconds, err) < 0 ||
	    month_cost(walk, invoice, piece->meter, month_s, billed_end(walk, correction->seconds),
		       &new_nano, &new_seconds, err) < 0)
		return -1;
	piece->amount += walk->charge->quantity[piece->meter] * (new_seconds - old_seconds);
	return cost_add(&piece->cost_nano, new_nano - old_nano, err);
}

static int make_correction(const struct cost_walk *walk, size_t index, enum meter meter,
			   struct cost_piece *ret_piece, struct err *err)
{
	const struct charge *charge = walk->charge;
	const struct charge_correction *correction = &charge->corrections[index];
	const struct price_holder holder = holder_of(charge);
	int64_t before = index > 0 ? charge->corrections[index - 1].seconds : charge->held_seconds;
	int64_t written_s = correction->written_ms / MS_PER_SECOND;
	int64_t end_s;

	*ret_piece = (struct cost_piece){.meter = meter,
					 .correction = true,
					 .from_s = written_s,
					 .until_s = written_s + 1,
					 .invoice = invoice_at(walk->tariff, charge, written_s)};
	if (price_rate_at(prices_at(walk->tariff, charge, charge->started_s), &holder, meter,
			  charge->started_s, &ret_piece->rate, &end_s, err) < 0)
		return -1;
	for (int64_t month_s = calendar_month_begin(charge->started_s); month_s < last_end(walk);
	     month_s = calendar_month_end(month_s)) {
		if (add_month(walk, correction, before, month_s, ret_piece, err) < 0)
			return -1;
	}
	return 0;
}

/* 1: the next correction that falls into the walk's window and changes a closed month. */
static int next_correction(struct cost_walk *walk, struct cost_piece *ret_piece, struct err *err)
{
	const struct charge *charge = walk->charge;

	while (walk->correction < charge->correction_count * METER_COUNT) {
		size_t index = walk->correction / METER_COUNT;
		enum meter meter = (enum meter)(walk->correction % METER_COUNT);
		int64_t written_s = charge->corrections[index].written_ms / MS_PER_SECOND;

		walk->correction++;
		if (written_s < walk->from_s || written_s >= walk->until_s ||
		    charge->quantity[meter] == 0)
			continue;
		if (make_correction(walk, index, meter, ret_piece, err) < 0)
			return -1;
		if (ret_piece->cost_nano != 0 || ret_piece->amount != 0)
			return 1;
	}
	return 0;
}

int cost_walk_next(struct cost_walk *walk, struct cost_piece *ret_piece, struct err *err)
{
	for (; walk->meter < METER_COUNT; walk->meter++) {
		int rc = walk->charge->quantity[walk->meter] > 0
				 ? next_of_meter(walk, ret_piece, err)
				 : 0;

		if (rc != 0)
			return rc;
		walk->at_s = max_of(walk->from_s, walk->charge->started_s);
	}
	return walk->tariff->invoices ? next_correction(walk, ret_piece, err) : 0;
}

int cost_billed_seconds(const struct tariff *tariff, const struct charge *charge,
			int64_t *ret_seconds, struct err *err)
{
	struct cost_walk walk;

	if (cost_walk_begin(&walk, tariff, charge, 0, INT64_MAX, COST_WHOLE, err) < 0)
		return -1;
	*ret_seconds = billed_end(&walk, charge->seconds) - charge->started_s;
	return 0;
}

int64_t cost_slack(const struct tariff *tariff)
{
	int64_t slack_s = price_minimum_max(tariff->prices);

	for (size_t i = 0; tariff->invoices && i < invoices_count(tariff->invoices); i++)
		slack_s = max_of(slack_s,
				 price_minimum_max(invoices_get(tariff->invoices, i)->prices));
	return slack_s;
}

int cost_total(const struct tariff *tariff, const struct charge *charge, int64_t *ret_nano,
	       struct err *err)
{
	struct cost_walk walk;
	struct cost_piece piece;
	int64_t total = 0;
	int rc;

	if (cost_walk_begin(&walk, tariff, charge, 0, INT64_MAX, COST_WHOLE, err) < 0)
		return -1;
	while ((rc = cost_walk_next(&walk, &piece, err)) == 1) {
		if (cost_add(&total, piece.cost_nano, err) < 0)
			return -1;
	}
	if (rc < 0)
		return -1;
	*ret_nano = total;
	return 0;
}
