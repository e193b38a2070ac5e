/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "store/port_range.h"

START_TEST(two_ports_in_order_and_nothing_else)
{
	static const struct {
		const char *text;
		int first, last; /* 0: refused */
	} rows[] = {
		{"8000-8010", 8000, 8010},
		{"1-65535", 1, 65535},
		{"7-7", 7, 7},
		{"8010-8000", 0, 0},
		{"0-5", 0, 0},
		{"1-65536", 0, 0},
		{"1-100000", 0, 0},
		{"80", 0, 0},
		{"80-", 0, 0},
		{"-80", 0, 0},
		{"80-90-100", 0, 0},
		{"80 - 90", 0, 0},
		{"", 0, 0},
		{"+1-2", 0, 0},
		{"99999999999999999999-1", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint16_t first = 0;
		uint16_t last = 0;
		int result = port_range_read(rows[i].text, &first, &last);

		ck_assert_msg(result == (rows[i].first ? 0 : -1), "%s", rows[i].text);
		ck_assert_int_eq(first, rows[i].first);
		ck_assert_int_eq(last, rows[i].last);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {two_ports_in_order_and_nothing_else};

	return suite_run("port_range", tests, ARRAY_LEN(tests));
}
