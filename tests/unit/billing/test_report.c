/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports: whatever form they have, they say the same numbers, which add up.
 */
#include "tests/unit/billing/bills.h"

#include <jansson.h>

#include "billing/report_line.h"
#include "billing/selection.h"

static int table_plain(const struct report *report, FILE *out, struct err *err)
{
	const struct report_look look = {.columns = 110};

	return report_table(report, &look, out, err);
}

static int table_narrow(const struct report *report, FILE *out, struct err *err)
{
	const struct report_look look = {.columns = 60, .utf8 = true};

	return report_table(report, &look, out, err);
}

static int table_tiny(const struct report *report, FILE *out, struct err *err)
{
	const struct report_look look = {.columns = 40};

	return report_table(report, &look, out, err);
}

/* --- lines --- */

struct line_sum {
	size_t count;
	int64_t total_nano, meter_nano[METER_COUNT];
	struct report_line last;
	int64_t last_seconds;
};

static int add_line(void *ctx, const struct report_line *line, struct err *err)
{
	struct line_sum *sum = ctx;
	int64_t total = 0;

	(void)err;
	for (int meter = 0; meter < METER_COUNT; meter++) {
		total += line->meter_nano[meter];
		sum->meter_nano[meter] += line->meter_nano[meter];
	}
	ck_assert_int_eq(total, line->total_nano);
	sum->total_nano += total;
	sum->count++;
	sum->last = *line;
	sum->last_seconds = line->charge->seconds;
	return 0;
}

static struct line_sum lines(struct bills *bills)
{
	struct line_sum sum = {0};
	int64_t total;

	ASSERT_OK(report_each_line(&bills->report, add_line, &sum, &total, &bills->place.err),
		  &bills->place.err);
	ck_assert_int_eq(total, sum.total_nano);
	return sum;
}

START_TEST(a_line_is_what_its_meters_cost)
{
	AUTO(bills_done) struct bills bills;
	struct line_sum sum;

	bills_init(&bills);
	bills_hold(&bills, &(struct bills_task){.number = 1, .from_s = JAN, .seconds = 3600});
	sum = lines(&bills);
	ck_assert_uint_eq(sum.count, 1);
	ck_assert_int_eq(sum.last.billed_seconds, 3600);
	ck_assert_int_eq(sum.last.period_seconds, 3600);
	ck_assert_int_eq(sum.last.meter_nano[METER_VCPU], 10120000);
	ck_assert_int_eq(sum.last.meter_nano[METER_MEMORY], 2222500);
	ck_assert_int_eq(sum.last.meter_nano[METER_STORAGE], 555000);
}
END_TEST

START_TEST(the_minimum_is_billed_of_a_short_task_and_of_one_that_runs)
{
	static const struct {
		int64_t seconds, billed;
		bool runs;
	} rows[] = {{7, 60, false}, {7, 60, true}, {59, 60, false}, {61, 61, true}, {0, 0, true}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(bills_done) struct bills bills;
		struct line_sum sum;

		bills_init(&bills);
		bills_hold(&bills, &(struct bills_task){.number = 1,
							.from_s = JAN,
							.seconds = rows[i].seconds,
							.runs = rows[i].runs});
		sum = lines(&bills);
		ck_assert_uint_eq(sum.count, 1);
		ck_assert_int_eq(sum.last_seconds, rows[i].seconds);
		ck_assert_int_eq(sum.last.billed_seconds, rows[i].billed);
	}
}
END_TEST

START_TEST(a_period_has_its_part_of_a_task_and_the_minimum_behind_it)
{
	static const struct {
		int64_t from_s, until_s;
		size_t count;
		int64_t seconds;
	} rows[] = {
		{JAN, JAN + HOUR, 1, 50},
		{JAN + HOUR, JAN + 2 * HOUR, 1, 3550},
		{JAN + 2 * HOUR, REPORT_OPEN_S, 0, 0},
		{0, JAN + HOUR - 50, 0, 0},
	};
	AUTO(bills_done) struct bills bills;
	struct line_sum sum;

	bills_init(&bills);
	bills_hold(&bills,
		   &(struct bills_task){.number = 1, .from_s = JAN + HOUR - 50, .seconds = 3600});
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bills.filter.from_s = rows[i].from_s;
		bills.filter.until_s = rows[i].until_s;
		sum = lines(&bills);
		ck_assert_uint_eq(sum.count, rows[i].count);
		ck_assert(rows[i].count == 0 || sum.last.period_seconds == rows[i].seconds);
	}
	/* Ten seconds were held, and sixty are billed: the rest in the next hour. */
	bills_hold(&bills,
		   &(struct bills_task){.number = 2, .from_s = JAN + 5 * HOUR - 20, .seconds = 10});
	bills.filter.from_s = JAN + 5 * HOUR;
	bills.filter.until_s = JAN + 6 * HOUR;
	sum = lines(&bills);
	ck_assert_int_eq(sum.last.period_seconds, 40);
}
END_TEST

START_TEST(usage_before_the_first_price_is_an_error_that_names_it)
{
	AUTO(bills_done) struct bills bills;
	struct line_sum sum = {0};
	int64_t total;

	bills_init(&bills);
	bills_hold(&bills, &(struct bills_task){.number = 1, .from_s = 999, .seconds = 7});
	ck_assert_int_eq(report_each_line(&bills.report, add_line, &sum, &total, &bills.place.err),
			 -1);
	ck_assert_int_eq(bills.place.err.code, ERR_NOT_FOUND);
	ASSERT_HAS(bills.place.err.text, "00000000000000000000000000000001");
}
END_TEST

static int64_t summed(struct bills *bills, enum cost_grain grain, enum summary_key key)
{
	struct summary_question question = bills->report.question;
	struct summary summary;
	int64_t total = 0;

	question.grain = grain;
	question.groups[0].key = key;
	question.group_count = 1;
	ASSERT_OK(summary_make(bills->place.db, &bills->tariff, &question, bills->place.arena,
			       &summary, &bills->place.err),
		  &bills->place.err);
	for (size_t i = 0; i < summary.count; i++)
		total += summary.rows[i].total_nano;
	ck_assert_int_eq(total, summary.total.total_nano);
	return total;
}

START_TEST(random_bills_add_up_in_every_direction)
{
	AUTO(bills_done) struct bills bills;
	int64_t by_meter = 0;
	struct line_sum sum;

	bills_init(&bills);
	srandom(4711);
	ASSERT_OK(db_begin(bills.place.db, &bills.place.err), &bills.place.err);
	for (unsigned i = 1; i <= 200; i++)
		bills_hold(&bills, &(struct bills_task){.number = i,
							.from_s = JAN + random() % (60 * DAY),
							.seconds = random() % 100000,
							.family = i % 3 ? "web" : "etl"});
	ASSERT_OK(db_commit(bills.place.db, &bills.place.err), &bills.place.err);
	sum = lines(&bills);
	ck_assert_uint_eq(sum.count, 200);
	for (int meter = 0; meter < METER_COUNT; meter++)
		by_meter += sum.meter_nano[meter];
	ck_assert_int_eq(by_meter, sum.total_nano);
	for (enum cost_grain grain = COST_WHOLE; grain <= COST_MONTHS; grain++) {
		ck_assert_int_eq(summed(&bills, grain, SUMMARY_FAMILY), sum.total_nano);
		ck_assert_int_eq(summed(&bills, grain, SUMMARY_USAGE_TYPE), sum.total_nano);
	}
}
END_TEST

/* --- forms --- */

static void hold_two(struct bills *bills)
{
	bills_init(bills);
	bills_hold(bills, &(struct bills_task){.number = 1, .from_s = JAN, .seconds = 3600});
	bills_hold(bills, &(struct bills_task){.number = 2,
					       .from_s = JAN + 10,
					       .seconds = 100,
					       .runs = true,
					       .family = "etl",
					       .cluster = "batch",
					       .tags = "{\"team\":\"blue\"}"});
}

START_TEST(the_table_shows_each_task_and_the_total)
{
	AUTO(bills_done) struct bills bills;
	const char *text;

	hold_two(&bills);
	text = bills_written(&bills, table_plain);
	ASSERT_HAS(text, "00000000000000000000000000000001  web                       "
			 "2026-01-01T00:00:00Z      3600     0.25      512        5       "
			 "0.012897500\n");
	ASSERT_HAS(text, "  100+");
	ASSERT_HAS(text, "2 tasks, total 0.013255764 USD\n");
	ASSERT_HAS(text, "still running");
	ASSERT_LACKS(text, "checkpoint");
}
END_TEST

START_TEST(sums_have_bars_as_long_as_their_part_of_the_largest)
{
	AUTO(bills_done) struct bills bills;
	const char *text;

	hold_two(&bills);
	bills.report.question.groups[0].key = SUMMARY_FAMILY;
	bills.report.question.group_count = 1;
	text = bills_written(&bills, table_plain);
	ASSERT_HAS(text, "family     TASKS    VCPU HOURS     GB HOURS              COST\n");
	ASSERT_HAS(text, "etl            1+       0.0069       0.0139       0.000358264  #\n");
	ASSERT_HAS(text, "web            1          0.25          0.5       0.012897500"
			 "  ########################################\n");
	ASSERT_HAS(text, "2 tasks, total 0.013255764 USD\n");
	/* Narrow ones do without hours, then without bars. */
	text = bills_written(&bills, table_narrow);
	ASSERT_HAS(text, "web            1        0.012897500  ███████████████████████\n");
	ASSERT_HAS(text, "etl            1+       0.000358264  ▋\n");
	text = bills_written(&bills, table_tiny);
	ASSERT_HAS(text, "web            1        0.012897500\n");
}
END_TEST

START_TEST(a_table_by_time_and_key_names_both)
{
	AUTO(bills_done) struct bills bills;
	const char *text;

	hold_two(&bills);
	bills.report.question.grain = COST_DAYS;
	bills.report.question.groups[0] = (struct summary_group){SUMMARY_TAG, "team"};
	bills.report.question.group_count = 1;
	text = bills_written(&bills, table_plain);
	ASSERT_HAS(text, "FROM        tag:team ");
	ASSERT_HAS(text, "2026-01-01  blue     ");
	ASSERT_HAS(text, "2026-01-01  -        ");
}
END_TEST

START_TEST(names_do_not_move_the_cursor)
{
	AUTO(bills_done) struct bills bills;
	const char *text;

	bills_init(&bills);
	bills_hold(&bills, &(struct bills_task){.number = 1,
						.from_s = JAN,
						.seconds = 9,
						.tags = "{\"t\":\"a\\u001b[2Jb\\u0085c\\u202ed"
							"\\u00fc\"}"});
	bills.report.question.groups[0] = (struct summary_group){SUMMARY_TAG, "t"};
	bills.report.question.group_count = 1;
	text = bills_written(&bills, table_narrow);
	ASSERT_HAS(text, "a?[2Jb?c?dü ");
	text = bills_written(&bills, table_plain);
	ASSERT_HAS(text, "a?[2Jb?c?d? ");
}
END_TEST

START_TEST(json_says_the_same_exactly)
{
	AUTO(bills_done) struct bills bills;
	AUTO(json_decrefp) json_t *json = NULL;
	const char *started, *cost, *total, *currency, *team;
	const json_t *first, *second;
	int running, estimated;

	hold_two(&bills);
	json = json_loads(bills_written(&bills, report_json), 0, NULL);
	ck_assert_ptr_nonnull(json);
	ck_assert_int_eq(json_unpack(json, "{s:s, s:s}", "currency", &currency, "total", &total),
			 0);
	ck_assert_str_eq(total, "0.013255764");
	ck_assert(json_is_null(json_object_get(json, "until")));
	first = json_array_get(json_object_get(json, "tasks"), 0);
	ck_assert_int_eq(json_unpack((json_t *)(uintptr_t)first, "{s:s, s:s, s:b, s:b}",
				     "startedAt", &started, "cost", &cost, "running", &running,
				     "estimated", &estimated),
			 0);
	ck_assert_str_eq(started, "2026-01-01T00:00:00Z");
	ck_assert_str_eq(cost, "0.012897500");
	ck_assert(!running && !estimated);
	ck_assert_uint_eq(json_array_size(json_object_get(first, "meters")), 3);
	second = json_array_get(json_object_get(json, "tasks"), 1);
	ck_assert(json_is_null(json_object_get(second, "endedAt")));
	ck_assert_int_eq(
		json_unpack((json_t *)(uintptr_t)second, "{s:{s:s}}", "tags", "team", &team), 0);
	ck_assert_str_eq(team, "blue");
}
END_TEST

START_TEST(json_of_sums_has_a_row_each)
{
	AUTO(bills_done) struct bills bills;
	AUTO(json_decrefp) json_t *json = NULL;
	const char *from, *key, *cost, *hours;

	hold_two(&bills);
	bills.report.question.grain = COST_HOURS;
	bills.report.question.groups[0].key = SUMMARY_CLUSTER;
	bills.report.question.group_count = 1;
	json = json_loads(bills_written(&bills, report_json), 0, NULL);
	ck_assert_ptr_nonnull(json);
	ck_assert_int_eq(json_unpack(json, "{s:[{s:s, s:{s:s}, s:[{s:s}, {}, {}], s:s}, {}]}",
				     "rows", "from", &from, "keys", "cluster", &key, "meters",
				     "hours", &hours, "cost", &cost),
			 0);
	ck_assert_str_eq(from, "2026-01-01T00:00:00Z");
	ck_assert_str_eq(key, "batch");
	ck_assert_str_eq(hours, "0.006944444444");
	ck_assert_str_eq(cost, "0.000358264");
}
END_TEST

START_TEST(csv_quotes_what_has_to_be_quoted)
{
	AUTO(bills_done) struct bills bills;
	const char *text;

	hold_two(&bills);
	text = bills_written(&bills, report_csv);
	ASSERT_HAS(text, ",batch,etl,,,X86_64,On Demand,\"{\"\"team\"\":\"\"blue\"\"}\",");
	ASSERT_HAS(text, ",2026-01-01T00:00:10Z,,100,100,100,true,false,,0.25,512,5,");
	ASSERT_HAS(text, ",0.010120000,0.002222500,0.000555000,0.012897500,USD\r\n");
	bills_hold(&bills,
		   &(struct bills_task){
			   .number = 3, .from_s = JAN, .seconds = 1, .tags = "{\"t\":\"=1+1\"}"});
	bills.report.question.groups[0] = (struct summary_group){SUMMARY_TAG, "t"};
	bills.report.question.group_count = 1;
	text = bills_written(&bills, report_csv);
	ASSERT_HAS(text, "from,until,tag:t,tasks,");
	ASSERT_HAS(text, ",,\"'=1+1\",1,");
}
END_TEST

START_TEST(usage_types_are_told_by_the_hour)
{
	AUTO(bills_done) struct bills bills;
	const char *text;

	bills_init(&bills);
	bills_hold(&bills,
		   &(struct bills_task){.number = 1, .from_s = JAN + HOUR - 900, .seconds = 1800});
	text = bills_written(&bills, report_usage_types);
	ASSERT_HAS(text,
		   ",2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,AmazonECS,"
		   "Fargate-vCPU-Hours:perCPU,arn:aws:ecs:us-east-1:111122223333:task/default/"
		   "00000000000000000000000000000001,0.0625,vCPU-Hours,0.002530000,USD\r\n");
	ASSERT_HAS(text, ",2026-01-01T01:00:00Z,2026-01-01T02:00:00Z,AmazonECS,"
			 "Fargate-EphemeralStorage-GB-Hours,");
}
END_TEST

START_TEST(a_selection_is_of_the_lines_and_of_the_sums)
{
	AUTO(bills_done) struct bills bills;
	struct selection selection = {.clusters = {{"batch"}, 1}};

	hold_two(&bills);
	bills.report.question.wanted = selection_wants;
	bills.report.question.ctx = &selection;
	ck_assert_uint_eq(lines(&bills).count, 1);
	ck_assert_int_eq(lines(&bills).total_nano, 358264);
	ck_assert_int_eq(summed(&bills, COST_HOURS, SUMMARY_TASK), 358264);
	ASSERT_LACKS(bills_written(&bills, report_usage_types), "task/default");
}
END_TEST

START_TEST(a_bill_that_cannot_be_written_is_an_error)
{
	static bills_form *const forms[] = {table_plain, report_json, report_csv,
					    report_usage_types, report_html};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		AUTO(bills_done) struct bills bills;
		FILE *full = fopen("/dev/full", "w");

		hold_two(&bills);
		ck_assert_ptr_nonnull(full);
		ck_assert_int_eq(forms[i](&bills.report, full, &bills.place.err), -1);
		ck_assert_int_eq(bills.place.err.code, ERR_NO_SPACE);
		(void)fclose(full);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_line_is_what_its_meters_cost,
		the_minimum_is_billed_of_a_short_task_and_of_one_that_runs,
		a_period_has_its_part_of_a_task_and_the_minimum_behind_it,
		usage_before_the_first_price_is_an_error_that_names_it,
		random_bills_add_up_in_every_direction,
		the_table_shows_each_task_and_the_total,
		sums_have_bars_as_long_as_their_part_of_the_largest,
		a_table_by_time_and_key_names_both,
		names_do_not_move_the_cursor,
		json_says_the_same_exactly,
		json_of_sums_has_a_row_each,
		csv_quotes_what_has_to_be_quoted,
		usage_types_are_told_by_the_hour,
		a_selection_is_of_the_lines_and_of_the_sums,
		a_bill_that_cannot_be_written_is_an_error,
	};

	return suite_run("billing/report", tests, ARRAY_LEN(tests));
}
