/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions and when they fall due. The 64 cases that were recorded from the real services
 * are in the data folder (SLIPWAY_SHARED_DATA, else ../shared/data); what they taught is in the
 * tables here.
 */
#include "tests/support/suite.h"

#include <jansson.h>
#include <time.h>

#include "events/schedule.h"
#include "tests/support/zone_bytes.h"

#define CASES_RECORDED 64
#define LINE_SIZE      4096
#define MINUTE	       INT64_C(60000)
#define HOUR	       (60 * MINUTE)
#define DAY	       (24 * HOUR)
#define BERLIN	       "CET-1CEST,M3.5.0,M10.5.0/3"
#define LORD_HOWE      "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"

static int64_t ms_of(const char *utc)
{
	struct tm tm = {0};
	const char *end = strptime(utc, "%Y-%m-%d %H:%M", &tm);

	ck_assert_msg(end && *end == '\0', "%s", utc);
	return (int64_t)timegm(&tm) * 1000;
}

static struct schedule schedule_of(const char *text, enum schedule_service service)
{
	struct schedule schedule;
	struct err err = ERR_INIT;

	ASSERT_OK(schedule_parse(text, service, &schedule, &err), &err);
	return schedule;
}

static struct zone *zone_of(const char *rule)
{
	uint8_t bytes[ZONE_BYTES_MAX];
	size_t len = zone_bytes_make(bytes, 0, NULL, 0, rule);
	struct zone *zone = NULL;
	struct err err = ERR_INIT;

	ASSERT_OK(zone_parse(bytes, len, &zone, &err), &err);
	return zone;
}

/* The recorded cases */

static const char *data_file(void)
{
	static char path[512];
	const char *set = getenv("SLIPWAY_SHARED_DATA");

	(void)snprintf(path, sizeof(path), "%s/events/schedule-cases.jsonl",
		       set ? set : "../shared/data");
	return path;
}

static void check_case(json_t *line)
{
	const char *api = json_string_value(json_object_get(line, "api"));
	const char *text = json_string_value(json_object_get(line, "expression"));
	const char *bus = json_string_value(json_object_get(line, "EventBusName"));
	json_t *error = json_object_get(line, "error");
	struct schedule schedule;
	struct err err = ERR_INIT;
	int result;

	ck_assert(api && text);
	result = schedule_parse(
		text, strcmp(api, "events.PutRule") == 0 ? SCHEDULE_OF_RULE : SCHEDULE_OF_SCHEDULER,
		&schedule, &err);
	if (result == 0 && bus)
		result = schedule_check_bus(bus, &err);
	ck_assert_msg((result == 0) == json_is_true(json_object_get(line, "valid")), "%s: %s", text,
		      err.text);
	if (result == 0)
		return;
	ck_assert_int_eq(err.code, ERR_INVALID);
	ck_assert_str_eq(json_string_value(json_object_get(error, "Code")), "ValidationException");
	ck_assert_str_eq(err.text, json_string_value(json_object_get(error, "Message")));
}

START_TEST(the_recorded_cases_have_the_services_verdicts_and_messages)
{
	FILE *file = fopen(data_file(), "r");
	char line[LINE_SIZE];
	int count = 0;

	if (!file) {
		printf("skipped: there is no %s\n", data_file());
		return;
	}
	for (; fgets(line, sizeof(line), file); count++) {
		json_t *root = json_loads(line, 0, NULL);

		ck_assert_msg(root != NULL, "%s", line);
		check_case(root);
		json_decref(root);
	}
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(count, CASES_RECORDED);
}
END_TEST

/* What is accepted */

static const struct verdict {
	const char *text;
	bool rule, scheduler; /* accepted by */
} verdicts[] = {
	{"rate(1 minute)", true, true},
	{"rate(2 hours)", true, true},
	{"rate(2147483647 days)", true, true},
	{"rate(1 minutes)", false, true},
	{"rate(2 minute)", false, true},
	{"rate(2147483648 days)", false, false},
	{"rate(99999999999999999999 days)", false, false},
	{"rate(0 minutes)", false, false},
	{"rate(1.5 hours)", false, false},
	{"rate(10 MINUTES)", false, false},
	{"Rate(10 minutes)", false, false},
	{"rate(10  minutes)", false, false},
	{"rate(10 minutes", false, false},
	{"rate(10 minutes))", false, false},
	{"cron(0 10 ? * MON-FRI *)", true, true},
	{"cron (0 10 ? * MON-FRI *)", false, false},
	{"cron(0 10 ? * MON-FRI *) ", false, false},
	{"0 10 ? * MON-FRI *", false, false},
	{"at(2026-11-22T10:00:00)", false, true},
	{"at(2028-02-29T23:59:59)", false, true},
	{"at(2026-02-29T10:00:00)", false, false},
	{"at(2026-13-01T10:00:00)", false, false},
	{"at(2026-11-22T24:00:00)", false, false},
	{"at(2026-11-22T10:60:00)", false, false},
	{"at(2026-11-22T10:00:60)", false, false},
	{"at(2026-11-22 10:00:00)", false, false},
	{"at(2026-11-22T10:00)", false, false},
	{"at(1969-11-22T10:00:00)", false, false},
	{"at(2026-11-00T10:00:00)", false, false},
	{"at()", false, false},
	{")", false, false},
	{"", false, false},
};

START_TEST(each_service_accepts_its_own)
{
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
		for (int service = 0; service < SCHEDULE_SERVICE_COUNT; service++) {
			bool wanted = service == SCHEDULE_OF_RULE ? verdicts[i].rule
								  : verdicts[i].scheduler;
			struct schedule schedule;
			struct err err = ERR_INIT;

			ck_assert_msg(
				(schedule_parse(verdicts[i].text, (enum schedule_service)service,
						&schedule, &err) == 0) == wanted,
				"%s: %s", verdicts[i].text, err.text);
		}
	}
}
END_TEST

START_TEST(an_expression_has_256_bytes_at_most)
{
	char text[SCHEDULE_TEXT_MAX + 2];
	struct schedule schedule;
	struct err err = ERR_INIT;
	int len = snprintf(text, sizeof(text), "cron(0 10 ? * ");

	while (len < SCHEDULE_TEXT_MAX - 4)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "2,");
	(void)snprintf(text + len, sizeof(text) - (size_t)len, "2 *)");
	ck_assert_uint_eq(strlen(text), SCHEDULE_TEXT_MAX);
	ASSERT_OK(schedule_parse(text, SCHEDULE_OF_RULE, &schedule, &err), &err);
	(void)snprintf(text + len, sizeof(text) - (size_t)len, "22 *)");
	text[len] = '2';
	text[len + 1] = ' ';
	text[len + 2] = ' ';
	ck_assert_uint_eq(strlen(text), SCHEDULE_TEXT_MAX + 1);
	ck_assert_int_eq(schedule_parse(text, SCHEDULE_OF_RULE, &schedule, &err), -1);
}
END_TEST

/* When they fall due */

/* @text (of Scheduler), in the zone of @rule, falls due behind @after and up to @until at the
 * @wanted times and no others, all in UTC. */
static void check_due(const char *text, const char *rule, const char *after, const char *until,
		      const char *const *wanted, size_t count)
{
	AUTO(zone_freep) struct zone *zone = zone_of(rule);
	struct schedule_frame frame = {.zone = zone, .end_ms = SCHEDULE_NO_END};
	struct schedule schedule = schedule_of(text, SCHEDULE_OF_SCHEDULER);
	int64_t times[32];
	bool more;
	size_t found;

	frame.created_ms = ms_of(after);
	found = schedule_due(&schedule, &frame, ms_of(after), ms_of(until), ARRAY_LEN(times), times,
			     &more);
	ck_assert(!more);
	ck_assert_msg(found == count, "%s: %zu times", text, found);
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(times[i] == ms_of(wanted[i]), "%s: time %zu is not %s", text, i,
			      wanted[i]);
}

#define CHECK_DUE(text, zone, after, until, ...)                                                   \
	do {                                                                                       \
		static const char *const wanted_[] = {__VA_ARGS__};                                \
		check_due(text, zone, after, until, wanted_, ARRAY_LEN(wanted_));                  \
	} while (0)

START_TEST(a_time_that_clocks_skip_is_skipped)
{
	CHECK_DUE("cron(30 2 * * ? *)", BERLIN, "2026-03-27 12:00", "2026-03-31 00:00",
		  "2026-03-28 01:30", "2026-03-30 00:30");
	CHECK_DUE("cron(0/30 1-3 29 3 ? 2026)", BERLIN, "2026-01-01 00:00", "2027-01-01 00:00",
		  "2026-03-29 00:00", "2026-03-29 00:30", "2026-03-29 01:00", "2026-03-29 01:30");
	/* 02:15 of the fourth does not come */
	CHECK_DUE("cron(15 2 3-5 10 ? 2026)", LORD_HOWE, "2026-01-01 00:00", "2027-01-01 00:00",
		  "2026-10-02 15:45", "2026-10-04 15:15");
}
END_TEST

START_TEST(a_time_that_comes_twice_counts_once)
{
	CHECK_DUE("cron(30 2 * * ? *)", BERLIN, "2026-10-23 12:00", "2026-10-27 00:00",
		  "2026-10-24 00:30", "2026-10-25 00:30", "2026-10-26 01:30");
	CHECK_DUE("cron(0/30 * * * ? *)", BERLIN, "2026-10-24 23:59", "2026-10-25 02:30",
		  "2026-10-25 00:00", "2026-10-25 00:30", "2026-10-25 02:00", "2026-10-25 02:30");
	/* asked in the second of the two hours */
	CHECK_DUE("cron(45 2 * * ? *)", BERLIN, "2026-10-25 01:10", "2026-10-27 00:00",
		  "2026-10-26 01:45");
	/* half an hour comes twice there */
	CHECK_DUE("cron(0/15 1-2 5 4 ? 2026)", LORD_HOWE, "2026-01-01 00:00", "2027-01-01 00:00",
		  "2026-04-04 14:00", "2026-04-04 14:15", "2026-04-04 14:30", "2026-04-04 14:45",
		  "2026-04-04 15:30", "2026-04-04 15:45", "2026-04-04 16:00", "2026-04-04 16:15");
}
END_TEST

START_TEST(a_rate_of_days_counts_24_hours)
{
	CHECK_DUE("rate(1 day)", BERLIN, "2026-03-28 12:00", "2026-03-31 00:00", "2026-03-29 12:00",
		  "2026-03-30 12:00");
}
END_TEST

START_TEST(a_rate_begins_as_its_service_says)
{
	struct schedule_frame frame = {.created_ms = 1000, .end_ms = SCHEDULE_NO_END};
	struct schedule of_rule = schedule_of("rate(5 minutes)", SCHEDULE_OF_RULE);
	struct schedule of_scheduler = schedule_of("rate(5 minutes)", SCHEDULE_OF_SCHEDULER);
	int64_t due;

	ck_assert(schedule_next(&of_rule, &frame, 999, &due));
	ck_assert_int_eq(due, 1000 + 5 * MINUTE);
	ck_assert(schedule_next(&of_scheduler, &frame, 999, &due));
	ck_assert_int_eq(due, 1000);
	ck_assert(schedule_next(&of_scheduler, &frame, 1000, &due));
	ck_assert_int_eq(due, 1000 + 5 * MINUTE);
	frame.created_ms = HOUR;
	frame.start_ms = HOUR - 7 * MINUTE;
	ck_assert(schedule_next(&of_scheduler, &frame, HOUR - 1, &due));
	ck_assert_int_eq(due, HOUR + 3 * MINUTE);
	frame.start_ms = INT64_MIN;
	ck_assert(schedule_next(&of_scheduler, &frame, HOUR - 1, &due));
	ck_assert_int_eq(due, HOUR);
	frame.start_ms = 2 * HOUR + 7;
	ck_assert(schedule_next(&of_scheduler, &frame, HOUR - 1, &due));
	ck_assert_int_eq(due, 2 * HOUR + 7);
}
END_TEST

START_TEST(start_and_end_are_kept_and_belong_to_it)
{
	struct schedule schedule = schedule_of("cron(0 * * * ? *)", SCHEDULE_OF_SCHEDULER);
	struct schedule_frame frame = {.start_ms = 2 * HOUR, .end_ms = 4 * HOUR};
	int64_t times[9];
	bool more;

	ck_assert_uint_eq(schedule_due(&schedule, &frame, 0, DAY, 9, times, &more), 3);
	ck_assert_int_eq(times[0], 2 * HOUR);
	ck_assert_int_eq(times[2], 4 * HOUR);
	frame.start_ms++;
	frame.end_ms--;
	ck_assert_uint_eq(schedule_due(&schedule, &frame, 0, DAY, 9, times, &more), 1);
	frame.start_ms = frame.end_ms = INT64_MAX;
	ck_assert_uint_eq(schedule_due(&schedule, &frame, 0, INT64_MAX, 9, times, &more), 0);
}
END_TEST

START_TEST(an_at_comes_once_in_its_zone_whatever_start_and_end_say)
{
	AUTO(zone_freep) struct zone *zone = zone_of(BERLIN);
	struct schedule_frame frame = {.zone = zone, .start_ms = INT64_MAX, .end_ms = 0};
	struct schedule once = schedule_of("at(2026-07-01T12:00:07)", SCHEDULE_OF_SCHEDULER);
	struct schedule never = schedule_of("at(2026-03-29T02:30:00)", SCHEDULE_OF_SCHEDULER);
	struct schedule twice = schedule_of("at(2026-10-25T02:30:00)", SCHEDULE_OF_SCHEDULER);
	int64_t due;

	ck_assert(schedule_next(&once, &frame, 0, &due));
	ck_assert_int_eq(due, ms_of("2026-07-01 10:00") + 7000);
	ck_assert(!schedule_next(&once, &frame, due, &due));
	ck_assert(!schedule_next(&never, &frame, 0, &due));
	ck_assert(schedule_next(&twice, &frame, 0, &due));
	ck_assert_int_eq(due, ms_of("2026-10-25 00:30"));
	ck_assert(!schedule_next(&twice, &frame, due, &due));
}
END_TEST

START_TEST(the_nth_is_the_next_of_the_one_before)
{
	static const char *const texts[] = {"rate(7 minutes)", "cron(0/7 3 ? * MON *)"};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		for (int service = 0; service < SCHEDULE_SERVICE_COUNT; service++) {
			struct schedule schedule =
				schedule_of(texts[i], (enum schedule_service)service);
			struct schedule_frame frame = {.created_ms = DAY, .end_ms = 400 * DAY};
			int64_t due = DAY - 1, nth;

			for (uint32_t n = 1; n < 300; n++) {
				ck_assert(schedule_next(&schedule, &frame, due, &due));
				ck_assert(schedule_nth(&schedule, &frame, DAY - 1, n, &nth));
				ck_assert_int_eq(nth, due);
			}
			ck_assert(!schedule_nth(&schedule, &frame, DAY - 1, UINT32_MAX, &nth));
		}
	}
}
END_TEST

START_TEST(the_longest_rate_does_not_overflow)
{
	struct schedule schedule = schedule_of("rate(2147483647 days)", SCHEDULE_OF_RULE);
	struct schedule_frame frame = {.created_ms = ms_of("2026-11-22 08:00"),
				       .end_ms = SCHEDULE_NO_END};
	int64_t due;

	ck_assert(!schedule_next(&schedule, &frame, frame.created_ms, &due));
	ck_assert(!schedule_nth(&schedule, &frame, 0, UINT32_MAX, &due));
	ck_assert(!schedule_next(&schedule, &frame, INT64_MAX, &due));
	schedule = schedule_of("rate(365 days)", SCHEDULE_OF_SCHEDULER);
	ck_assert(schedule_nth(&schedule, &frame, frame.created_ms - 1, 101, &due));
	ck_assert_int_eq(due, frame.created_ms + 100 * 365 * DAY);
}
END_TEST

START_TEST(what_fell_due_comes_in_pieces)
{
	struct schedule schedule = schedule_of("cron(* * * * ? *)", SCHEDULE_OF_RULE);
	struct schedule_frame frame = {.end_ms = SCHEDULE_NO_END};
	int64_t after = 0, times[100];
	size_t all = 0, count;
	bool more = true;

	for (; more; after = times[count - 1]) {
		count = schedule_due(&schedule, &frame, after, DAY, ARRAY_LEN(times), times, &more);
		ck_assert_uint_gt(count, 0);
		ck_assert_int_eq(times[0], after + MINUTE);
		all += count;
	}
	ck_assert_uint_eq(all, DAY / MINUTE);
	ck_assert_int_eq(after, DAY);
	ck_assert_uint_eq(schedule_due(&schedule, &frame, 0, MINUTE - 1, 100, times, &more), 0);
	ck_assert(!more);
	ck_assert_uint_eq(schedule_due(&schedule, &frame, 0, MINUTE, 0, times, &more), 0);
	ck_assert(more);
}
END_TEST

START_TEST(an_expression_that_only_falls_into_gaps_is_found_out_soon)
{
	AUTO(zone_freep) struct zone *zone = zone_of(BERLIN);
	struct schedule schedule = schedule_of("cron(30 2 ? 3 1L *)", SCHEDULE_OF_SCHEDULER);
	struct schedule_frame frame = {.zone = zone, .end_ms = SCHEDULE_NO_END};
	int64_t due;

	for (int i = 0; i < 100; i++)
		ck_assert(!schedule_next(&schedule, &frame, 0, &due));
}
END_TEST

START_TEST(places_lie_in_the_window_and_are_spread)
{
	static const char arn[] = "arn:aws:scheduler:us-east-1:123456789012:schedule/default/a";
	int quarters[4] = {0};

	for (int i = 0; i < 400; i++) {
		int64_t due = i * HOUR, place = schedule_place(due, 15, arn, sizeof(arn));

		ck_assert_int_ge(place, due);
		ck_assert_int_lt(place, due + 15 * MINUTE);
		ck_assert_int_eq(place, schedule_place(due, 15, arn, sizeof(arn)));
		quarters[4 * (place - due) / (15 * MINUTE)]++;
	}
	for (int i = 0; i < 4; i++)
		ck_assert_int_gt(quarters[i], 60);
	ck_assert_int_ne(schedule_place(0, 15, "a", 1), schedule_place(0, 15, "b", 1));
	/* Stays from release to release: HMAC-SHA-256 of the time, by Python's. */
	ck_assert_int_eq(schedule_place(INT64_C(1795334400000), 1440, "seed", 4),
			 INT64_C(1795334400000) + 47023643);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_recorded_cases_have_the_services_verdicts_and_messages,
		each_service_accepts_its_own,
		an_expression_has_256_bytes_at_most,
		a_time_that_clocks_skip_is_skipped,
		a_time_that_comes_twice_counts_once,
		a_rate_of_days_counts_24_hours,
		a_rate_begins_as_its_service_says,
		start_and_end_are_kept_and_belong_to_it,
		an_at_comes_once_in_its_zone_whatever_start_and_end_say,
		the_nth_is_the_next_of_the_one_before,
		the_longest_rate_does_not_overflow,
		what_fell_due_comes_in_pieces,
		an_expression_that_only_falls_into_gaps_is_found_out_soon,
		places_lie_in_the_window_and_are_spread,
	};

	return suite_run("schedule", tests, ARRAY_LEN(tests));
}
