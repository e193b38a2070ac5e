/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which records are told, in which order, from where on; what a correction says; and that all that
 * is told adds up to the bill.
 */
#include "tests/unit/billing/usage_place.h"

#include "billing/usage_event.h"

#define JAN 1767225600LL /* 2026-01-01 */
#define FEB (JAN + 31 * 86400LL)

#define LIST                                                                                       \
	"{\"currency\":\"USD\",\"tables\":[{\"account\":\"\",\"prices\":[{\"from\":0,"             \
	"\"minimum\":60,\"x86\":[40480000,4445000,111000],\"arm\":[1,1,1],"                        \
	"\"shares\":[10000,10000],\"spot\":10000}]}]}"

struct told {
	char text[512]; /* "POSITION:SECONDS " of each */
	size_t most;
	size_t count;
	int64_t cost, amount;
	const struct tariff *tariff;
};

static int tell(void *ctx, const struct usage_event *event, struct err *err)
{
	struct told *told = ctx;
	size_t len = strlen(told->text);
	int64_t cost;

	(void)snprintf(told->text + len, sizeof(told->text) - len, "%lld:%lld ",
		       (long long)event->position, (long long)event->seconds);
	told->amount += event->quantity * event->seconds;
	ck_assert_str_eq(event->task.tags_json, "{\"stage\":\"test\",\"team\":\"red\"}");
	if (told->tariff) {
		if (usage_event_cost(told->tariff, event, &cost, err) < 0)
			return -1;
		told->cost += cost;
	}
	return ++told->count == told->most;
}

static int64_t read_from(struct place *place, int64_t position, const char *account,
			 struct told *told, bool *ret_end)
{
	ASSERT_OK(usage_events_read(place->db, position, account, tell, told, &position, ret_end,
				    &place->err),
		  &place->err);
	return position;
}

/* Records 1-2 and 3-4 of one task, 5-6 of another account's, 7-8 corrections of the first. */
static void fill(struct place *place)
{
	int64_t task;

	place_state(place);
	task = usage_task(place, TASK_ID, ACCOUNT);
	usage_hold(place, task, METER_VCPU, 250, JAN * 1000 + 250, 100);
	usage_hold(place, task, METER_MEMORY, 512, JAN * 1000 + 250, 100);
	task = usage_task(place, "ffffffffffffffffffffffffffffffff", OTHER_ACCOUNT);
	usage_hold(place, task, METER_VCPU, 1000, JAN * 1000, 7);
	ASSERT_OK(ledger_correct(place->db, TASK_ID, 70, "ours", JAN * 1000 + 200000, &place->err),
		  &place->err);
}

START_TEST(closes_and_corrections_are_told_in_the_order_of_the_ledger)
{
	static const struct {
		int64_t from;
		const char *account;
		size_t most;
		const char *told;
		int64_t position;
		bool end;
	} rows[] = {
		{0, NULL, 99, "2:100 4:100 6:7 7:-30 8:-30 ", 8, true},
		{2, NULL, 99, "4:100 6:7 7:-30 8:-30 ", 8, true},
		{0, NULL, 2, "2:100 4:100 ", 4, false},
		{0, ACCOUNT, 99, "2:100 4:100 7:-30 8:-30 ", 8, true},
		{0, OTHER_ACCOUNT, 99, "6:7 ", 8, true},
		{8, NULL, 99, "", 8, true},
		{100, NULL, 99, "", 100, true},
	};
	AUTO(place_done) struct place place;

	fill(&place);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct told told = {.most = rows[i].most};
		bool end;
		int64_t position = read_from(&place, rows[i].from, rows[i].account, &told, &end);

		ck_assert_msg(strcmp(told.text, rows[i].told) == 0, "row %zu: %s", i, told.text);
		ck_assert_int_eq(position, rows[i].position);
		ck_assert_int_eq(end, rows[i].end);
	}
}
END_TEST

START_TEST(a_correction_tells_the_difference_to_the_one_before)
{
	AUTO(place_done) struct place place;
	struct told told = {.most = 99};
	bool end;

	fill(&place);
	ASSERT_OK(ledger_correct(place.db, TASK_ID, 90, "more", JAN * 1000 + 300000, &place.err),
		  &place.err);
	ASSERT_OK(ledger_correct(place.db, TASK_ID, 0, "all", JAN * 1000 + 400000, &place.err),
		  &place.err);
	read_from(&place, 6, NULL, &told, &end);
	ck_assert_str_eq(told.text, "7:-30 8:-30 9:20 10:20 11:-90 12:-90 ");
	told = (struct told){.most = 99};
	read_from(&place, 0, ACCOUNT, &told, &end);
	ck_assert_int_eq(told.amount, 0);
}
END_TEST

static int64_t bill(struct place *place, const struct tariff *tariff)
{
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	const struct charge_filter filter = {.task = TASK_ID};
	struct charge charge;
	int64_t total = 0;

	ASSERT_OK(charge_scan_open(place->db, &filter, &scan, &place->err), &place->err);
	ck_assert_int_eq(charge_scan_next(scan, &charge, &place->err), 1);
	ASSERT_OK(cost_total(tariff, &charge, &total, &place->err), &place->err);
	return total;
}

START_TEST(costs_add_up_to_the_bill_also_when_a_closed_month_is_corrected)
{
	AUTO(place_done) struct place place;
	AUTO(price_list_freep) struct price_list *prices = NULL;
	AUTO(invoices_freep) struct invoices *invoices = NULL;
	struct tariff tariff = {.prices = NULL};
	struct told told = {.most = 99, .tariff = &tariff};
	char id[INVOICE_ID_SIZE];
	int64_t before;
	bool end;

	fill(&place);
	ASSERT_OK(price_list_parse(LIST, &prices, &place.err), &place.err);
	tariff.prices = prices;
	ASSERT_OK(invoice_close(place.db, prices, ACCOUNT, JAN, (FEB + 9) * 1000, id, &place.err),
		  &place.err);
	ASSERT_OK(ledger_correct(place.db, TASK_ID, 65, "late", (FEB + 99) * 1000, &place.err),
		  &place.err);
	ASSERT_OK(ledger_correct(place.db, TASK_ID, 61, "later", (FEB + 999) * 1000, &place.err),
		  &place.err);
	ASSERT_OK(invoices_read(place.db, &invoices, &place.err), &place.err);
	tariff.invoices = invoices;
	read_from(&place, 0, ACCOUNT, &told, &end);
	ck_assert_int_eq(told.count, 8);
	ck_assert_int_eq(told.cost, bill(&place, &tariff));
	before = told.cost;
	tariff.invoices = NULL;
	told.cost = 0;
	read_from(&place, 0, ACCOUNT, &told, &end);
	ck_assert_int_eq(told.cost, bill(&place, &tariff));
	ck_assert_int_gt(told.cost, 0);
	ck_assert_int_gt(before, 0);
}
END_TEST

START_TEST(a_time_is_the_position_before_the_first_record_written_then)
{
	static const struct {
		int64_t since_ms, position;
	} rows[] = {
		{0, 0},
		{JAN * 1000 + 250, 0},
		{JAN * 1000 + 251, 1},
		{JAN * 1000 + 200000, 6},
		{JAN * 1000 + 200001, 8},
	};
	AUTO(place_done) struct place place;

	fill(&place);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t position;

		ASSERT_OK(usage_events_since(place.db, rows[i].since_ms, &position, &place.err),
			  &place.err);
		ck_assert_msg(position == rows[i].position, "row %zu: %lld", i,
			      (long long)position);
	}
}
END_TEST

START_TEST(what_cannot_be_told_is_an_error_and_no_gap)
{
	static const char *const damages[] = {
		"DELETE FROM ledger_task WHERE number = 2",
		"UPDATE ledger SET meter = 9 WHERE position = 6",
		"DELETE FROM ledger WHERE position = 2",
	};

	for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
		AUTO(place_done) struct place place;
		struct told told = {.most = 99};
		int64_t position;
		bool end;

		fill(&place);
		ASSERT_OK(db_exec(place.db, damages[i], NULL, &place.err), &place.err);
		ck_assert_int_eq(usage_events_read(place.db, 0, ACCOUNT, tell, &told, &position,
						   &end, &place.err),
				 i == 1 ? 0 : -1);
		err_clear(&place.err);
		ck_assert_int_eq(usage_events_read(place.db, 0, NULL, tell, &told, &position, &end,
						   &place.err),
				 -1);
		ck_assert_int_eq(place.err.code, ERR_CORRUPT);
		ck_assert_ptr_nonnull(strstr(place.err.text, i == 2 ? "record 7 " : "record 6 "));
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		closes_and_corrections_are_told_in_the_order_of_the_ledger,
		a_correction_tells_the_difference_to_the_one_before,
		costs_add_up_to_the_bill_also_when_a_closed_month_is_corrected,
		a_time_is_the_position_before_the_first_record_written_then,
		what_cannot_be_told_is_an_error_and_no_gap,
	};

	return suite_run("billing/usage_event", tests, ARRAY_LEN(tests));
}
