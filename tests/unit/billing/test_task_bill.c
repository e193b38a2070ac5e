/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One task: reserved, used, and what a better size would have saved.
 */
#include "tests/unit/billing/bills.h"

#include "billing/task_bill.h"

#define MIB (INT64_C(1024) * 1024)

static int task_form(const struct report *report, FILE *out, struct err *err)
{
	bool found;

	ASSERT_OK(report_task(report, out, &found, err), err);
	ck_assert(found);
	return 0;
}

/* A machine of the task; the guest says nothing if @guest_mib is 0. */
static void use(struct bills *bills, const char *task, const char *machine, int64_t cpu_ns,
		int64_t guest_mib)
{
	const struct machine_account account = {
		.task = task,
		.machine = machine,
		.boot_id = "b",
		.host = {.cpu_ns = 2 * cpu_ns, .memory_peak_bytes = 400 * MIB},
		.guest = {.cpu_ns = guest_mib ? cpu_ns : 0,
			  .memory_peak_bytes = guest_mib * MIB,
			  .transmit_bytes = guest_mib ? 7 : 0},
	};

	ASSERT_OK(machine_account_put(bills->place.db, &account, &bills->place.err),
		  &bills->place.err);
}

static const char *hold_large(struct bills *bills)
{
	const char *task;

	bills_init(bills);
	task = bills_hold(bills, &(struct bills_task){.number = 1, .from_s = JAN, .seconds = 3600});
	/* 1 vCPU and 2 GiB. */
	ASSERT_OK(db_exec(bills->place.db,
			  "UPDATE ledger SET quantity = CASE meter WHEN 1 THEN 1000 WHEN 2 THEN"
			  " 2048 ELSE quantity END",
			  NULL, &bills->place.err),
		  &bills->place.err);
	bills->filter.task = task;
	return task;
}

START_TEST(reserved_used_and_a_better_size_are_shown)
{
	AUTO(bills_done) struct bills bills;
	const char *task = hold_large(&bills);
	const char *text;

	use(&bills, task, "m1", 360 * SECOND_NS, 300);
	text = bills_written(&bills, task_form);
	ASSERT_HAS(text, "held from 2026-01-01T00:00:00Z to 2026-01-01T01:00:00Z");
	ASSERT_HAS(text, "1000 milli-vCPU             x      3600 s       0.040480000 USD"
			 "  used 100 on average (10 %)\n");
	ASSERT_HAS(text, "2048 MiB                    x      3600 s       0.008890000 USD"
			 "  used 300 at most (14 %)\n");
	ASSERT_HAS(text, "7 sent\n");
	/* 0.25 vCPU and half a GiB: 0.010120000 and 0.002222500. */
	ASSERT_HAS(text, "it would have fitted into cpu 256, memory 512, for 0.037027500 USD less");
	text = bills_written(&bills, report_json);
	ASSERT_HAS(text, "\"betterSize\": {\"cpu\": 256, \"memory\": 512, \"saving\": "
			 "\"0.037027500\"}");
	ASSERT_HAS(text, "\"cpuNanoseconds\": 360000000000");
}
END_TEST

START_TEST(several_machines_of_a_task_are_taken_together)
{
	AUTO(bills_done) struct bills bills;
	const char *task = hold_large(&bills);
	const char *text;

	use(&bills, task, "m1", 360 * SECOND_NS, 300);
	use(&bills, task, "m2", 180 * SECOND_NS, 500);
	text = bills_written(&bills, task_form);
	ASSERT_HAS(text, "used 150 on average");
	ASSERT_HAS(text, "used 500 at most");
}
END_TEST

START_TEST(where_the_guest_says_nothing_the_host_is_heard)
{
	AUTO(bills_done) struct bills bills;
	const char *task = hold_large(&bills);
	const char *text;

	use(&bills, task, "m1", 360 * SECOND_NS, 0);
	text = bills_written(&bills, task_form);
	ASSERT_HAS(text, "used 200 on average");
	ASSERT_HAS(text, "used 400 at most");
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
	AUTO(bills_done) struct bills bills;
	const char *text;
	bool found = true;

	(void)hold_large(&bills);
	text = bills_written(&bills, task_form);
	ASSERT_LACKS(text, "used");
	ASSERT_LACKS(text, "fitted");
	ASSERT_LACKS(bills_written(&bills, report_json), "used");
	bills.filter.task = "ffffffffffffffffffffffffffffffff";
	ASSERT_OK(report_task(&bills.report, stdout, &found, &bills.place.err), &bills.place.err);
	ck_assert(!found);
}
END_TEST

START_TEST(a_task_for_programs_has_what_is_known)
{
	AUTO(bills_done) struct bills bills;
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	AUTO(json_decrefp) json_t *json = NULL;
	const char *task = hold_large(&bills), *cost, *saving;
	struct task_bill bill;
	struct charge charge;
	json_int_t seconds, used;

	use(&bills, task, "m1", 360 * SECOND_NS, 300);
	ASSERT_OK(charge_scan_open(bills.place.db, &bills.filter, &scan, &bills.place.err),
		  &bills.place.err);
	ck_assert_int_eq(charge_scan_next(scan, &charge, &bills.place.err), 1);
	ASSERT_OK(task_bill_make(bills.place.db, &bills.tariff, &charge, &bill, &bills.place.err),
		  &bills.place.err);
	json = task_bill_json(&bill, "USD");
	ck_assert_ptr_nonnull(json);
	ck_assert_int_eq(json_unpack(json, "{s:I, s:s, s:[{s:I}, {}, {}], s:{s:s}}", "seconds",
				     &seconds, "cost", &cost, "meters", "used", &used, "betterSize",
				     "saving", &saving),
			 0);
	ck_assert_int_eq(seconds, 3600);
	ck_assert_int_eq(used, 100);
	ck_assert_str_eq(cost, "0.049925000");
	ck_assert_str_eq(saving, "0.037027500");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		reserved_used_and_a_better_size_are_shown,
		several_machines_of_a_task_are_taken_together,
		where_the_guest_says_nothing_the_host_is_heard,
		what_is_not_known_is_left_out,
		a_task_for_programs_has_what_is_known,
	};

	return suite_run("billing/task_bill", tests, ARRAY_LEN(tests));
}
