/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <inttypes.h>
#include <time.h>

#include "events/civil.h"
#include "events/cron.h"

#define CENTURIES_DAYS 84371 /* 1970-01-01 to 2200-12-31 */

/* "2026-11-22 08:00" and back. */
static int64_t minute_of(const char *text)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%d %H:%M", &tm);

	ck_assert_msg(end && *end == '\0', "%s", text);
	return (int64_t)timegm(&tm);
}

static const char *text_of(int64_t local_s, char text[32])
{
	time_t time = (time_t)local_s;
	struct tm tm;

	if (local_s == CRON_NEVER)
		return "never";
	ck_assert_ptr_nonnull(gmtime_r(&time, &tm));
	ck_assert_uint_gt(strftime(text, 32, "%Y-%m-%d %H:%M", &tm), 0);
	return text;
}

static bool parses(const char *text)
{
	struct cron cron;

	return cron_parse(text, strlen(text), &cron);
}

START_TEST(dates_are_the_c_librarys)
{
	for (int64_t day = -25567; day <= CENTURIES_DAYS; day++) { /* from 1900 */
		time_t time = (time_t)(day * CIVIL_DAY_S);
		struct civil date = civil_from_days(day);
		struct tm tm;

		if (!gmtime_r(&time, &tm) || date.year != tm.tm_year + 1900 ||
		    date.month != tm.tm_mon + 1 || date.day != tm.tm_mday ||
		    civil_weekday(day) != tm.tm_wday || civil_to_days(date) != day ||
		    date.day > civil_month_length(date.year, date.month))
			ck_abort_msg("day %" PRId64 ": %d-%d-%d", day, date.year, date.month,
				     date.day);
	}
}
END_TEST

START_TEST(every_form_of_a_field_is_read)
{
	static const char *const good[] = {
		"* * * * ? *",
		"0/15 * * * ? *",
		"*/15 * * * ? *",
		"/15 * * * ? *",
		"0-15/1 8-8 ? * 2,3,4,5,6,7 *",
		"1-31/30 1-1 ? * 1,7 *",
		"0-59/10 0-23/2 ? * * *",
		"0 10 L * ? *",
		"0 10 L-3 * ? *",
		"0 10 LW * ? *",
		"0 10 L-3W * ? *",
		"0 10 15W * ? *",
		"0 10 1,15W,20-25 * ? *",
		"0 10 ? * L *",
		"0 10 ? * 6L *",
		"0 10 ? * FRIL *",
		"0 10 ? * 6#3 *",
		"0 10 ? JAN,MAR-MAY SAT#5 *",
		"0 10 ? nov-feb mon-fri *",
		"0 22-5 ? * FRI-MON *",
		"0 10 ? * MON-FRI/2 *",
		"59 23 31 12 ? 1970-2199/7,2050",
		"0  \t10 * * ? *",
		"0 0 30 2 ? *",
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		ck_assert_msg(parses(good[i]), "%s", good[i]);
}
END_TEST

START_TEST(what_is_no_expression_is_refused)
{
	static const char *const bad[] = {
		"",
		"INVALID",
		"* * * * *",
		"* * * * ? * *",
		" * * * * ? *",
		"* * * * ? * ",
		"* * * * * *",
		"* * ? * ? *",
		"? * * * ? *",
		"* * * ? ? *",
		"* * * * ? ?",
		"60 * * * ? *",
		"* 24 * * ? *",
		"* * 0 * ? *",
		"* * 32 * ? *",
		"* * * 0 ? *",
		"* * * 13 ? *",
		"* * ? * 0 *",
		"* * ? * 8 *",
		"* * * * ? 1969",
		"* * * * ? 2200",
		"* * * * ? 2030-2020",
		"0/0 * * * ? *",
		"*/60 * * * ? *",
		"*/ * * * ? *",
		"*5 * * * ? *",
		"5- * * * ? *",
		"5-8-9 * * * ? *",
		"-5 * * * ? *",
		"5,,6 * * * ? *",
		"5, * * * ? *",
		"00005 * * * ? *",
		"L * * * ? *",
		"* * 15L * ? *",
		"* * L,15 * ? *",
		"* * 15,L * ? *",
		"* * L-31 * ? *",
		"* * W * ? *",
		"* * 1-5W * ? *",
		"* * 32W * ? *",
		"* * ? * 2W *",
		"* * ? * 6L,2 *",
		"* * ? * 2,6L *",
		"* * ? * L,2 *",
		"* * ? * 3#1,6#3 *",
		"* * ? * 6#0 *",
		"* * ? * 6#6 *",
		"* * ? * # *",
		"* * ? * *#2 *",
		"* * 6#3 * ? *",
		"* * ? JAN#1 MON *",
		"* * ? * NOT *",
		"* * ? * MO *",
		"* * ? * MONDAY *",
		"* * ? * MON-6 *",
		"* * ? * 2-FRI *",
		"* * ? JANUARY MON *",
		"dummy * ? * MON-FRI *",
		"* * ? * ?,2 *",
		"* * ?? * 2 *",
		"99999999999999999999 * * * ? *",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(!parses(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(the_next_time_is_the_first_at_or_after)
{
	static const struct {
		const char *text, *from, *next;
	} cases[] = {
		{"* * * * ? *", "2026-11-22 08:00", "2026-11-22 08:00"},
		{"0 * * * ? *", "2026-11-22 08:01", "2026-11-22 09:00"},
		{"5,35 14 * * ? *", "2026-11-22 14:06", "2026-11-22 14:35"},
		{"5,35 14 * * ? *", "2026-12-31 14:36", "2027-01-01 14:05"},
		{"59 23 31 12 ? *", "2026-12-31 23:59", "2026-12-31 23:59"},
		{"0 0 29 2 ? *", "2096-03-01 00:00", "2104-02-29 00:00"},
		{"0 0 30 2 ? *", "2026-01-01 00:00", "never"},
		{"0 10 L * ? *", "2028-02-01 00:00", "2028-02-29 10:00"},
		{"0 10 L-3 * ? *", "2026-04-01 00:00", "2026-04-27 10:00"},
		{"0 10 L-30 * ? *", "2026-04-02 00:00", "2026-05-01 10:00"},
		{"0 10 LW * ? *", "2026-05-01 00:00", "2026-05-29 10:00"},  /* 31 is a Sunday */
		{"0 10 1W * ? *", "2026-08-01 00:00", "2026-08-03 10:00"},  /* 1 is a Saturday */
		{"0 10 15W * ? *", "2026-11-01 00:00", "2026-11-16 10:00"}, /* a Sunday */
		{"0 10 15W * ? *", "2026-08-01 00:00", "2026-08-14 10:00"}, /* a Saturday */
		{"0 10 31W * ? *", "2026-05-01 00:00", "2026-05-29 10:00"}, /* a Sunday, the last */
		{"0 10 31W * ? *", "2026-06-01 00:00", "2026-07-31 10:00"}, /* June has none */
		{"0 10 ? * L *", "2026-11-22 00:00", "2026-11-28 10:00"},
		{"0 10 ? * 6L *", "2026-11-22 00:00", "2026-11-27 10:00"},
		{"0 10 ? * 1#5 *", "2026-11-30 00:00", "2027-01-31 10:00"},
		{"15 10 ? * 6L 2002-2005", "2005-12-30 10:15", "2005-12-30 10:15"},
		{"15 10 ? * 6L 2002-2005", "2005-12-30 10:16", "never"},
		{"0 22-5 * * ? *", "2026-11-22 06:00", "2026-11-22 22:00"},
		{"0 0 ? * FRI-MON *", "2026-11-24 00:00", "2026-11-27 00:00"},
		{"50-10/10 0 1 1 ? 2030", "2026-01-01 00:00", "2030-01-01 00:00"},
		{"0 0 1-31/30 * ? *", "2026-01-02 00:00", "2026-01-31 00:00"},
		{"0 0 1 1 ? 2199", "1970-01-01 00:00", "2199-01-01 00:00"},
		{"* * * * ? *", "2199-12-31 23:59", "2199-12-31 23:59"},
		{"* * * * ? *", "2200-01-01 00:00", "never"},
	};
	char text[32];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cron cron;

		ck_assert_msg(cron_parse(cases[i].text, strlen(cases[i].text), &cron), "%s",
			      cases[i].text);
		ck_assert_msg(strcmp(text_of(cron_next(&cron, minute_of(cases[i].from)), text),
				     cases[i].next) == 0,
			      "%s from %s: %s", cases[i].text, cases[i].from,
			      text_of(cron_next(&cron, minute_of(cases[i].from)), text));
	}
}
END_TEST

START_TEST(seconds_round_up_and_the_time_before_1970_is_its_beginning)
{
	struct cron cron;

	ck_assert(cron_parse("* * * * ? *", 11, &cron));
	ck_assert_int_eq(cron_next(&cron, 1), 60);
	ck_assert_int_eq(cron_next(&cron, 60), 60);
	ck_assert_int_eq(cron_next(&cron, -1), 0);
	ck_assert_int_eq(cron_next(&cron, INT64_MIN), 0);
	ck_assert_int_eq(cron_next(&cron, INT64_MAX), CRON_NEVER);
}
END_TEST

START_TEST(a_text_that_is_refused_leaves_the_result_alone)
{
	struct cron cron = {.number = 42};

	ck_assert(!cron_parse("0 0 15W 13 ? *", 14, &cron));
	ck_assert_int_eq(cron.number, 42);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		dates_are_the_c_librarys,
		every_form_of_a_field_is_read,
		what_is_no_expression_is_refused,
		the_next_time_is_the_first_at_or_after,
		seconds_round_up_and_the_time_before_1970_is_its_beginning,
		a_text_that_is_refused_leaves_the_result_alone,
	};

	return suite_run("cron", tests, ARRAY_LEN(tests));
}
