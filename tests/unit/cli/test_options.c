/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of verbs: what is read, where reading ends, what is refused.
 */
#include "tests/support/suite.h"

#include "cli/options.h"

struct seen {
	const char *text;
	int64_t number;
	bool flag;
	struct option_texts texts;
};

#define WORDS_MAX 8
static const struct {
	const char *words[WORDS_MAX];
	int result; /* index of the first other word, or what options_read() answers */
	const char *text;
	int64_t number;
	bool flag;
	size_t texts;
} cases[] = {
	{{"verb"}, 1, NULL, 0, false, 0},
	{{"verb", "--text", "a", "rest"}, 3, "a", 0, false, 0},
	{{"verb", "--text=a=b", "rest"}, 2, "a=b", 0, false, 0},
	{{"verb", "--number", "-5"}, 3, NULL, -5, false, 0},
	{{"verb", "--number", "5x"}, -1, NULL, 0, false, 0},
	{{"verb", "--number"}, -1, NULL, 0, false, 0},
	{{"verb", "--flag", "--each", "1", "--each=2"}, 5, NULL, 0, true, 2},
	{{"verb", "rest", "--flag"}, 1, NULL, 0, false, 0},
	{{"verb", "--", "--flag"}, 2, NULL, 0, false, 0},
	{{"verb", "-", "--flag"}, 1, NULL, 0, false, 0},
	{{"verb", "--unknown"}, -1, NULL, 0, false, 0},
	{{"verb", "--help"}, -2, NULL, 0, false, 0},
};

START_TEST(words_become_options)
{
	struct seen seen = {0};
	const struct option_row rows[] = {
		{"text", OPTION_TEXT, &seen.text, "TEXT", "a text"},
		{"number", OPTION_INT, &seen.number, "NUMBER", "a number"},
		{"flag", OPTION_FLAG, &seen.flag, NULL, "a flag"},
		{"each", OPTION_TEXTS, &seen.texts, "TEXT", "texts"},
	};
	char *words[WORDS_MAX + 1] = {NULL};
	int count = 0;

	for (; count < WORDS_MAX && cases[_i].words[count]; count++)
		words[count] = xstrdup(cases[_i].words[count]);
	ck_assert_int_eq(options_read("verb", rows, ARRAY_LEN(rows), count, words),
			 cases[_i].result);
	ck_assert_int_eq(seen.number, cases[_i].number);
	ck_assert_int_eq(seen.flag, cases[_i].flag);
	ck_assert_uint_eq(seen.texts.count, cases[_i].texts);
	if (cases[_i].text)
		ck_assert_str_eq(seen.text, cases[_i].text);
	else
		ck_assert_ptr_null(seen.text);
	for (int i = 0; i < count; i++)
		free(words[i]);
}
END_TEST

START_TEST(each_form_of_a_verb_has_a_line)
{
	char text[256] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	ck_assert_ptr_nonnull(out);
	options_usage("verb a | verb b|c X | verb d", out);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_str_eq(text, "Usage: slipway verb a\n"
			       "       slipway verb b|c X\n"
			       "       slipway verb d\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, words_become_options, 0, ARRAY_LEN(cases));
	tcase_add_test(all, each_form_of_a_verb_has_a_line);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
