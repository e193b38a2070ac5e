/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TimePeriod: which times are taken, which are refused and by which name, and the buckets.
 */
#include "tests/support/suite.h"

#include "billing/calendar.h"
#include "gateway/ce/ce_period.h"

#define NOW 1767364245 /* 2026-01-02T14:30:45Z */
#define JAN 1767225600 /* 2026-01-01 */

static const struct {
	const char *start, *end;
	enum cost_grain grain;
	int64_t from_s, until_s;
} good[] = {
	{"2026-01-01", "2026-01-02", COST_DAYS, JAN, JAN + 86400},
	{"2026-01-01T00:00:00Z", "2026-01-02", COST_DAYS, JAN, JAN + 86400},
	{"2026-01-01T13:00:00Z", "2026-01-01T14:00:00Z", COST_HOURS, JAN + 46800, JAN + 50400},
	{"2026-01-01", "2026-02-01", COST_MONTHS, JAN, JAN + 31 * 86400},
	{"2024-02-29", "2024-03-01", COST_DAYS, 1709164800, 1709251200},
	{"1970-01-01", "1970-01-02", COST_WHOLE, 0, 86400},
};

START_TEST(days_and_hours_are_taken)
{
	const struct ce_period_input input = {good[_i].start, good[_i].end};
	struct ce_period period;
	struct err err = ERR_INIT;

	ASSERT_OK(ce_period_read(&input, good[_i].grain, NOW, &period, &err), &err);
	ck_assert_int_eq(period.from_s, good[_i].from_s);
	ck_assert_int_eq(period.until_s, good[_i].until_s);
}
END_TEST

static const struct {
	const char *start, *end;
	enum cost_grain grain;
	const char *words;
} bad[] = {
	{"yesterday", "2026-01-02", COST_DAYS, "TimePeriod.Start yesterday is invalid"},
	{"2026-01-01", "2026-1-2", COST_DAYS, "TimePeriod.End 2026-1-2 is invalid"},
	{"2026-02-30", "2026-03-01", COST_DAYS, "TimePeriod.Start 2026-02-30"},
	{"2025-02-29", "2026-01-01", COST_DAYS, "TimePeriod.Start 2025-02-29"},
	{"2026-00-01", "2026-01-01", COST_DAYS, "TimePeriod.Start"},
	{"2026-13-01", "2026-01-01", COST_DAYS, "TimePeriod.Start"},
	{"2026-01-00", "2026-01-01", COST_DAYS, "TimePeriod.Start"},
	{"1969-12-31", "2026-01-01", COST_DAYS, "TimePeriod.Start"},
	{"2026-01-01T24:00:00Z", "2026-01-03", COST_HOURS, "TimePeriod.Start"},
	{"2026-01-01T13:30:00Z", "2026-01-02", COST_HOURS, "begin of an hour"},
	{"2026-01-01T13:00:00Z", "2026-01-02", COST_DAYS, "begin of a day"},
	{"2026-01-02", "2026-01-02", COST_DAYS, "should be before end date"},
	{"2026-01-02", "2026-01-01", COST_DAYS, "should be before end date"},
	{"2026-01-03", "2026-01-04", COST_DAYS, "in the future"},
	{"2026-01-01", "2026-02-02", COST_DAYS, "end date past the beginning of next month"},
	{"1990-01-01", "2026-01-01", COST_DAYS, "more than 9000 results"},
	{"2024-01-01", "2026-01-01", COST_HOURS, "more than 9000 results"},
	{"", "2026-01-01", COST_DAYS, "TimePeriod.Start"},
	{"2026-01-01 ", "2026-01-02", COST_DAYS, "TimePeriod.Start"},
};

START_TEST(what_is_no_period_is_refused_by_name)
{
	const struct ce_period_input input = {bad[_i].start, bad[_i].end};
	struct ce_period period;
	struct err err = ERR_INIT;

	ck_assert_int_eq(ce_period_read(&input, bad[_i].grain, NOW, &period, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID);
	ck_assert_msg(strstr(err.text, bad[_i].words), "%s", err.text);
}
END_TEST

START_TEST(a_forecast_begins_today_or_later)
{
	static const struct ce_period_input today = {"2026-01-02", "2026-02-01"};
	static const struct ce_period_input past = {"2026-01-01", "2026-02-01"};
	static const struct ce_period_input far = {"2026-01-02", "2027-08-01"};
	struct ce_period period;
	struct err err = ERR_INIT;

	ASSERT_OK(ce_period_read_ahead(&today, COST_DAYS, NOW, &period, &err), &err);
	ck_assert_int_eq(ce_period_read_ahead(&past, COST_DAYS, NOW, &period, &err), -1);
	ck_assert_msg(strstr(err.text, "TimePeriod.Start 2026-01-01"), "%s", err.text);
	ck_assert_int_eq(ce_period_read_ahead(&far, COST_DAYS, NOW, &period, &err), -1);
	ck_assert_msg(strstr(err.text, "18 months"), "%s", err.text);
}
END_TEST

START_TEST(buckets_end_at_borders_and_with_the_period)
{
	const struct ce_period_input input = {"2025-11-15", "2026-01-10"};
	struct ce_period period;
	struct err err = ERR_INIT;
	int64_t at_s;

	ASSERT_OK(ce_period_read(&input, COST_MONTHS, NOW, &period, &err), &err);
	at_s = ce_period_bucket_end(&period, period.from_s);
	ck_assert_int_eq(at_s, calendar_month_of(2025, 12));
	at_s = ce_period_bucket_end(&period, at_s);
	ck_assert_int_eq(at_s, JAN);
	ck_assert_int_eq(ce_period_bucket_end(&period, at_s), JAN + 9 * 86400);
}
END_TEST

START_TEST(only_hourly_results_have_times)
{
	struct ce_period period = {.from_s = JAN, .until_s = JAN + 86400, .grain = COST_HOURS};
	json_t *json = ce_period_json(&period, JAN, JAN + 3600);

	ck_assert_str_eq(json_string_value(json_object_get(json, "End")), "2026-01-01T01:00:00Z");
	json_decref(json);
	period.grain = COST_DAYS;
	json = ce_period_json(&period, JAN, JAN + 86400);
	ck_assert_str_eq(json_string_value(json_object_get(json, "Start")), "2026-01-01");
	ck_assert_str_eq(json_string_value(json_object_get(json, "End")), "2026-01-02");
	json_decref(json);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/ce_period");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, days_and_hours_are_taken, 0, ARRAY_LEN(good));
	tcase_add_loop_test(all, what_is_no_period_is_refused_by_name, 0, ARRAY_LEN(bad));
	tcase_add_test(all, a_forecast_begins_today_or_later);
	tcase_add_test(all, buckets_end_at_borders_and_with_the_period);
	tcase_add_test(all, only_hourly_results_have_times);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
