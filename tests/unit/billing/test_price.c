/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Money: texts to integers and back.
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
		{-1, "-0.000000001"},
		{INT64_MIN, "-9223372036.854775808"},
	};
	char text[PRICE_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_str_eq(price_text(rows[i].nano, text), rows[i].text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_price_is_read_exactly,
		what_is_no_exact_price_is_refused,
		money_is_written_with_nine_decimals,
	};

	return suite_run("billing/price", tests, ARRAY_LEN(tests));
}
