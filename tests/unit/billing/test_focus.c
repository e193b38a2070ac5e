/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of a FOCUS file. Whether a file keeps the rules of the specification is asked by
 * tests/e2e/test_bill_proof.py, from the rules themselves.
 */
#include "tests/unit/store/place.h"

#include <stdlib.h>

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

/* --- fields --- */

static const struct charge spot = {
	.task = {.task = "t1",
		 .account = "123456789012",
		 .cluster = "c",
		 .family = "f,\"x\"",
		 .revision = 7,
		 .group = "family:f",
		 .started_by = "",
		 .architecture = "ARM64",
		 .spot = true,
		 .tags_json = "{}"},
	.quantity = {[METER_VCPU] = 250, [METER_MEMORY] = 512},
};
static const struct focus_options usual_options = {.region = "eu-local-1"};

struct rig {
	struct place place;
	struct focus_fields fields;
};

static void rig_init(struct rig *rig, const struct focus_options *options)
{
	place_state(&rig->place);
	ASSERT_OK(focus_fields_init(&rig->fields, rig->place.db, options, "USD", &rig->place.err),
		  &rig->place.err);
}

static void rig_done(struct rig *rig)
{
	focus_fields_done(&rig->fields);
	place_done(&rig->place);
}

static void assert_field(struct rig *rig, enum focus_source source, const char *expected)
{
	const struct focus_text *text = rig->fields.now[source];

	ck_assert_msg(text->len == strlen(expected) &&
			      memcmp(text->bytes, expected, text->len) == 0,
		      "%.*s is not %s", (int)text->len, text->bytes, expected);
}

START_TEST(costs_are_exactly_price_times_quantity_and_spot_is_a_discount)
{
	AUTO(rig_done) struct rig rig;
	const struct cost_piece piece = {
		.meter = METER_VCPU,
		.from_s = JAN,
		.until_s = JAN + 10,
		.amount = 250 * 10,
		.cost_nano = 6746,
		.rate = {.list_nano = 32380000, .share = 3 * PRICE_WHOLE / 10}};

	rig_init(&rig, &usual_options);
	ASSERT_OK(focus_fields_charge(&rig.fields, &spot, &rig.place.err), &rig.place.err);
	focus_fields_piece(&rig.fields, &spot, &piece);
	assert_field(&rig, FOCUS_RESOURCE_ID, "arn:aws:ecs:eu-local-1:123456789012:task/c/t1");
	assert_field(&rig, FOCUS_RESOURCE_NAME, "\"f,\"\"x\"\":7\"");
	assert_field(&rig, FOCUS_DESCRIPTION, "0.25 vCPU of a task");
	assert_field(&rig, FOCUS_QUANTITY, "0.000694444444");
	assert_field(&rig, FOCUS_LIST_PRICE, "0.03238");
	assert_field(&rig, FOCUS_CONTRACTED_PRICE, "0.009714");
	assert_field(&rig, FOCUS_LIST_COST, "0.00002248611109672");
	assert_field(&rig, FOCUS_CONTRACTED_COST, "0.000006745833329016");
	assert_field(&rig, FOCUS_COST, "0.000006746");
	assert_field(&rig, FOCUS_CATEGORY, "Dynamic");
	assert_field(&rig, FOCUS_SKU_PRICE, "SpotUsage-Fargate-ARM-vCPU-Hours:perCPU@0.009714");
	assert_field(
		&rig, FOCUS_SKU_DETAILS,
		"\"{\"\"OperatingSystem\"\":\"\"Linux\"\",\"\"x_Architecture\"\":\"\"ARM64\"\"}\"");
	assert_field(&rig, FOCUS_INVOICE, "SLIPWAY-2026-01-123456789012");
	assert_field(&rig, FOCUS_PERIOD_END, "2026-02-01T00:00:00Z");
}
END_TEST

START_TEST(a_new_price_another_hour_and_another_account_change_their_texts)
{
	AUTO(rig_done) struct rig rig;
	struct charge charge = spot;
	struct cost_piece piece = {.meter = METER_MEMORY,
				   .from_s = JAN,
				   .amount = 512 * 3600,
				   .rate = {.list_nano = 4445000, .share = PRICE_WHOLE}};

	rig_init(&rig, &usual_options);
	ASSERT_OK(focus_fields_charge(&rig.fields, &charge, &rig.place.err), &rig.place.err);
	focus_fields_piece(&rig.fields, &charge, &piece);
	assert_field(&rig, FOCUS_LIST_COST, "0.0022225");
	assert_field(&rig, FOCUS_CONTRACTED_COST, "0.0022225");
	piece.rate.list_nano = 5000000;
	piece.from_s = JAN + 31 * 86400 + 7200;
	charge.task.account = "210987654321";
	ASSERT_OK(focus_fields_charge(&rig.fields, &charge, &rig.place.err), &rig.place.err);
	focus_fields_piece(&rig.fields, &charge, &piece);
	assert_field(&rig, FOCUS_LIST_PRICE, "0.005");
	assert_field(&rig, FOCUS_LIST_COST, "0.0025");
	assert_field(&rig, FOCUS_HOUR_START, "2026-02-01T02:00:00Z");
	assert_field(&rig, FOCUS_HOUR_END, "2026-02-01T03:00:00Z");
	assert_field(&rig, FOCUS_PERIOD_START, "2026-02-01T00:00:00Z");
	assert_field(&rig, FOCUS_INVOICE, "SLIPWAY-2026-02-210987654321");
	assert_field(&rig, FOCUS_ACCOUNT, "210987654321");
}
END_TEST

START_TEST(a_correction_gives_back_and_has_no_price)
{
	AUTO(rig_done) struct rig rig;
	const struct cost_piece piece = {
		.meter = METER_VCPU,
		.from_s = JAN,
		.amount = -250 * 7200,
		.cost_nano = -4857000,
		.rate = {.list_nano = 32380000, .share = 3 * PRICE_WHOLE / 10},
		.correction = true};
	struct cost_piece after = piece;

	rig_init(&rig, &usual_options);
	ASSERT_OK(focus_fields_charge(&rig.fields, &spot, &rig.place.err), &rig.place.err);
	focus_fields_piece(&rig.fields, &spot, &piece);
	assert_field(&rig, FOCUS_CLASS, "Correction");
	assert_field(&rig, FOCUS_COST, "-0.004857");
	assert_field(&rig, FOCUS_LIST_COST, "-0.004857");
	assert_field(&rig, FOCUS_CONTRACTED_COST, "-0.004857");
	assert_field(&rig, FOCUS_QUANTITY, "-0.5");
	assert_field(&rig, FOCUS_LIST_PRICE, "");
	assert_field(&rig, FOCUS_CONTRACTED_PRICE, "");
	after.correction = false;
	after.amount = 250 * 3600;
	focus_fields_piece(&rig.fields, &spot, &after);
	assert_field(&rig, FOCUS_CLASS, "");
	assert_field(&rig, FOCUS_LIST_PRICE, "0.03238");
	assert_field(&rig, FOCUS_LIST_COST, "0.008095");
}
END_TEST

START_TEST(doubles_are_the_product_that_a_reader_of_doubles_finds)
{
	AUTO(rig_done) struct rig rig;
	const struct focus_options options = {.region = "eu-local-1", .doubles = true};
	struct cost_piece piece = {.meter = METER_VCPU,
				   .from_s = JAN,
				   .rate = {.list_nano = 40480000, .share = PRICE_WHOLE / 3}};
	int others = 0;

	rig_init(&rig, &options);
	ASSERT_OK(focus_fields_charge(&rig.fields, &spot, &rig.place.err), &rig.place.err);
	for (int seconds = 1; seconds <= 3600; seconds += 7) {
		char cost[64], quantity[64];
		const struct focus_text *text;
		double product;

		piece.amount = 250LL * seconds;
		focus_fields_piece(&rig.fields, &spot, &piece);
		text = rig.fields.now[FOCUS_QUANTITY];
		(void)snprintf(quantity, sizeof(quantity), "%.*s", (int)text->len, text->bytes);
		text = rig.fields.now[FOCUS_LIST_COST];
		(void)snprintf(cost, sizeof(cost), "%.*s", (int)text->len, text->bytes);
		product = strtod("0.04048", NULL) * strtod(quantity, NULL);
		ck_assert(memcmp(&product, &(double){strtod(cost, NULL)}, sizeof(product)) == 0);
		others += strlen(cost) > strlen("0.00001011999999352");
	}
	ck_assert_int_gt(others, 0); /* it does make a difference */
}
END_TEST

START_TEST(tags_without_end_are_an_error_that_names_the_task)
{
	AUTO(rig_done) struct rig rig;
	AUTO(freep) char *tags = xcalloc(1, 2 * FOCUS_TAGS_MAX);
	struct charge charge = spot;

	memset(tags, 'x', 2 * FOCUS_TAGS_MAX - 1);
	memcpy(tags, "{\"a\":\"", 6);
	memcpy(tags + 2 * FOCUS_TAGS_MAX - 3, "\"}", 3);
	charge.task.tags_json = tags;
	rig_init(&rig, &usual_options);
	ASSERT_FAILS(focus_fields_charge(&rig.fields, &charge, &rig.place.err), ERR_LIMIT,
		     &rig.place.err);
	charge.task.tags_json = "{}"; /* the next one is not harmed */
	ASSERT_OK(focus_fields_charge(&rig.fields, &charge, &rig.place.err), &rig.place.err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		numbers_are_exact_and_short,
		fields_and_strings_are_quoted_where_they_must,
		tags_are_the_tasks_and_the_providers,
		a_row_is_one_meter_of_one_task_in_one_hour,
		costs_are_exactly_price_times_quantity_and_spot_is_a_discount,
		a_new_price_another_hour_and_another_account_change_their_texts,
		a_correction_gives_back_and_has_no_price,
		doubles_are_the_product_that_a_reader_of_doubles_finds,
		tags_without_end_are_an_error_that_names_the_task,
	};

	return suite_run("billing/focus", tests, ARRAY_LEN(tests));
}
