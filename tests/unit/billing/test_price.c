/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Money: texts to integers and back, and costs against numbers worked out apart.
 */
#include "tests/support/suite.h"

#include "billing/price.h"

START_TEST(a_price_is_read_exactly)
{
	static const struct {
		const char *text;
		int64_t nano;
	} rows[] = {
		{"0", 0},
		{"0.0", 0},
		{"1", 1000000000},
		{"0.04048", 40480000},
		{"0.004445", 4445000},
		{"0.000111", 111000},
		{"0.000000001", 1},
		{"12.345678901", 12345678901},
		{"0001.5", 1500000000},
		{"1000", 1000000000000},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		int64_t nano;

		ASSERT_OK(price_parse(rows[i].text, &nano, &err), &err);
		ck_assert_int_eq(nano, rows[i].nano);
	}
}
END_TEST

START_TEST(what_is_no_exact_price_is_refused)
{
	static const char *const texts[] = {"",
					    ".",
					    ".5",
					    "1.",
					    "-1",
					    "+1",
					    "1e3",
					    "1,5",
					    " 1",
					    "1 ",
					    "0x1",
					    "1.2.3",
					    "abc",
					    "1000.000000001",
					    "0.0000000001",
					    "1001",
					    "99999999999999999999"};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err err = ERR_INIT;
		int64_t nano = 7;

		ck_assert_msg(price_parse(texts[i], &nano, &err) == -1, "%s", texts[i]);
		ck_assert_int_eq(err.code, ERR_INVALID);
		ck_assert_int_eq(nano, 7);
	}
}
END_TEST

START_TEST(money_is_written_with_nine_decimals)
{
	static const struct {
		int64_t nano;
		const char *text;
	} rows[] = {
		{0, "0.000000000"},
		{1, "0.000000001"},
		{40480000, "0.040480000"},
		{1234567890123, "1234.567890123"},
		{INT64_MAX, "9223372036.854775807"},
	};
	char text[PRICE_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_str_eq(price_text(rows[i].nano, text), rows[i].text);
}
END_TEST

START_TEST(a_cost_is_exact_and_rounded_once_half_to_even)
{
	static const struct {
		enum meter meter;
		int64_t quantity, seconds, price, cost;
	} rows[] = {
		{METER_VCPU, 1000, 3600, 40480000, 40480000},
		{METER_VCPU, 250, 3600, 40480000, 10120000},
		{METER_VCPU, 250, 1, 40480000, 2811},	 /* 2811.11... */
		{METER_VCPU, 250, 60, 40480000, 168667}, /* 168666.66... */
		{METER_MEMORY, 1024, 3600, 4445000, 4445000},
		{METER_MEMORY, 512, 1, 4445000, 617}, /* 617.36 */
		{METER_STORAGE, 180, 3600, 111000, 19980000},
		{METER_STORAGE, 1, 1, 111000, 31}, /* 30.83 */
		{METER_VCPU, 0, 3600, 40480000, 0},
		{METER_VCPU, 250, 0, 40480000, 0},
		/* halves: 0.5, 1.5, 2.5 of a billionth, and just beside */
		{METER_STORAGE, 1, 1800, 1, 0},
		{METER_STORAGE, 1, 1800, 3, 2},
		{METER_STORAGE, 1, 1800, 5, 2},
		{METER_STORAGE, 1, 1800, 7, 4},
		{METER_STORAGE, 1, 1799, 1, 0},
		{METER_STORAGE, 1, 1801, 1, 1},
		{METER_MEMORY, 512, 3600, 1, 0},
		{METER_MEMORY, 512, 3600, 3, 2},
		{METER_VCPU, 500, 3600, 1, 0},
		{METER_VCPU, 1500, 3600, 1, 2},
		/* a hundred years of the largest task */
		{METER_MEMORY, 122880, 3155760000, 4445000, 467578440000000},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		int64_t cost;

		ASSERT_OK(price_cost(rows[i].meter, rows[i].quantity, rows[i].seconds,
				     rows[i].price, &cost, &err),
			  &err);
		ck_assert_msg(cost == rows[i].cost, "row %zu: %lld", i, (long long)cost);
	}
}
END_TEST

START_TEST(what_is_out_of_range_is_an_error_and_no_number)
{
	static const struct {
		int64_t quantity, seconds, price;
	} rows[] = {
		{-1, 1, 1},
		{1, -1, 1},
		{1, 1, -1},
		{INT64_MAX, 1, 1},
		{1, INT64_MAX, 1},
		{1, 1, INT64_MAX},
		{1000000000000, 1000000000000, 1000000000000},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		int64_t cost = 7;

		ck_assert_int_eq(price_cost(METER_STORAGE, rows[i].quantity, rows[i].seconds,
					    rows[i].price, &cost, &err),
				 -1);
		ck_assert_int_eq(err.code, ERR_LIMIT);
		ck_assert_int_eq(cost, 7);
	}
}
END_TEST

/* A small generator of our own, so that a failure comes again. */
static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

START_TEST(a_random_cost_is_never_further_than_half_a_billionth_from_the_fraction)
{
	const __int128 whole = 3600 * 1024;
	uint64_t state = 20261122;
	int wrong = 0;

	for (int i = 0; i < 200000; i++) {
		int64_t quantity = (int64_t)(next_random(&state) % 122881);
		int64_t seconds = (int64_t)(next_random(&state) % 31536000);
		int64_t price = (int64_t)(next_random(&state) % 100000000);
		struct err err = ERR_INIT;
		int64_t cost = -1;
		__int128 off;

		wrong += price_cost(METER_MEMORY, quantity, seconds, price, &cost, &err) < 0;
		off = (__int128)cost * whole - (__int128)quantity * seconds * price;
		off = off < 0 ? -off : off;
		wrong += 2 * off > whole || (2 * off == whole && cost % 2 != 0);
	}
	ck_assert_int_eq(wrong, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_price_is_read_exactly,
		what_is_no_exact_price_is_refused,
		money_is_written_with_nine_decimals,
		a_cost_is_exact_and_rounded_once_half_to_even,
		what_is_out_of_range_is_an_error_and_no_number,
		a_random_cost_is_never_further_than_half_a_billionth_from_the_fraction,
	};

	return suite_run("billing/price", tests, ARRAY_LEN(tests));
}
