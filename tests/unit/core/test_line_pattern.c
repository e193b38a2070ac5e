/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <time.h>

#include "core/line_pattern.h"

static enum line_match match(const char *pattern, const char *line, size_t len)
{
	AUTO(line_pattern_freep) struct line_pattern *made = NULL;
	struct err err = ERR_INIT;

	ASSERT_OK(line_pattern_new(pattern, &made, &err), &err);
	return line_pattern_match(made, line, len);
}

START_TEST(a_line_holds_a_pattern_anywhere)
{
	static const struct {
		const char *pattern, *line;
		enum line_match match;
	} rows[] = {
		{"^ERROR", "ERROR here", LINE_MATCH_YES},
		{"^ERROR", "an ERROR", LINE_MATCH_NO},
		{"ERROR|WARN", "and so WARN", LINE_MATCH_YES},
		{"(?i)error$", "an Error", LINE_MATCH_YES},
		{"^\\d{4}-\\d{2}-\\d{2}\\s", "2026-11-22 x", LINE_MATCH_YES},
		{"^\\S+?: ", "name: x", LINE_MATCH_YES},
		{"^.$", "ä", LINE_MATCH_YES}, /* characters, not bytes */
		{"x", "", LINE_MATCH_NO},
		{"", "", LINE_MATCH_YES},
		{"b", "\xff\xfe b", LINE_MATCH_YES}, /* not UTF-8 */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_msg(match(rows[i].pattern, rows[i].line, strlen(rows[i].line)) ==
				      rows[i].match,
			      "%s in %s", rows[i].pattern, rows[i].line);
}
END_TEST

START_TEST(what_is_no_pattern_is_refused_and_says_where)
{
	static const char *const rows[] = {"(", "[a", "*a", "a{2,1}", "\\C", "(?P<x", "\xff"};
	AUTO(freep) char *deep = xcalloc(1, 2001);
	AUTO(freep) char *large = xcalloc(1, LINE_PATTERN_MAX + 2);
	struct line_pattern *made = NULL;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ck_assert_int_eq(line_pattern_new(rows[i], &made, &err), -1);
		ck_assert_int_eq(err.code, ERR_INVALID);
		ck_assert_ptr_nonnull(strstr(err.text, "(at character "));
		err_clear(&err);
	}
	memset(deep, '(', 1000);
	memset(deep + 1000, ')', 1000);
	ck_assert_int_eq(line_pattern_new(deep, &made, &err), -1);
	err_clear(&err);
	ck_assert_int_eq(line_pattern_new("((a{1,999}){1,999}){1,999}", &made, &err), -1);
	err_clear(&err);
	memset(large, 'a', LINE_PATTERN_MAX + 1);
	ck_assert_int_eq(line_pattern_new(large, &made, &err), -1);
	ck_assert_ptr_null(made);
}
END_TEST

static int64_t cpu_ms(void)
{
	struct timespec now;

	ck_assert_int_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void assert_soon(const char *pattern, const char *line)
{
	int64_t before = cpu_ms();

	(void)match(pattern, line, 16384);
	ck_assert_msg(cpu_ms() - before < 300, "%s took %d ms", pattern, (int)(cpu_ms() - before));
}

/* A choice of what is alike to the last character. */
static char *many(const char *begin, const char *again)
{
	char *choices = xasprintf("%sc", again);
	char *pattern;

	for (char last = 'd'; last <= 'z'; last++) {
		char *more = xasprintf("%s|%s%c", choices, again, last);

		free(choices);
		choices = more;
	}
	pattern = xasprintf("%s(?:%s)", begin, choices);
	free(choices);
	return pattern;
}

START_TEST(no_pattern_takes_long_with_any_line)
{
	static const struct {
		const char *begin, *again;
	} repeated[] = {
		{"", "[ab]{8000}"},
		{"", "[ab]{8000,}"},
		{"", "\\c\\x{1}[ab]{ 8000 }"},
		{"(a{1,7900}).*?", "\\1"},
	};
	static const char *const patterns[] = {
		"(a+)+$",
		"(a|aa)+$",
		"(a*)*b",
		"(.*)(.*)(.*)(.*)(.*)[xy]",
		"(?=(a+))+x",
		"^(a?){50}a{50}",
		"(x+x+)+y",
		"(?:a(?:a(?:a*)*)*)*$",
		"(a)(?1)*b",
		"(a+)\\1+$",
		".*.*.*.*.*[0]",
		"(?:.|a)*?b[c]",
		"(*LIMIT_MATCH=4000000000)(a+)+$",
	};
	AUTO(freep) char *line = xcalloc(1, 16385);

	memset(line, 'a', 16384);
	line[16383] = '!';
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
		assert_soon(patterns[i], line);
	for (size_t i = 0; i < ARRAY_LEN(repeated); i++) {
		AUTO(freep) char *pattern = many(repeated[i].begin, repeated[i].again);

		line[7999] = '!'; /* just before the repeat is complete */
		assert_soon(pattern, line);
	}
	ck_assert_int_eq(match("(a+)+$", line, 16384), LINE_MATCH_TOO_COSTLY);
	ck_assert_int_eq(match("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", 41),
			 LINE_MATCH_TOO_COSTLY);
}
END_TEST

START_TEST(what_people_write_is_found_in_long_lines)
{
	static const char *const patterns[] = {
		"ERROR|WARN|INFO|DEBUG|TRACE$",
		"^.*(ERROR|WARN)!$",
		"\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}|!$",
		"[A-Z]{2,5}!$|\\[[a-z]+\\]|!",
		"\\x{2014}|[0-9a-f]{64}|!$",
	};
	AUTO(freep) char *line = xcalloc(1, 4097);

	for (size_t i = 0; i < 4096; i++)
		line[i] = "some words of 2026 and such [like, "[i % 35];
	memcpy(line + 4091, "WARN!", 5);
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
		ck_assert_msg(match(patterns[i], line, 4096) != LINE_MATCH_TOO_COSTLY, "%s",
			      patterns[i]);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_line_holds_a_pattern_anywhere,
		what_is_no_pattern_is_refused_and_says_where,
		no_pattern_takes_long_with_any_line,
		what_people_write_is_found_in_long_lines,
	};

	return suite_run("line_pattern", tests, ARRAY_LEN(tests));
}
