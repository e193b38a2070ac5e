/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times of events.
 */
#include "tests/support/suite.h"

#include "events/event_time.h"

START_TEST(times_of_rfc_3339_are_read)
{
	static const struct {
		const char *text;
		int64_t wall_ms;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2018-04-05T17:31:00Z", 1522949460000},
		{"2018-04-05t17:31:00.5z", 1522949460500},
		{"2018-04-05T17:31:00.123999+02:00", 1522942260123},
		{"2018-04-05T17:31:00-05:30", 1522969260000},
		{"2020-02-29T23:59:60Z", 1583020799000},
		{"9999-12-31T23:59:59.999Z", EVENT_TIME_MAX_MS},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		int64_t wall_ms = -1;

		ASSERT_OK(event_time_read(cases[i].text, &wall_ms, &err), &err);
		ck_assert_int_eq(wall_ms, cases[i].wall_ms);
	}
}
END_TEST

START_TEST(other_texts_are_no_times)
{
	static const char *const cases[] = {
		"",
		"2018-04-05",
		"2018-04-05T17:31:00",
		"2018-04-05 17:31:00Z",
		"2018-4-05T17:31:00ZZ",
		"2018-13-05T17:31:00Z",
		"2018-00-05T17:31:00Z",
		"2019-02-29T17:31:00Z",
		"2018-04-31T17:31:00Z",
		"2018-04-05T24:31:00Z",
		"2018-04-05T17:60:00Z",
		"2018-04-05T17:31:61Z",
		"2018-04-05T17:31:00.Z",
		"2018-04-05T17:31:00+2:00",
		"2018-04-05T17:31:00+24:00",
		"2018-04-05T17:31:00Zx",
		"1969-12-31T23:59:59Z",
		"9999-12-31T23:59:59-01:00",
		"+018-04-05T17:31:00Z",
		"2018-04-05T17:31:00 02:00",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		int64_t wall_ms;

		ck_assert_msg(event_time_read(cases[i], &wall_ms, &err) < 0, "%s", cases[i]);
		ck_assert_int_eq(err.code, ERR_INVALID);
	}
}
END_TEST

START_TEST(times_are_written_to_the_second)
{
	char text[EVENT_TIME_SIZE];

	ck_assert_str_eq(event_time_write(1522949460999, text), "2018-04-05T17:31:00Z");
	ck_assert_str_eq(event_time_write(EVENT_TIME_MAX_MS, text), "9999-12-31T23:59:59Z");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		times_of_rfc_3339_are_read,
		other_texts_are_no_times,
		times_are_written_to_the_second,
	};

	return suite_run("gateway/event_time", tests, ARRAY_LEN(tests));
}
