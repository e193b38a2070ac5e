/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generated configuration gives way to the operator's lines.
 */
#include "tests/support/suite.h"

#include "cli/configuration.h"

static const struct configuration_line lines[] = {
	{"listen", "127.0.0.1:1", false},
	{"plain", "a:1", true},
};

static const struct {
	const char *local, *expected;
} cases[] = {
	{NULL, "listen = 127.0.0.1:1\nplain = a:1\n"},
	{"", "listen = 127.0.0.1:1\nplain = a:1\n"},
	{"other = x\n", "listen = 127.0.0.1:1\nplain = a:1\nother = x\n"},
	{"listen=y", "plain = a:1\nlisten=y\n"},
	{"  plain =  b:2, c:3\nlistening = 1\n",
	 "listen = 127.0.0.1:1\nplain = a:1, b:2, c:3\nlistening = 1\n"},
	{"# listen = z\n", "listen = 127.0.0.1:1\nplain = a:1\n# listen = z\n"},
};

START_TEST(the_operators_lines_win)
{
	struct err err = ERR_INIT;
	struct buf out;

	buf_init(&out, 4096);
	ASSERT_OK(configuration_write(lines, ARRAY_LEN(lines), cases[_i].local, &out, &err), &err);
	ck_assert_str_eq(buf_text(&out), cases[_i].expected);
	buf_done(&out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("configuration");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, the_operators_lines_win, 0, ARRAY_LEN(cases));
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
