/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <fcntl.h>

START_TEST(calloc_of_nothing_is_a_pointer_and_memory_is_zeroed)
{
	AUTO(freep) char *none = xcalloc(0, 0);
	AUTO(freep) char *some = xcalloc(8, 4);

	ck_assert_ptr_nonnull(none);
	for (size_t i = 0; i < 32; i++)
		ck_assert_int_eq(some[i], 0);
}
END_TEST

START_TEST(texts_are_copied_and_formatted)
{
	AUTO(freep) char *whole = xstrdup("abc");
	AUTO(freep) char *part = xstrndup("abcdef", 2);
	AUTO(freep) char *made = xasprintf("%s-%d", "x", 7);

	ck_assert_str_eq(whole, "abc");
	ck_assert_str_eq(part, "ab");
	ck_assert_str_eq(made, "x-7");
}
END_TEST

static int closed_fd;

static void open_and_leave(void)
{
	AUTO(fd_closep) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	closed_fd = fd;
}

START_TEST(auto_closes_at_the_end_of_the_scope)
{
	open_and_leave();
	ck_assert_int_eq(fcntl(closed_fd, F_GETFD), -1);
}
END_TEST

START_TEST(steal_yields_what_was_held_and_leaves_the_empty_value)
{
	int held = 7;
	int taken = STEAL(held, -1);

	ck_assert_int_eq(taken, 7);
	ck_assert_int_eq(held, -1);
}
END_TEST

START_TEST(a_cut_ends_between_characters)
{
	static const struct {
		const char *text;
		size_t len, kept;
	} cases[] = {
		{"abc", 0, 0},		 {"abc", 2, 2},	       {"a\xe2\x82\xac", 2, 1},
		{"a\xe2\x82\xac", 3, 1}, {"a\xc3\xa4z", 4, 4}, {"\x80\x80", 2, 2},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_uint_eq(utf8_cut(cases[i].text, cases[i].len), cases[i].kept);
}
END_TEST

START_TEST(characters_are_told_from_other_bytes)
{
	static const struct {
		const char *text;
		size_t len, character;
	} cases[] = {
		{"a", 1, 1},
		{"", 1, 1},
		{"\xc3\xa4", 2, 2},
		{"\xc3\xa4", 1, 0},
		{"\xe2\x9a\x93", 3, 3},
		{"\xe2\x9a", 2, 0},
		{"\xf0\x9f\x9a\xa2", 4, 4},
		{"\x80", 1, 0},
		{"\xc0\xaf", 2, 0},
		{"\xe0\x80\x80", 3, 0},
		{"\xed\xa0\x80", 3, 0},
		{"\xf4\x90\x80\x80", 4, 0},
		{"\xff", 1, 0},
	};
	char text[] = "caf\xe9 \xe2\x9a\x93 \xc3";

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_uint_eq(utf8_character(cases[i].text, cases[i].len), cases[i].character);
	utf8_mend(text);
	ck_assert_str_eq(text, "caf? \xe2\x9a\x93 ?");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		calloc_of_nothing_is_a_pointer_and_memory_is_zeroed,
		texts_are_copied_and_formatted,
		auto_closes_at_the_end_of_the_scope,
		steal_yields_what_was_held_and_leaves_the_empty_value,
		a_cut_ends_between_characters,
		characters_are_told_from_other_bytes,
	};

	return suite_run("core/common", tests, ARRAY_LEN(tests));
}
