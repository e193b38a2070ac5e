/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <errno.h>

#include "core/clock.h"
#include "core/log.h"

/* What one line looks like: standard error goes to a pipe around the call. */
#define CAPTURE(ret, statement)                                                                    \
	do {                                                                                       \
		int ends[2];                                                                       \
		int before = dup(STDERR_FILENO);                                                   \
		ssize_t got;                                                                       \
		ck_assert_int_eq(pipe(ends), 0);                                                   \
		ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);                                 \
		statement;                                                                         \
		ck_assert_int_ge(dup2(before, STDERR_FILENO), 0);                                  \
		close(ends[1]);                                                                    \
		close(before);                                                                     \
		got = read(ends[0], (ret), sizeof(ret) - 1);                                       \
		ck_assert_int_ge(got, 0);                                                          \
		(ret)[got] = '\0';                                                                 \
		close(ends[0]);                                                                    \
	} while (0)

START_TEST(a_line_has_time_level_program_and_text)
{
	char line[1024];

	clock_fake(1795334400123, 0);
	log_open("tester", LOG_LEVEL_INFO);
	CAPTURE(line, log_warn("task=%s state=%d", "t1", 2));
	ck_assert_str_eq(line, "2026-11-22T08:00:00.123Z warn tester task=t1 state=2\n");
}
END_TEST

START_TEST(control_characters_cannot_forge_a_line)
{
	char line[1024];

	log_open("tester", LOG_LEVEL_DEBUG);
	CAPTURE(line, log_debug("name=%s", "a\nb\x1b[0m\x7f\t\xc3\xa4"));
	ck_assert_ptr_nonnull(strstr(line, "name=a\\x0ab\\x1b[0m\\x7f\\x09\xc3\xa4\n"));
	ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
}
END_TEST

START_TEST(lines_beyond_the_level_are_not_written)
{
	char line[1024];

	log_open("tester", LOG_LEVEL_WARN);
	CAPTURE(line, log_info("silent"));
	ck_assert_str_eq(line, "");
	CAPTURE(line, log_error("loud"));
	ck_assert_ptr_nonnull(strstr(line, " error tester loud\n"));
}
END_TEST

START_TEST(a_huge_line_of_control_characters_fits)
{
	static char text[70000];
	static char line[65536];

	memset(text, 1, sizeof(text) - 1);
	CAPTURE(line, log_error("%s", text));
	ck_assert_uint_gt(strlen(line), 16000);
	ck_assert_int_eq(line[strlen(line) - 1], '\n');
}
END_TEST

START_TEST(errno_survives)
{
	char line[1024];
	int after = 0;

	CAPTURE(line, {
		errno = ECHILD;
		log_error("x");
		after = errno;
	});
	ck_assert_int_eq(after, ECHILD);
}
END_TEST

START_TEST(levels_have_names)
{
	enum log_level level = LOG_LEVEL_ERROR;

	ck_assert_int_eq(log_level_parse("debug", &level), 0);
	ck_assert_int_eq(level, LOG_LEVEL_DEBUG);
	ck_assert_int_eq(log_level_parse("Debug", &level), -1);
	ck_assert_int_eq(log_level_parse("", &level), -1);
	ck_assert_int_eq(level, LOG_LEVEL_DEBUG);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_line_has_time_level_program_and_text,
		control_characters_cannot_forge_a_line,
		lines_beyond_the_level_are_not_written,
		a_huge_line_of_control_characters_fits,
		errno_survives,
		levels_have_names,
	};

	return suite_run("core/log", tests, ARRAY_LEN(tests));
}
