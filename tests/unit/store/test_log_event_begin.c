/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <time.h>

#include "core/line_pattern.h"
#include "store/log_event_begin.h"

static struct shape_list options_of(struct shape_pair *pairs, const char *pattern,
				    const char *format)
{
	pairs[0] = (struct shape_pair){"awslogs-multiline-pattern", pattern};
	pairs[1] = (struct shape_pair){"awslogs-datetime-format", format};
	return (struct shape_list){.items = pairs, .count = 2, .present = true};
}

static int read_options(const char *pattern, const char *format, struct buf *text, struct err *err)
{
	struct shape_pair pairs[2];
	struct shape_list options = options_of(pairs, pattern, format);

	buf_init(text, LOG_EVENT_BEGIN_PATTERN_MAX);
	return log_event_begin_read(&options, text, err);
}

START_TEST(a_pattern_is_taken_as_it_is)
{
	AUTO(buf_done) struct buf text;
	AUTO(buf_done) struct buf none;
	struct err err = ERR_INIT;

	ASSERT_OK(read_options("^(ERROR|\\d%Y)", "", &text, &err), &err);
	ck_assert_str_eq(buf_text(&text), "^(ERROR|\\d%Y)");
	ASSERT_OK(read_options("", "", &none, &err), &err);
	ck_assert_uint_eq(none.len, 0);
}
END_TEST

/* Whether a line that strftime() writes by @format holds what @format becomes. */
static bool finds(const char *format, const char *line)
{
	AUTO(line_pattern_freep) struct line_pattern *pattern = NULL;
	AUTO(buf_done) struct buf text;
	struct err err = ERR_INIT;

	ASSERT_OK(read_options("", format, &text, &err), &err);
	ASSERT_OK(line_pattern_new(buf_text(&text), &pattern, &err), &err);
	return line_pattern_match(pattern, line, strlen(line)) == LINE_MATCH_YES;
}

#define ASSERT_CODE(code)                                                                          \
	do {                                                                                       \
		ck_assert_uint_gt(strftime(line, sizeof(line), code, &parts), 0);                  \
		ck_assert_msg(finds("^" code "$", line), "%s in %s", code, line);                  \
	} while (0)

START_TEST(each_code_finds_what_strftime_writes)
{
	for (time_t when = 1767225600; when < 1767225600 + 366 * 86400; when += 86400 + 3661) {
		struct tm parts;
		char line[64];

		ck_assert_ptr_nonnull(gmtime_r(&when, &parts));
		parts.tm_zone = "UTC";
		ASSERT_CODE("%a");
		ASSERT_CODE("%A");
		ASSERT_CODE("%w");
		ASSERT_CODE("%d");
		ASSERT_CODE("%b");
		ASSERT_CODE("%B");
		ASSERT_CODE("%m");
		ASSERT_CODE("%Y");
		ASSERT_CODE("%H");
		ASSERT_CODE("%I");
		ASSERT_CODE("%p");
		ASSERT_CODE("%M");
		ASSERT_CODE("%S");
		ASSERT_CODE("%z");
		ASSERT_CODE("%Z");
		ASSERT_CODE("%j");
		ASSERT_CODE("%%");
		ASSERT_CODE("%Y-%m-%dT%H:%M:%S%z");
	}
}
END_TEST

START_TEST(codes_find_nothing_else)
{
	static const struct {
		const char *format, *line;
		bool found;
	} rows[] = {
		{"\\[%b %d, %Y %H:%M:%S\\]", "[Nov 22, 2026 21:05:59] up", true},
		{"\\[%b %d, %Y %H:%M:%S\\]", "Nov 22, 2026 21:05:59 up", false},
		{"%H:%M:%S%L", "at 23:59:59.123", true},
		{"%H:%M:%S%L", "at 24:59:59.123", false},
		{"%H:%M:%S%L", "at 23:59:59", false},
		{"%f", "12345", false},
		{"%f", "123456", true},
		{"^%j$", "000", false},
		{"^%j$", "367", false},
		{"^%d$", "32", false},
		{"^%m$", "13", false},
		{"%z", "+0100", true},
		{"%z", "0100", false},
		{"^%d\\/%m\\/%y$", "22/11/26", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_msg(finds(rows[i].format, rows[i].line) == rows[i].found, "%s in %s",
			      rows[i].format, rows[i].line);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused_by_name)
{
	AUTO(freep) char *long_text = xcalloc(1, LOG_EVENT_BEGIN_MAX + 2);
	AUTO(freep) char *many = xcalloc(1, LOG_EVENT_BEGIN_MAX + 1);
	const struct {
		const char *pattern, *format, *said;
	} rows[] = {
		{"x", "%Y", "awslogs-multiline-pattern and awslogs-datetime-format"},
		{"", "%Y %Q", "awslogs-datetime-format has a code at character 4 "},
		{"", "%Y %", "awslogs-datetime-format has a code at character 4 "},
		{long_text, "", "awslogs-multiline-pattern has more than 1024"},
		{"", long_text, "awslogs-datetime-format has more than 1024"},
		{"", many, "awslogs-datetime-format has too many codes"},
	};

	memset(long_text, 'x', LOG_EVENT_BEGIN_MAX + 1);
	for (size_t i = 0; i < LOG_EVENT_BEGIN_MAX; i += 2)
		memcpy(many + i, "%B", 2);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_done) struct buf text;
		struct err err = ERR_INIT;

		ck_assert_int_eq(read_options(rows[i].pattern, rows[i].format, &text, &err), -1);
		ck_assert_int_eq(err.code, ERR_INVALID);
		ck_assert_msg(strncmp(err.text, rows[i].said, strlen(rows[i].said)) == 0, "%s",
			      err.text);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_pattern_is_taken_as_it_is,
		each_code_finds_what_strftime_writes,
		codes_find_nothing_else,
		what_makes_no_sense_is_refused_by_name,
	};

	return suite_run("log_event_begin", tests, ARRAY_LEN(tests));
}
