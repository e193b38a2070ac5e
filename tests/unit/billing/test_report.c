/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bills: lines, sums, and what is printed, which must say the same.
 */
#include "tests/unit/store/place.h"

#include <jansson.h>

#include "billing/meter.h"
#include "billing/report.h"
#include "core/clock.h"

#define SECOND_NS 1000000000LL

#define PRICES                                                                                     \
	"{\"currency\":\"USD\",\"tables\":[{\"account\":\"\",\"prices\":[{\"from\":1,"             \
	"\"minimum\":60,\"x86\":[40480000,4445000,111000],\"arm\":[40480000,4445000,111000],"      \
	"\"shares\":[10000,10000],\"spot\":10000}]}]}"

/* Usage of @seconds from @started_ms on; it still runs if not @ended. */
static const char *hold(struct place *place, unsigned number, int64_t started_ms, int64_t seconds,
			bool ended)
{
	struct task_change change = {.pull_started_ms = started_ms};
	struct task task = place_task(place, number);

	task.storage_gib = 25;
	ASSERT_OK(task_insert(place->db, &task, &place->err), &place->err);
	ASSERT_OK(task_update(place->db, task.id, &change, false, &place->err), &place->err);
	clock_fake(started_ms, 1000 * SECOND_NS);
	ASSERT_OK(meter_open(place->db, task.id, started_ms, &place->err), &place->err);
	clock_fake(started_ms + seconds * 1000, (1000 + seconds) * SECOND_NS);
	if (ended)
		ASSERT_OK(meter_close(place->db, task.id, clock_wall_ms(), &place->err),
			  &place->err);
	return task.id;
}

static struct report make(struct place *place)
{
	AUTO(price_list_freep) struct price_list *prices = NULL;
	const struct usage_filter all = {0};
	struct report report;

	ASSERT_OK(price_list_parse(PRICES, &prices, &place->err), &place->err);
	ASSERT_OK(report_make(place->db, &all, prices, place->arena, &report, &place->err),
		  &place->err);
	return report;
}

START_TEST(a_line_is_what_its_meters_cost)
{
	AUTO(place_done) struct place place;
	const struct report_line *line;
	struct report report;

	place_state(&place);
	hold(&place, 1, 2000, 3600, true);
	report = make(&place);
	ck_assert_uint_eq(report.count, 1);
	line = &report.lines[0];
	ck_assert_int_eq(line->billed_seconds, 3600);
	ck_assert_int_eq(line->cost_nano[METER_VCPU], 10120000);
	ck_assert_int_eq(line->cost_nano[METER_MEMORY], 2222500);
	ck_assert_int_eq(line->cost_nano[METER_STORAGE], 555000);
	ck_assert_int_eq(line->total_nano, 10120000 + 2222500 + 555000);
	ck_assert_int_eq(report.total_nano, line->total_nano);
}
END_TEST

START_TEST(the_minimum_is_billed_of_a_short_task_and_of_one_that_runs)
{
	AUTO(place_done) struct place place;
	struct report report;

	place_state(&place);
	hold(&place, 1, 2000, 7, true);
	hold(&place, 2, 3000, 61, false);
	report = make(&place);
	ck_assert_int_eq(report.lines[0].usage.seconds, 7);
	ck_assert_int_eq(report.lines[0].billed_seconds, 60);
	ck_assert_int_eq(report.lines[1].usage.ended_ms, 0);
	ck_assert_int_eq(report.lines[1].billed_seconds, 61);
}
END_TEST

START_TEST(usage_before_the_first_price_is_an_error_that_names_it)
{
	AUTO(place_done) struct place place;
	AUTO(price_list_freep) struct price_list *prices = NULL;
	const struct usage_filter all = {0};
	struct report report;

	place_state(&place);
	ASSERT_OK(price_list_parse(PRICES, &prices, &place.err), &place.err);
	hold(&place, 1, 999, 7, true);
	ck_assert_int_eq(report_make(place.db, &all, prices, place.arena, &report, &place.err), -1);
	ck_assert_int_eq(place.err.code, ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(place.err.text, "00000000000000000000000000000001"));
}
END_TEST

START_TEST(random_bills_add_up_in_every_direction)
{
	AUTO(place_done) struct place place;
	struct report report;
	int64_t total = 0, by_meter = 0;

	place_state(&place);
	srandom(4711);
	ASSERT_OK(db_begin(place.db, &place.err), &place.err);
	for (unsigned i = 1; i <= 200; i++)
		hold(&place, i, 2000 + i, random() % 100000, random() % 5 != 0);
	ASSERT_OK(db_commit(place.db, &place.err), &place.err);
	report = make(&place);
	ck_assert_uint_eq(report.count, 200);
	for (size_t i = 0; i < report.count; i++) {
		int64_t line = 0;

		for (int meter = 0; meter < METER_COUNT; meter++)
			line += report.lines[i].cost_nano[meter];
		ck_assert_int_eq(line, report.lines[i].total_nano);
		total += line;
	}
	for (int meter = 0; meter < METER_COUNT; meter++)
		by_meter += report.meter_nano[meter];
	ck_assert_int_eq(total, report.total_nano);
	ck_assert_int_eq(by_meter, report.total_nano);
}
END_TEST

typedef int print_fn(const struct report *report, FILE *out, struct err *err);

static const char *printed(struct place *place, const struct report *report, print_fn *print)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const char *copy;

	ASSERT_OK(print(report, out, &place->err), &place->err);
	ck_assert_int_eq(fclose(out), 0);
	copy = arena_strdup(place->arena, text);
	free(text);
	return copy;
}

START_TEST(the_table_shows_each_task_and_the_total)
{
	AUTO(place_done) struct place place;
	struct report report;
	const char *text;

	place_state(&place);
	hold(&place, 1, 2000, 3600, true);
	hold(&place, 2, 3000, 100, false);
	report = make(&place);
	text = printed(&place, &report, report_print_table);
	ck_assert_ptr_nonnull(strstr(text, "00000000000000000000000000000001  web     1970-01-01T"
					   "00:00:02Z       3600    0.25      512        5"
					   "       0.012897500\n"));
	ck_assert_ptr_nonnull(strstr(text, "  100+"));
	ck_assert_ptr_nonnull(strstr(text, "2 tasks, total 0.013255764 USD"));
	ck_assert_ptr_nonnull(strstr(text, "still running"));
	ck_assert_ptr_null(strstr(text, "checkpoint"));
	report.count = 1;
	text = printed(&place, &report, report_print_task);
	ck_assert_ptr_nonnull(strstr(text, "0.010120000 USD"));
	ck_assert_ptr_nonnull(strstr(text, "0.012897500 USD"));
}
END_TEST

START_TEST(json_says_the_same_exactly)
{
	AUTO(place_done) struct place place;
	AUTO(json_decrefp) json_t *json = NULL;
	const char *started, *cost, *total, *currency;
	struct report report;
	const json_t *first;
	int running, estimated;

	place_state(&place);
	hold(&place, 1, 2000, 3600, true);
	hold(&place, 2, 3000, 100, false);
	report = make(&place);
	json = json_loads(printed(&place, &report, report_print_json), 0, NULL);
	ck_assert_ptr_nonnull(json);
	ck_assert_int_eq(json_unpack(json, "{s:s, s:s}", "currency", &currency, "total", &total),
			 0);
	ck_assert_str_eq(total, "0.013255764");
	first = json_array_get(json_object_get(json, "tasks"), 0);
	ck_assert_int_eq(json_unpack((json_t *)(uintptr_t)first, "{s:s, s:s, s:b, s:b}",
				     "startedAt", &started, "cost", &cost, "running", &running,
				     "estimated", &estimated),
			 0);
	ck_assert_str_eq(started, "1970-01-01T00:00:02.000Z");
	ck_assert_str_eq(cost, "0.012897500");
	ck_assert(!running && !estimated);
	ck_assert_uint_eq(json_array_size(json_object_get(first, "meters")), 3);
	ck_assert(json_is_null(
		json_object_get(json_array_get(json_object_get(json, "tasks"), 1), "endedAt")));
}
END_TEST

START_TEST(a_bill_that_cannot_be_written_is_an_error)
{
	AUTO(place_done) struct place place;
	struct report report;
	FILE *full = fopen("/dev/full", "w");

	place_state(&place);
	hold(&place, 1, 2000, 3600, true);
	report = make(&place);
	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(report_print_table(&report, full, &place.err), -1);
	ck_assert_int_eq(place.err.code, ERR_NO_SPACE);
	(void)fclose(full);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_line_is_what_its_meters_cost,
		the_minimum_is_billed_of_a_short_task_and_of_one_that_runs,
		usage_before_the_first_price_is_an_error_that_names_it,
		random_bills_add_up_in_every_direction,
		the_table_shows_each_task_and_the_total,
		json_says_the_same_exactly,
		a_bill_that_cannot_be_written_is_an_error,
	};

	return suite_run("billing/report", tests, ARRAY_LEN(tests));
}
