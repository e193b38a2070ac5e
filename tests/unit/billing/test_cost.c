/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Usage into money: against numbers worked out apart, at all borders, and whether parts
 * always add up to the whole.
 */
#include "tests/support/suite.h"

#include <time.h>

#include "billing/calendar.h"
#include "billing/cost.h"

#define HOUR 3600LL
#define DAY  86400LL
#define JAN  1767225600LL /* 2026-01-01 */

#define TABLE(from, minimum, vcpu, memory, storage)                                                \
	"{\"from\":" #from ",\"minimum\":" #minimum ",\"x86\":[" #vcpu "," #memory "," #storage    \
	"],\"arm\":[" #vcpu "," #memory "," #storage "],\"shares\":[10000,8000],\"spot\":3000}"
#define LIST(tables)                                                                               \
	"{\"currency\":\"USD\",\"tables\":[{\"account\":\"\",\"prices\":[" tables "]}]}"

static struct price_list *list_of(const char *text)
{
	struct price_list *list;
	struct err err = ERR_INIT;

	ASSERT_OK(price_list_parse(text, &list, &err), &err);
	return list;
}

static struct charge charge_of(enum meter meter, int64_t quantity, int64_t started_s,
			       int64_t seconds)
{
	struct charge charge = {
		.task = {.task = "t",
			 .account = "123456789012",
			 .cluster = "c",
			 .family = "f",
			 .group = "",
			 .started_by = "",
			 .architecture = "X86_64",
			 .tags_json = "{}"},
		.started_s = started_s,
		.held_seconds = seconds,
		.seconds = seconds,
		.reason = "",
	};

	charge.quantity[meter] = quantity;
	return charge;
}

static int64_t sum(const struct tariff *tariff, const struct charge *charge, int64_t from_s,
		   int64_t until_s, enum cost_grain grain, int64_t *ret_amount)
{
	struct err err = ERR_INIT;
	struct cost_walk walk;
	struct cost_piece piece;
	int64_t total = 0;
	int rc;

	*ret_amount = 0;
	ASSERT_OK(cost_walk_begin(&walk, tariff, charge, from_s, until_s, grain, &err), &err);
	while ((rc = cost_walk_next(&walk, &piece, &err)) == 1) {
		ck_assert_int_lt(piece.from_s, piece.until_s);
		ck_assert_int_ge(piece.from_s, from_s);
		ck_assert_int_le(piece.until_s, until_s);
		ck_assert_int_eq(cost_grain_begin(grain, piece.from_s),
				 cost_grain_begin(grain, piece.until_s - 1));
		ck_assert_int_eq(calendar_month_begin(piece.from_s),
				 calendar_month_begin(piece.until_s - 1));
		total += piece.cost_nano;
		*ret_amount += piece.amount;
	}
	ASSERT_OK(rc, &err);
	return total;
}

START_TEST(a_cost_is_exact_and_rounded_once_half_to_even)
{
	static const struct {
		enum meter meter;
		int64_t quantity, seconds;
		const char *list;
		int64_t cost;
	} rows[] = {
#define FARGATE LIST(TABLE(0, 1, 40480000, 4445000, 111000))
		{METER_VCPU, 1000, 3600, FARGATE, 40480000},
		{METER_VCPU, 250, 3600, FARGATE, 10120000},
		{METER_VCPU, 250, 1, FARGATE, 2811},	/* 2811.11... */
		{METER_VCPU, 250, 60, FARGATE, 168667}, /* 168666.66... */
		{METER_MEMORY, 1024, 3600, FARGATE, 4445000},
		{METER_MEMORY, 512, 1, FARGATE, 617}, /* 617.36 */
		{METER_STORAGE, 180, 3600, FARGATE, 19980000},
		{METER_STORAGE, 1, 1, FARGATE, 31}, /* 30.83 */
		{METER_VCPU, 250, 0, FARGATE, 0},
		/* halves: 0.5, 1.5, 2.5 of a billionth, and just beside */
		{METER_STORAGE, 1, 1800, LIST(TABLE(0, 1, 0, 0, 1)), 0},
		{METER_STORAGE, 1, 1800, LIST(TABLE(0, 1, 0, 0, 3)), 2},
		{METER_STORAGE, 1, 1800, LIST(TABLE(0, 1, 0, 0, 5)), 2},
		{METER_STORAGE, 1, 1800, LIST(TABLE(0, 1, 0, 0, 7)), 4},
		{METER_STORAGE, 1, 1799, LIST(TABLE(0, 1, 0, 0, 1)), 0},
		{METER_STORAGE, 1, 1801, LIST(TABLE(0, 1, 0, 0, 1)), 1},
		{METER_MEMORY, 512, 3600, LIST(TABLE(0, 1, 0, 1, 0)), 0},
		{METER_MEMORY, 512, 3600, LIST(TABLE(0, 1, 0, 3, 0)), 2},
		{METER_VCPU, 500, 3600, LIST(TABLE(0, 1, 1, 0, 0)), 0},
		{METER_VCPU, 1500, 3600, LIST(TABLE(0, 1, 1, 0, 0)), 2},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(price_list_freep) struct price_list *list = list_of(rows[i].list);
		const struct tariff tariff = {.prices = list};
		const struct charge charge =
			charge_of(rows[i].meter, rows[i].quantity, JAN, rows[i].seconds);
		struct err err = ERR_INIT;
		int64_t cost;

		ASSERT_OK(cost_total(&tariff, &charge, &cost, &err), &err);
		ck_assert_msg(cost == rows[i].cost, "row %zu: %lld", i, (long long)cost);
	}
}
END_TEST

START_TEST(the_minimum_is_billed_and_what_was_not_held_has_none)
{
	static const struct {
		int64_t seconds, billed;
	} rows[] = {{0, 0}, {1, 60}, {59, 60}, {60, 60}, {61, 61}};
	AUTO(price_list_freep) struct price_list *list = list_of(LIST(TABLE(0, 60, 1, 1, 1)));
	const struct tariff tariff = {.prices = list};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct charge charge = charge_of(METER_VCPU, 1000, JAN, rows[i].seconds);
		struct err err = ERR_INIT;
		int64_t billed, amount;

		ASSERT_OK(cost_billed_seconds(&tariff, &charge, &billed, &err), &err);
		ck_assert_int_eq(billed, rows[i].billed);
		(void)sum(&tariff, &charge, 0, INT64_MAX, COST_HOURS, &amount);
		ck_assert_int_eq(amount, 1000 * rows[i].billed);
	}
}
END_TEST

START_TEST(each_second_has_the_price_of_its_day_and_holder)
{
	AUTO(price_list_freep)
	struct price_list *list = list_of(LIST(
		TABLE(0, 1, 3600000, 0, 0) "," TABLE(1767312000, 1, 7200000, 0, 0))); /* Jan 2 */
	const struct tariff tariff = {.prices = list};
	struct charge charge = charge_of(METER_VCPU, 1000, JAN + DAY - 10, 30);
	int64_t amount;

	ck_assert_int_eq(sum(&tariff, &charge, 0, INT64_MAX, COST_WHOLE, &amount),
			 10 * 1000 + 20 * 2000);
	ck_assert_int_eq(sum(&tariff, &charge, 0, JAN + DAY, COST_WHOLE, &amount), 10 * 1000);
	charge.task.architecture = "ARM64";
	ck_assert_int_eq(sum(&tariff, &charge, 0, INT64_MAX, COST_WHOLE, &amount), 40000);
	charge.task.spot = true;
	ck_assert_int_eq(sum(&tariff, &charge, 0, INT64_MAX, COST_WHOLE, &amount), 12000);
}
END_TEST

START_TEST(a_missing_price_is_an_error_that_names_task_and_day)
{
	AUTO(price_list_freep)
	struct price_list *list = list_of(LIST(TABLE(1767312000, 1, 1, 1, 1)));
	const struct tariff tariff = {.prices = list};
	const struct charge charge = charge_of(METER_VCPU, 1000, JAN, 5);
	struct err err = ERR_INIT;
	int64_t cost = 7;

	ck_assert_int_eq(cost_total(&tariff, &charge, &cost, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(err.text, "task t"));
	ck_assert_ptr_nonnull(strstr(err.text, "2026-01-01"));
	ck_assert_int_eq(cost, 7);
}
END_TEST

START_TEST(what_is_out_of_range_is_an_error_and_no_number)
{
	AUTO(price_list_freep)
	struct price_list *list = list_of(LIST(TABLE(0, 1, 1000000000000, 1, 1)));
	const struct tariff tariff = {.prices = list};
	const struct charge charge = charge_of(METER_VCPU, INT64_MAX / 2000, JAN, 2000);
	struct err err = ERR_INIT;
	int64_t cost = 7;

	ck_assert_int_eq(cost_total(&tariff, &charge, &cost, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_int_eq(cost, 7);
}
END_TEST

/* A small generator of our own, so that a failure comes again. */
static int64_t random_below(uint64_t *state, int64_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)((*state >> 20) % (uint64_t)below);
}

START_TEST(windows_and_grains_add_up_to_the_last_digit)
{
	AUTO(price_list_freep)
	struct price_list *list = list_of(LIST(TABLE(0, 60, 40480000, 4445000, 111000) "," TABLE(
		1768000000, 1, 41000001, 4445001, 111003)));
	const struct tariff tariff = {.prices = list};
	uint64_t state = 20261123;

	for (int i = 0; i < 300; i++) {
		struct charge charge =
			charge_of(METER_VCPU, 1 + random_below(&state, 16000),
				  JAN + random_below(&state, 40 * DAY),
				  random_below(&state, 10) == 0 ? random_below(&state, 100 * DAY)
								: random_below(&state, 2 * HOUR));
		int64_t cut = charge.started_s + random_below(&state, charge.seconds + 100);
		int64_t amount, amounts[5], whole;
		struct err err = ERR_INIT;

		charge.quantity[METER_MEMORY] = 1 + random_below(&state, 122880);
		charge.task.spot = random_below(&state, 2) == 0;
		ASSERT_OK(cost_total(&tariff, &charge, &whole, &err), &err);
		for (int grain = COST_WHOLE; grain <= COST_MONTHS; grain++)
			ck_assert_int_eq(sum(&tariff, &charge, 0, INT64_MAX, (enum cost_grain)grain,
					     &amounts[grain]),
					 whole);
		ck_assert_int_eq(amounts[COST_WHOLE], amounts[COST_HOURS]);
		ck_assert_int_eq(amounts[COST_WHOLE], amounts[COST_DAYS]);
		ck_assert_int_eq(
			sum(&tariff, &charge, 0, cut, COST_HOURS, &amount) +
				sum(&tariff, &charge, cut, INT64_MAX, COST_DAYS, &amounts[4]),
			whole);
		ck_assert_int_eq(amount + amounts[4], amounts[COST_WHOLE]);
	}
}
END_TEST

START_TEST(months_are_those_of_the_calendar)
{
	static const struct {
		int64_t at_s, begin_s, end_s;
		const char *text;
	} rows[] = {
		{0, 0, 31 * DAY, "1970-01"},
		{-1, -31 * DAY, 0, "1969-12"},
		{JAN + 31 * DAY - 1, JAN, JAN + 31 * DAY, "2026-01"},
		{951782400, 949363200, 951868800, "2000-02"}, /* a leap day */
		{4107456000, 4105123200, 4107542400, "2100-02"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[CALENDAR_TEXT_SIZE];

		ck_assert_int_eq(calendar_month_begin(rows[i].at_s), rows[i].begin_s);
		ck_assert_int_eq(calendar_month_end(rows[i].at_s), rows[i].end_s);
		ck_assert_str_eq(calendar_month_text(rows[i].at_s, text), rows[i].text);
	}
	for (int64_t at_s = -1000 * DAY; at_s < 80000 * DAY; at_s += 5 * HOUR + 1) {
		time_t seconds = at_s;
		struct tm tm;
		char text[CALENDAR_TEXT_SIZE], again[CALENDAR_TEXT_SIZE];

		ck_assert_ptr_nonnull(gmtime_r(&seconds, &tm));
		(void)strftime(again, sizeof(again), "%Y-%m-%dT%H:%M:%SZ", &tm);
		ck_assert_str_eq(calendar_time_text(at_s, text), again);
		ck_assert_int_le(calendar_month_begin(at_s), at_s);
		ck_assert_int_lt(at_s, calendar_month_end(at_s));
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_cost_is_exact_and_rounded_once_half_to_even,
		the_minimum_is_billed_and_what_was_not_held_has_none,
		each_second_has_the_price_of_its_day_and_holder,
		a_missing_price_is_an_error_that_names_task_and_day,
		what_is_out_of_range_is_an_error_and_no_number,
		windows_and_grains_add_up_to_the_last_digit,
		months_are_those_of_the_calendar,
	};

	return suite_run("billing/cost", tests, ARRAY_LEN(tests));
}
