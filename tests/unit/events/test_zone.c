/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "events/zone.h"
#include "events/zone_private.h"
#include "tests/support/zone_bytes.h"

#define HOUR   3600
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

/* In 2026 clocks of Berlin go forward and back at these times. */
#define FORWARD INT64_C(1774746000) /* 2026-03-29T01:00:00Z */
#define BACK	INT64_C(1792890000) /* 2026-10-25T01:00:00Z */

#define SUMMER_OF_2199 INT64_C(7242220800)
#define WINTER_OF_2199 INT64_C(7255440000)

static struct zone *zone_of(int32_t first_offset_s, const struct zone_bytes_change *changes,
			    size_t count, const char *rule)
{
	uint8_t bytes[ZONE_BYTES_MAX];
	size_t len = zone_bytes_make(bytes, first_offset_s, changes, count, rule);
	struct zone *zone = NULL;
	struct err err = ERR_INIT;

	ASSERT_OK(zone_parse(bytes, len, &zone, &err), &err);
	return zone;
}

static int32_t offset_at(const struct zone *zone, int64_t utc_s)
{
	struct zone_span span;

	zone_span(zone, utc_s, &span);
	ck_assert_int_le(span.from_s, utc_s);
	ck_assert_int_gt(span.until_s, utc_s);
	return span.offset_s;
}

START_TEST(a_rule_goes_on_to_2200)
{
	AUTO(zone_freep) struct zone *zone = zone_of(0, NULL, 0, BERLIN);

	ck_assert_int_eq(offset_at(zone, FORWARD - 1), HOUR);
	ck_assert_int_eq(offset_at(zone, FORWARD), 2 * HOUR);
	ck_assert_int_eq(offset_at(zone, BACK - 1), 2 * HOUR);
	ck_assert_int_eq(offset_at(zone, BACK), HOUR);
	ck_assert_int_eq(offset_at(zone, SUMMER_OF_2199), 2 * HOUR);
	ck_assert_int_eq(offset_at(zone, WINTER_OF_2199), HOUR);
}
END_TEST

START_TEST(changes_of_the_file_go_before_its_rule)
{
	static const struct zone_bytes_change changes[] = {
		{FORWARD - 86400, 5 * HOUR},
		{FORWARD, 6 * HOUR},
		{FORWARD + 86400, 7 * HOUR},
	};
	AUTO(zone_freep) struct zone *zone = zone_of(-HOUR, changes, 3, BERLIN);

	ck_assert_int_eq(offset_at(zone, 0), -HOUR);
	ck_assert_int_eq(offset_at(zone, FORWARD - 1), 5 * HOUR);
	ck_assert_int_eq(offset_at(zone, FORWARD), 6 * HOUR);
	ck_assert_int_eq(offset_at(zone, BACK - 1), 7 * HOUR);
	ck_assert_int_eq(offset_at(zone, BACK), HOUR);
}
END_TEST

START_TEST(summer_time_that_never_ends_has_no_end)
{
	AUTO(zone_freep) struct zone *zone = zone_of(0, NULL, 0, "XXX3EDT4,0/0,J365/23");

	for (int64_t utc_s = 0; utc_s < INT64_C(7258118400); utc_s += 30 * HOUR)
		ck_assert_int_eq(offset_at(zone, utc_s), -4 * HOUR);
}
END_TEST

START_TEST(without_a_rule_the_last_change_holds)
{
	static const struct zone_bytes_change change = {FORWARD, 3 * HOUR};
	AUTO(zone_freep) struct zone *zone = zone_of(2 * HOUR, &change, 1, "");
	AUTO(zone_freep) struct zone *fixed = zone_of(0, NULL, 0, "<+0545>-5:45");

	ck_assert_int_eq(offset_at(zone, FORWARD - 1), 2 * HOUR);
	ck_assert_int_eq(offset_at(zone, INT64_C(7000000000)), 3 * HOUR);
	ck_assert_int_eq(offset_at(fixed, FORWARD), 5 * HOUR + 45 * 60);
	ck_assert_int_eq(offset_at(NULL, FORWARD), 0);
}
END_TEST

START_TEST(a_local_time_is_found_once_or_never)
{
	AUTO(zone_freep) struct zone *zone = zone_of(0, NULL, 0, BERLIN);
	int64_t utc_s = 42;

	/* 01:59:59, then 03:00:00 */
	ck_assert(zone_first_utc(zone, FORWARD - 1 + HOUR, &utc_s));
	ck_assert_int_eq(utc_s, FORWARD - 1);
	ck_assert(!zone_first_utc(zone, FORWARD + HOUR, &utc_s));
	ck_assert(!zone_first_utc(zone, FORWARD - 1 + 2 * HOUR, &utc_s));
	ck_assert_int_eq(utc_s, FORWARD - 1);
	ck_assert(zone_first_utc(zone, FORWARD + 2 * HOUR, &utc_s));
	ck_assert_int_eq(utc_s, FORWARD);
	/* 02:00:00 comes an hour before the change, and again with it */
	ck_assert(zone_first_utc(zone, BACK + HOUR, &utc_s));
	ck_assert_int_eq(utc_s, BACK - HOUR);
	ck_assert(zone_first_utc(zone, BACK + 2 * HOUR, &utc_s));
	ck_assert_int_eq(utc_s, BACK + HOUR);
	ck_assert(zone_first_utc(NULL, BACK, &utc_s));
	ck_assert_int_eq(utc_s, BACK);
}
END_TEST

START_TEST(rules_of_every_form_are_read)
{
	static const struct {
		const char *text;
		int year;
		int64_t to_summer, to_standard; /* days since the year began, and hours */
	} cases[] = {
		{"AAA0BBB,J59,J60", 2028, 58 * 24 + 2, 60 * 24 + 2},
		{"AAA0BBB,58,59/0", 2028, 58 * 24 + 2, 59 * 24},
		{"AAA0BBB,M1.1.4/24,M1.5.4/-24", 2026, 24, 27 * 24},
		{"<+00>0<+01>-1:00:00,M2.5.0/0,M2.1.0/167", 2026, 52 * 24, 31 * 24 + 167},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct zone_rule rule;
		int64_t begin = ((cases[i].year - 1970) * INT64_C(1461) + 1) / 4 * 24;

		ck_assert_msg(zone_rule_parse(cases[i].text, strlen(cases[i].text), &rule), "%s",
			      cases[i].text);
		ck_assert_int_eq(rule.summer_s, HOUR);
		ck_assert_int_eq(zone_change_local(&rule.to_summer, cases[i].year),
				 (begin + cases[i].to_summer) * HOUR);
		ck_assert_int_eq(zone_change_local(&rule.to_standard, cases[i].year),
				 (begin + cases[i].to_standard) * HOUR);
	}
}
END_TEST

START_TEST(what_is_no_rule_is_refused)
{
	static const char *const bad[] = {
		"",
		"C",
		"CE-1",
		"CET",
		"<CE-1",
		"<CET",
		"CET-25",
		"CET-1:60",
		"CET-1CEST",
		"CET-1CEST,M3.5.0",
		"CET-1CEST,M13.5.0,M10.5.0",
		"CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,M3.5.0/168,M10.5.0",
		"CET-1CEST,J0,J5",
		"CET-1CEST,366,5",
		"CET-1CEST,M3.5.0,M10.5.0/3x",
		"CET-0001",
	};
	struct zone_rule rule;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(!zone_rule_parse(bad[i], strlen(bad[i]), &rule), "%s", bad[i]);
}
END_TEST

START_TEST(a_file_that_is_cut_anywhere_is_refused)
{
	static const struct zone_bytes_change change = {FORWARD, HOUR};
	uint8_t bytes[ZONE_BYTES_MAX];
	size_t len = zone_bytes_make(bytes, 0, &change, 1, BERLIN);

	for (size_t cut = 0; cut < len; cut++) {
		AUTO(freep) uint8_t *exact = xcalloc(1, cut + 1);
		struct zone *zone = NULL;
		struct err err = ERR_INIT;

		memcpy(exact, bytes, cut);
		ck_assert_int_eq(zone_parse(exact, cut, &zone, &err), -1);
		ck_assert_int_eq(err.code, ERR_CORRUPT);
		ck_assert_ptr_null(zone);
	}
}
END_TEST

START_TEST(damage_is_named)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *text;
		enum err_code code;
	} cases[] = {
		{0, 'X', "it does not begin as one", ERR_CORRUPT},
		{4, 0, "its version has 32 bits only", ERR_CORRUPT},
		{54 + 28 + 3, 1, "counts leap seconds", ERR_UNSUPPORTED},
		{54 + 32, 1, "a count of its header is out of range", ERR_CORRUPT},
		{54 + 39, 0, "a count of its header is out of range", ERR_CORRUPT},
		{98, 0x7f, "a change lies outside of time", ERR_CORRUPT},
		{98 + 8 + 7, 0, "its changes do not ascend", ERR_CORRUPT},
		{98 + 16, 3, "a change is of no type", ERR_CORRUPT},
		{98 + 18, 0x10, "an offset is out of range", ERR_CORRUPT},
		{98 + 18 + 18 + 4, 'x', "the rule at its end is missing", ERR_CORRUPT},
		{98 + 18 + 18 + 5, '1', "the rule at its end is none", ERR_CORRUPT},
	};
	static const struct zone_bytes_change changes[] = {{256, HOUR}, {257, 0}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t bytes[ZONE_BYTES_MAX];
		size_t len = zone_bytes_make(bytes, 0, changes, 2, BERLIN);
		struct zone *zone = NULL;
		struct err err = ERR_INIT;

		bytes[cases[i].at] = cases[i].value;
		ck_assert_int_eq(zone_parse(bytes, len, &zone, &err), -1);
		ck_assert_msg(strstr(err.text, cases[i].text) != NULL, "%zu: %s", i, err.text);
		ck_assert_int_eq(err.code, cases[i].code);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_rule_goes_on_to_2200,
		changes_of_the_file_go_before_its_rule,
		summer_time_that_never_ends_has_no_end,
		without_a_rule_the_last_change_holds,
		a_local_time_is_found_once_or_never,
		rules_of_every_form_are_read,
		what_is_no_rule_is_refused,
		a_file_that_is_cut_anywhere_is_refused,
		damage_is_named,
	};

	return suite_run("zone", tests, ARRAY_LEN(tests));
}
