/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of a FOCUS file. Whether a file keeps the rules of the specification is asked by
 * tests/e2e/test_bill_proof.py, from the rules themselves.
 */
#include "tests/unit/store/place.h"

#include "billing/focus.h"
#include "billing/focus_private.h"
#include "billing/meter.h"
#include "core/clock.h"

#define SECOND_NS 1000000000LL
#define JAN	  1767225600LL /* 2026-01-01 */
#define PRICES                                                                                     \
	"{\"currency\":\"USD\",\"tables\":[{\"account\":\"\",\"prices\":[{\"from\":0,"             \
	"\"minimum\":1,\"x86\":[40480000,4445000,0],\"arm\":[0,0,0],\"shares\":[10000,10000],"     \
	"\"spot\":3000}]}]}"

START_TEST(numbers_are_exact_and_short)
{
	static const struct {
		int64_t value, times;
		int decimals;
		const char *text;
	} rows[] = {
		{0, 1, 9, "0"},
		{1, 1, 9, "0.000000001"},
		{-1, 1, 9, "-0.000000001"},
		{40480000, 1, 9, "0.04048"},
		{1000000000, 1, 9, "1"},
		{-2500000000, 1, 9, "-2.5"},
		{INT64_MAX, 1000000000, 18, "9223372036.854775807"},
		{INT64_MAX, INT64_MAX, 38, "0.85070591730234615847396907784232501249"},
		{120, 1, 0, "120"},
	};
	char text[FOCUS_NUMBER_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = focus_number((__int128)rows[i].value * rows[i].times, rows[i].decimals,
					  text);

		ck_assert_str_eq(text, rows[i].text);
		ck_assert_uint_eq(len, strlen(text));
	}
}
END_TEST

START_TEST(fields_and_strings_are_quoted_where_they_must)
{
	static const struct {
		const char *given, *field, *json;
	} rows[] = {
		{"plain", "plain", "\"plain\""},
		{"", "", "\"\""},
		{"a,b", "\"a,b\"", "\"a,b\""},
		{"say \"hi\"", "\"say \"\"hi\"\"\"", "\"say \\\"hi\\\"\""},
		{"two\nlines", "\"two\nlines\"", "\"two\\u000alines\""},
		{"back\\", "back\\", "\"back\\\\\""},
		{"tr\xc3\xa4umer", "tr\xc3\xa4umer", "\"tr\xc3\xa4umer\""},
	};
	AUTO(focus_text_done) struct focus_text text;

	focus_text_init(&text, FOCUS_TAGS_MAX);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		focus_text_clear(&text);
		focus_text_field(&text, rows[i].given);
		ck_assert_str_eq(focus_text_end(&text), rows[i].field);
		focus_text_clear(&text);
		focus_text_json(&text, rows[i].given);
		ck_assert_str_eq(focus_text_end(&text), rows[i].json);
	}
}
END_TEST

START_TEST(tags_are_the_tasks_and_the_providers)
{
	static const struct {
		const char *own, *all;
	} rows[] = {
		{"{}", "{\"aws:ecs:clusterName\":\"c\",\"slipway:startedBy\":\"ci\","
		       "\"slipway:taskFamily\":\"f\"}"},
		{"{\"a\":\"b\"}", "{\"aws:ecs:clusterName\":\"c\",\"slipway:startedBy\":\"ci\","
				  "\"slipway:taskFamily\":\"f\",\"a\":\"b\"}"},
		{"{\"slipway:image/m\":\"i\"}",
		 "{\"aws:ecs:clusterName\":\"c\",\"slipway:image/m\":\"i\","
		 "\"slipway:startedBy\":\"ci\",\"slipway:taskFamily\":\"f\"}"},
	};
	AUTO(focus_text_done) struct focus_text text;

	focus_text_init(&text, FOCUS_TAGS_MAX);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct charge charge = {.task = {.task = "t",
						       .cluster = "c",
						       .family = "f",
						       .group = "family:f",
						       .started_by = "ci",
						       .tags_json = rows[i].own}};
		struct err err = ERR_INIT;

		focus_text_clear(&text);
		ASSERT_OK(focus_tags(&charge, &text, &err), &err);
		ck_assert_str_eq(focus_text_end(&text), rows[i].all);
	}
}
END_TEST

START_TEST(a_row_is_one_meter_of_one_task_in_one_hour)
{
	AUTO(place_done) struct place place;
	AUTO(price_list_freep) struct price_list *prices = NULL;
	AUTO(freep) char *text = NULL;
	const struct charge_filter filter = {.until_s = JAN + 86400};
	const struct focus_options options = {.region = "eu-local-1"};
	struct task_change change = {.pull_started_ms = (JAN + 3590) * 1000};
	struct tariff tariff = {0};
	size_t len, lines = 0;
	const char *id;
	FILE *out;

	place_state(&place);
	id = place_insert(&place, 1);
	ASSERT_OK(task_update(place.db, id, &change, false, &place.err), &place.err);
	clock_fake((JAN + 3590) * 1000, SECOND_NS);
	ASSERT_OK(meter_open(place.db, id, (JAN + 3590) * 1000, &place.err), &place.err);
	clock_fake((JAN + 3610) * 1000, 21 * SECOND_NS);
	ASSERT_OK(meter_close(place.db, id, clock_wall_ms(), &place.err), &place.err);
	ASSERT_OK(price_list_parse(PRICES, &prices, &place.err), &place.err);
	tariff.prices = prices;
	out = open_memstream(&text, &len);
	ASSERT_OK(focus_write(place.db, &tariff, &filter, &options, out, &place.err), &place.err);
	ck_assert_int_eq(fclose(out), 0);
	for (const char *line = text; (line = strchr(line, '\n')); line++)
		lines++;
	ck_assert_uint_eq(lines, 1 + 2 * 2);
	ck_assert_ptr_nonnull(strstr(text, ",2026-01-01T01:00:00Z,2026-01-01T00:00:00Z,"));
	ck_assert_ptr_nonnull(strstr(text, ",2026-01-01T02:00:00Z,2026-01-01T01:00:00Z,"));
	ck_assert_ptr_nonnull(strstr(text, "Fargate-vCPU-Hours:perCPU@0.04048,"));
	ck_assert_ptr_nonnull(strstr(text, ",0.000028111,")); /* 10 s of a quarter */
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		numbers_are_exact_and_short,
		fields_and_strings_are_quoted_where_they_must,
		tags_are_the_tasks_and_the_providers,
		a_row_is_one_meter_of_one_task_in_one_hour,
	};

	return suite_run("billing/focus", tests, ARRAY_LEN(tests));
}
