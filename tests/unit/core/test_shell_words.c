/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/shell_words.h"

#define ARENA_MAX 65536

/* The words of @text with a bar behind each. */
static void assert_split(const char *text, const char *expected)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	struct err err = ERR_INIT;
	const char **words;
	size_t count;
	char got[256] = "";

	ASSERT_OK(shell_words_split(text, arena, &words, &count, &err), &err);
	for (size_t i = 0; i < count; i++) {
		(void)strncat(got, words[i], sizeof(got) - strlen(got) - 1);
		(void)strncat(got, "|", sizeof(got) - strlen(got) - 1);
	}
	ck_assert_str_eq(got, expected);
}

START_TEST(words_are_read_as_a_shell_reads_them)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"", ""},
		{" \t\n ", ""},
		{"/bin/sh", "/bin/sh|"},
		{"sh -c 'echo a  b'", "sh|-c|echo a  b|"},
		{"a\"b c\"d'e f'g", "ab cde fg|"},
		{"'' \"\" x", "||x|"},
		{"a\\ b \\'c\\\"", "a b|'c\"|"},
		{"\"\\$ \\n \\\\ \\`\"", "$ \\n \\ `|"},
		{"'\\'", "\\|"},
		{"$HOME *", "$HOME|*|"},
		{"end\\", "end\\|"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_split(cases[i].text, cases[i].words);
}
END_TEST

START_TEST(an_open_quote_and_too_many_words_are_refused)
{
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	static const char *const open[] = {"'", "a \"b", "\"\\\""};
	struct err err = ERR_INIT;
	char many[2 * (SHELL_WORDS_MAX + 1) + 1];
	const char **words;
	size_t count;

	for (size_t i = 0; i < ARRAY_LEN(open); i++) {
		ck_assert_int_eq(shell_words_split(open[i], arena, &words, &count, &err), -1);
		ck_assert_int_eq(err.code, ERR_INVALID);
	}
	memset(many, 'a', sizeof(many) - 1);
	for (size_t i = 1; i < sizeof(many); i += 2)
		many[i] = ' ';
	many[sizeof(many) - 1] = '\0';
	ck_assert_int_eq(shell_words_split(many, arena, &words, &count, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

START_TEST(what_is_joined_is_split_into_the_same)
{
	static const char *const words[] = {"sh", "-c", "echo \"$1\"; exit 'x'", "", "it's", "a\nb",
					    "\\", "*"};
	AUTO(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
	AUTO(freep) char *text = shell_words_join(words, ARRAY_LEN(words));
	AUTO(freep) char *nothing = shell_words_join(NULL, 0);
	struct err err = ERR_INIT;
	const char **again;
	size_t count;

	ASSERT_OK(shell_words_split(text, arena, &again, &count, &err), &err);
	ck_assert_uint_eq(count, ARRAY_LEN(words));
	for (size_t i = 0; i < count; i++)
		ck_assert_str_eq(again[i], words[i]);
	ck_assert_str_eq(nothing, "");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		words_are_read_as_a_shell_reads_them,
		an_open_quote_and_too_many_words_are_refused,
		what_is_joined_is_split_into_the_same,
	};

	return suite_run("core/shell_words", tests, ARRAY_LEN(tests));
}
