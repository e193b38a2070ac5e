/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums by keys and time, and the names and hours that they are told with.
 */
#include "tests/unit/store/place.h"

#include "billing/meter.h"
#include "billing/summary.h"
#include "billing/usage_type.h"
#include "core/clock.h"

#define SECOND_NS 1000000000LL
#define HOUR	  3600LL
#define JAN	  1767225600LL /* 2026-01-01 */
#define PRICES                                                                                     \
	"{\"currency\":\"USD\",\"tables\":[{\"account\":\"\",\"prices\":[{\"from\":0,"             \
	"\"minimum\":1,\"x86\":[3600000,0,0],\"arm\":[3600000,0,0],\"shares\":[10000,10000],"      \
	"\"spot\":5000}]}]}"

/* One vCPU: a thousand billionths a second. */
static void hold(struct place *place, unsigned number, const char *family, int64_t from_s,
		 int64_t seconds)
{
	struct task_change change = {.pull_started_ms = from_s * 1000};
	struct task task = place_task(place, number);

	task.cpu_units = 1024;
	task.family = family;
	task.capacity_provider = number % 2 ? "FARGATE_SPOT" : "FARGATE";
	ASSERT_OK(task_insert(place->db, &task, &place->err), &place->err);
	ASSERT_OK(task_update(place->db, task.id, &change, false, &place->err), &place->err);
	clock_fake(from_s * 1000, from_s * SECOND_NS);
	ASSERT_OK(meter_open(place->db, task.id, from_s * 1000, &place->err), &place->err);
	clock_fake((from_s + seconds) * 1000, (from_s + seconds) * SECOND_NS);
	ASSERT_OK(meter_close(place->db, task.id, clock_wall_ms(), &place->err), &place->err);
}

static void fill(struct place *place)
{
	place_state(place);
	hold(place, 2, "web", JAN + HOUR - 10, 20);
	hold(place, 4, "web", JAN + 5, 5);
	hold(place, 6, "etl", JAN + 2 * HOUR, 7);
	hold(place, 7, "etl", JAN + 2 * HOUR, 100); /* spot: half */
}

static int ask(struct place *place, const struct summary_question *question,
	       struct summary *ret_summary)
{
	AUTO(price_list_freep) struct price_list *prices = NULL;
	struct tariff tariff = {0};

	ASSERT_OK(price_list_parse(PRICES, &prices, &place->err), &place->err);
	tariff.prices = prices;
	return summary_make(place->db, &tariff, question, place->arena, ret_summary, &place->err);
}

START_TEST(sums_are_by_hour_and_key_and_add_up)
{
	static const struct {
		int64_t from_s, nano;
		const char *family, *purchase;
	} rows[] = {
		{JAN, 15000, "web", "On Demand"},
		{JAN + HOUR, 10000, "web", "On Demand"},
		{JAN + 2 * HOUR, 7000, "etl", "On Demand"},
		{JAN + 2 * HOUR, 50000, "etl", "Spot"},
	};
	const struct charge_filter filter = {.from_s = JAN, .until_s = JAN + 24 * HOUR};
	const struct summary_question question = {
		.filter = &filter,
		.grain = COST_HOURS,
		.groups = {{.key = SUMMARY_FAMILY}, {.key = SUMMARY_PURCHASE}},
		.group_count = 2};
	AUTO(place_done) struct place place;
	struct summary summary;

	fill(&place);
	ASSERT_OK(ask(&place, &question, &summary), &place.err);
	ck_assert_uint_eq(summary.count, ARRAY_LEN(rows));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ck_assert_int_eq(summary.rows[i].from_s, rows[i].from_s);
		ck_assert_int_eq(summary.rows[i].until_s, rows[i].from_s + HOUR);
		ck_assert_str_eq(summary.rows[i].keys[0], rows[i].family);
		ck_assert_str_eq(summary.rows[i].keys[1], rows[i].purchase);
		ck_assert_int_eq(summary.rows[i].total_nano, rows[i].nano);
	}
	ck_assert_int_eq(summary.rows[0].tasks, 2);
	ck_assert_int_eq(summary.total.total_nano, 82000);
	ck_assert_int_eq(summary.total.tasks, 4);
	ck_assert(summary.total.amount[METER_VCPU] == 1000 * (20 + 5 + 7 + 100));
}
END_TEST

static bool is_web(void *ctx, const struct charge *charge, enum meter meter)
{
	(void)ctx;
	return meter == METER_VCPU && strcmp(charge->task.family, "web") == 0;
}

START_TEST(what_is_not_wanted_or_not_of_the_period_is_left_out)
{
	struct charge_filter filter = {.from_s = JAN, .until_s = JAN + HOUR};
	struct summary_question question = {.filter = &filter, .wanted = is_web};
	AUTO(place_done) struct place place;
	struct summary summary;

	fill(&place);
	ASSERT_OK(ask(&place, &question, &summary), &place.err);
	ck_assert_uint_eq(summary.count, 1);
	ck_assert_int_eq(summary.total.total_nano, 15000);
	ck_assert_int_eq(summary.total.meter_nano[METER_MEMORY], 0);
	filter.from_s = JAN + 10 * HOUR;
	filter.until_s = JAN + 11 * HOUR;
	ASSERT_OK(ask(&place, &question, &summary), &place.err);
	ck_assert_uint_eq(summary.count, 0);
	ck_assert_int_eq(summary.total.total_nano, 0);
}
END_TEST

START_TEST(rows_have_a_limit)
{
	const struct charge_filter filter = {.until_s = JAN + 24 * HOUR};
	struct summary_question question = {.filter = &filter,
					    .groups = {{.key = SUMMARY_TASK}},
					    .group_count = 1,
					    .row_limit = 4};
	AUTO(place_done) struct place place;
	struct summary summary;

	fill(&place);
	ASSERT_OK(ask(&place, &question, &summary), &place.err);
	ck_assert_uint_eq(summary.count, 4);
	question.row_limit = 3;
	ASSERT_FAILS(ask(&place, &question, &summary), ERR_LIMIT, &place.err);
}
END_TEST

START_TEST(many_rows_are_all_found_again)
{
	const struct charge_filter filter = {.until_s = JAN + 24 * HOUR};
	const struct summary_question question = {
		.filter = &filter, .groups = {{.key = SUMMARY_TASK}}, .group_count = 1};
	AUTO(place_done) struct place place;
	struct summary summary;

	place_state(&place);
	ASSERT_OK(db_begin(place.db, &place.err), &place.err);
	for (unsigned i = 1; i <= 1000; i++)
		hold(&place, 2 * i, "f", JAN, 1);
	ASSERT_OK(db_commit(place.db, &place.err), &place.err);
	ASSERT_OK(ask(&place, &question, &summary), &place.err);
	ck_assert_uint_eq(summary.count, 1000);
	for (size_t i = 0; i < summary.count; i++)
		ck_assert_int_eq(summary.rows[i].total_nano, 1000);
}
END_TEST

START_TEST(hours_are_exact_and_rounded_half_to_even)
{
	static const struct {
		enum meter meter;
		int64_t amount;
		int decimals;
		const char *text;
	} rows[] = {
		{METER_VCPU, 0, 10, "0"},
		{METER_VCPU, 3600000, 10, "1"},
		{METER_VCPU, 900000, 10, "0.25"},
		{METER_VCPU, 250, 10, "0.0000694444"},
		{METER_VCPU, -250, 10, "-0.0000694444"},
		{METER_VCPU, 3599999, 3, "1"},
		{METER_VCPU, 1800000, 1, "0.5"},
		{METER_STORAGE, 90, 2, "0.02"},	 /* 0.025 */
		{METER_STORAGE, 126, 2, "0.04"}, /* 0.035 */
		{METER_MEMORY, 1, 18, "0.000000271267361111"},
		{METER_MEMORY, INT64_MAX, 3, "2501999792983.609"},
	};
	char text[USAGE_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_str_eq(
			usage_hours_text(rows[i].meter, rows[i].amount, rows[i].decimals, text),
			rows[i].text);
}
END_TEST

START_TEST(usage_types_are_fargates)
{
	const struct ledger_task x86 = {.architecture = "X86_64"};
	const struct ledger_task arm_spot = {.architecture = "ARM64", .spot = true};

	ck_assert_str_eq(usage_type_name(&x86, METER_VCPU), "Fargate-vCPU-Hours:perCPU");
	ck_assert_str_eq(usage_type_name(&arm_spot, METER_MEMORY),
			 "SpotUsage-Fargate-ARM-GB-Hours");
	ck_assert_str_eq(usage_type_unit(METER_STORAGE), "GB-Hours");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		sums_are_by_hour_and_key_and_add_up,
		what_is_not_wanted_or_not_of_the_period_is_left_out,
		rows_have_a_limit,
		many_rows_are_all_found_again,
		hours_are_exact_and_rounded_half_to_even,
		usage_types_are_fargates,
	};

	return suite_run("billing/summary", tests, ARRAY_LEN(tests));
}
