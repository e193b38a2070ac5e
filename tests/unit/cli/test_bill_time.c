/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times of a bill: dates that exist, and ages.
 */
#include "cli/bill_time.h"
#include "tests/support/suite.h"

#define NOW INT64_C(1767225600) /* 2026-01-01 */

START_TEST(dates_and_ages_are_read)
{
	static const struct {
		const char *text;
		int64_t at_s;
	} rows[] = {
		{"2026-01-01", NOW},
		{"2025-12-31T23:59:59Z", NOW - 1},
		{"2024-02-29", 1709164800},
		{"1970-01-01", 0},
		{"0min", NOW},
		{"90min", NOW - 5400},
		{"24h", NOW - 86400},
		{"7d", NOW - 7 * 86400},
		{"999999d", 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		int64_t at_s = -1;

		ASSERT_OK(bill_time_parse("since", rows[i].text, NOW, &at_s, &err), &err);
		ck_assert_int_eq(at_s, rows[i].at_s);
	}
}
END_TEST

START_TEST(what_is_no_time_is_named)
{
	static const char *const rows[] = {
		"",
		"now",
		"2026",
		"2026-13-01",
		"2026-02-29",
		"2026-01-1",
		"26-01-01",
		"2026-01-01T",
		"2026-01-01T24:00:00Z",
		"2026-01-01T08:00:00",
		"2026-01-01 ",
		" 2026-01-01",
		"1969-12-31",
		"-1d",
		"7",
		"7w",
		"1.5h",
		"9999999d",
		"7 d",
		"2026-01-01T08:00:60Z",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = ERR_INIT;
		int64_t at_s = -1;

		ck_assert_msg(bill_time_parse("until", rows[i], NOW, &at_s, &err) == -1, "%s",
			      rows[i]);
		ck_assert_int_eq(err.code, ERR_INVALID);
		ck_assert_ptr_nonnull(strstr(err.text, "--until"));
		ck_assert_ptr_nonnull(strstr(err.text, rows[i]));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bill_time");
	TCase *tests = tcase_create("times");

	tcase_add_test(tests, dates_and_ages_are_read);
	tcase_add_test(tests, what_is_no_time_is_named);
	suite_add_tcase(suite, tests);
	return suite_end(suite);
}
