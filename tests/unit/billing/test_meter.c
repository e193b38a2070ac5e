/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is metered, from when to when, whatever happens to clocks, hosts and
 * transactions in between.
 */
#include "tests/unit/store/place.h"

#include "billing/charge.h"
#include "billing/meter.h"
#include "core/clock.h"

#define SECOND_NS 1000000000LL

static void at(int64_t wall_ms, int64_t boot_ns)
{
	clock_fake(wall_ms, boot_ns);
}

/* What the ledger says of a task, as the tests below ask for it. */
struct usage {
	const char *task, *account, *cluster, *family, *reason;
	int64_t started_ms, ended_ms; /* ended_ms 0: it runs */
	int64_t seconds;
	bool estimated;
	int64_t quantity[METER_COUNT];
};

#define USAGES_MAX 8

static struct usage usage_of(struct place *place, const struct charge *charge)
{
	struct usage usage = {
		.task = arena_strdup(place->arena, charge->task.task),
		.account = arena_strdup(place->arena, charge->task.account),
		.cluster = arena_strdup(place->arena, charge->task.cluster),
		.family = arena_strdup(place->arena, charge->task.family),
		.reason = arena_strdup(place->arena, charge->reason),
		.started_ms = charge->started_s * 1000,
		.ended_ms = charge->running ? 0 : (charge->started_s + charge->seconds) * 1000,
		.seconds = charge->seconds,
		.estimated = charge->estimated,
	};

	memcpy(usage.quantity, charge->quantity, sizeof(usage.quantity));
	return usage;
}

static size_t usages(struct place *place, struct usage **ret_usages)
{
	const struct charge_filter all = {0};
	AUTO(charge_scan_freep) struct charge_scan *scan = NULL;
	struct charge charge;
	size_t count = 0;
	int rc;

	*ret_usages = arena_alloc(place->arena, USAGES_MAX * sizeof(**ret_usages));
	ASSERT_OK(charge_scan_open(place->db, &all, &scan, &place->err), &place->err);
	while ((rc = charge_scan_next(scan, &charge, &place->err)) == 1) {
		ck_assert_uint_lt(count, USAGES_MAX);
		(*ret_usages)[count++] = usage_of(place, &charge);
	}
	ASSERT_OK(rc, &place->err);
	return count;
}

static struct usage only_usage(struct place *place)
{
	struct usage *found;

	ck_assert_uint_eq(usages(place, &found), 1);
	return found[0];
}

/* As a provisioner does it: move and meter in one transaction. */
static void claim(struct place *place, const char *id)
{
	struct task_change change = {.pull_started_ms = clock_wall_ms()};

	ASSERT_OK(db_begin(place->db, &place->err), &place->err);
	ASSERT_OK(task_move(place->db, id, TASK_PROVISIONING, TASK_EV_CLAIMED, &change, NULL,
			    &place->err),
		  &place->err);
	ASSERT_OK(meter_open(place->db, id, clock_wall_ms(), &place->err), &place->err);
	ASSERT_OK(db_commit(place->db, &place->err), &place->err);
}

static void release(struct place *place, const char *id, const char *stop_code)
{
	struct task_change change = {.stop_code = stop_code};

	ASSERT_OK(db_begin(place->db, &place->err), &place->err);
	ASSERT_OK(
		task_move(place->db, id, TASK_PENDING, TASK_EV_FAILED, &change, NULL, &place->err),
		&place->err);
	ASSERT_OK(task_move(place->db, id, TASK_DEPROVISIONING, TASK_EV_RELEASED, NULL, NULL,
			    &place->err),
		  &place->err);
	ASSERT_OK(meter_close(place->db, id, clock_wall_ms(), &place->err), &place->err);
	ASSERT_OK(db_commit(place->db, &place->err), &place->err);
}

/* As if the host had been booted anew: what is open belongs to another boot. */
static void reboot(struct place *place)
{
	ASSERT_OK(db_exec(place->db, "UPDATE meter_running SET boot_id = 'an earlier boot'", NULL,
			  &place->err),
		  &place->err);
	ASSERT_OK(db_exec(place->db, "UPDATE meter_checkpoint SET boot_id = 'an earlier boot'",
			  NULL, &place->err),
		  &place->err);
}

START_TEST(what_a_task_holds_is_metered_from_pull_to_end)
{
	static const struct {
		int64_t cpu_units, memory_mib, storage_gib;
		int64_t vcpu, memory, storage;
	} rows[] = {
		{256, 512, 20, 250, 512, 0},
		{512, 1024, 21, 500, 1024, 1},
		{16384, 122880, 200, 16000, 122880, 180},
		{1, 1, 0, 1, 1, 0}, /* a part of a thousandth is a thousandth */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(place_done) struct place place;
		struct usage usage;
		struct task task;

		place_state(&place);
		task = place_task(&place, 1);
		task.cpu_units = rows[i].cpu_units;
		task.memory_mib = rows[i].memory_mib;
		task.storage_gib = rows[i].storage_gib;
		ASSERT_OK(task_insert(place.db, &task, &place.err), &place.err);
		at(5000, 100 * SECOND_NS);
		claim(&place, task.id);
		at(65000, 160 * SECOND_NS + 1);
		release(&place, task.id, "TaskFailedToStart");
		at(99000, 999 * SECOND_NS);
		usage = only_usage(&place);
		ck_assert_str_eq(usage.task, task.id);
		ck_assert_str_eq(usage.account, ACCOUNT);
		ck_assert_str_eq(usage.cluster, "default");
		ck_assert_str_eq(usage.family, "web");
		ck_assert_str_eq(usage.reason, "TaskFailedToStart");
		ck_assert_int_eq(usage.started_ms, 5000);
		ck_assert_int_eq(usage.ended_ms, 66000); /* whole seconds */
		ck_assert_int_eq(usage.seconds, 61);
		ck_assert(!usage.estimated);
		ck_assert_int_eq(usage.quantity[METER_VCPU], rows[i].vcpu);
		ck_assert_int_eq(usage.quantity[METER_MEMORY], rows[i].memory);
		ck_assert_int_eq(usage.quantity[METER_STORAGE], rows[i].storage);
	}
}
END_TEST

START_TEST(seconds_are_rounded_up_and_wall_clocks_do_not_matter)
{
	static const struct {
		int64_t ns, seconds;
	} rows[] = {
		{0, 0},
		{1, 1},
		{SECOND_NS - 1, 1},
		{SECOND_NS, 1},
		{SECOND_NS + 1, 2},
		{86400 * SECOND_NS, 86400},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(place_done) struct place place;
		const char *id;

		place_state(&place);
		id = place_insert(&place, 1);
		at(5000000, SECOND_NS);
		claim(&place, id);
		at(1, SECOND_NS + rows[i].ns); /* set back */
		ck_assert_int_eq(only_usage(&place).seconds, rows[i].seconds);
		release(&place, id, "UserInitiated");
		ck_assert_int_eq(only_usage(&place).seconds, rows[i].seconds);
	}
}
END_TEST

START_TEST(a_task_that_never_began_to_pull_costs_nothing)
{
	AUTO(place_done) struct place place;
	struct usage *found;
	const char *id;

	place_state(&place);
	at(1, 1);
	id = place_insert(&place, 1);
	place_move(&place, id, TASK_PROVISIONING, TASK_EV_STOP_ASKED);
	ASSERT_OK(meter_open(place.db, id, 2, &place.err), &place.err);
	place_move(&place, id, TASK_DEPROVISIONING, TASK_EV_RELEASED);
	ASSERT_OK(meter_close(place.db, id, 3, &place.err), &place.err);
	ck_assert_uint_eq(usages(&place, &found), 0);
	ASSERT_FAILS(meter_open(place.db, "none", 2, &place.err), ERR_NOT_FOUND, &place.err);
}
END_TEST

START_TEST(opening_and_closing_again_changes_nothing)
{
	AUTO(place_done) struct place place;
	struct usage usage;
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	at(1000, SECOND_NS);
	claim(&place, id);
	at(2000, 2 * SECOND_NS);
	ASSERT_OK(meter_open(place.db, id, 2000, &place.err), &place.err);
	at(4000, 4 * SECOND_NS);
	release(&place, id, "UserInitiated");
	at(9000, 9 * SECOND_NS);
	ASSERT_OK(meter_close(place.db, id, 9000, &place.err), &place.err);
	ASSERT_OK(meter_open(place.db, id, 9000, &place.err), &place.err);
	ASSERT_OK(meter_checkpoint(place.db, clock_boot_ns(), &place.err), &place.err);
	usage = only_usage(&place);
	ck_assert_int_eq(usage.started_ms, 1000);
	ck_assert_int_eq(usage.ended_ms, 4000);
	ck_assert_int_eq(usage.seconds, 3);
}
END_TEST

START_TEST(after_a_boot_the_last_checkpoint_is_the_estimated_end)
{
	AUTO(place_done) struct place place;
	struct usage usage;
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	at(1000, 10 * SECOND_NS);
	claim(&place, id);
	at(31500, 40 * SECOND_NS + SECOND_NS / 2);
	ASSERT_OK(meter_checkpoint(place.db, clock_boot_ns(), &place.err), &place.err);
	reboot(&place);
	at(9000000, 5 * SECOND_NS); /* the new boot's clock began anew */
	usage = only_usage(&place);
	ck_assert_int_eq(usage.seconds, 31);
	ck_assert_int_eq(usage.ended_ms, 0);
	ck_assert(usage.estimated);
	ASSERT_OK(meter_checkpoint(place.db, clock_boot_ns(), &place.err),
		  &place.err); /* sees nothing */
	release(&place, id, "TaskFailedToStart");
	usage = only_usage(&place);
	ck_assert_int_eq(usage.seconds, 31);
	ck_assert_int_eq(usage.ended_ms, 1000 + 31000);
	ck_assert(usage.estimated);
}
END_TEST

START_TEST(without_a_checkpoint_a_lost_host_costs_nothing)
{
	AUTO(place_done) struct place place;
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	at(1000, 10 * SECOND_NS);
	claim(&place, id);
	reboot(&place);
	at(9000, 50 * SECOND_NS);
	release(&place, id, "TaskFailedToStart");
	ck_assert_int_eq(only_usage(&place).seconds, 0);
	ck_assert(only_usage(&place).estimated);
}
END_TEST

START_TEST(a_machine_whose_end_nobody_saw_was_held_until_the_last_checkpoint)
{
	static const struct {
		int64_t checkpoint_ns, lived_ns, seconds; /* 0: not known */
	} rows[] = {
		{40 * SECOND_NS, 0, 30},
		{40 * SECOND_NS, 30 * SECOND_NS, 30},
		{40 * SECOND_NS, 50 * SECOND_NS, 40},
		{9 * SECOND_NS, 9 * SECOND_NS, 0}, /* before it began */
		{0, 0, 0},
		{0, 50 * SECOND_NS, 40},
		{0, 999 * SECOND_NS, 80}, /* not in the future */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(place_done) struct place place;
		const char *id;

		place_state(&place);
		id = place_insert(&place, 1);
		if (rows[i].checkpoint_ns) {
			at(1, rows[i].checkpoint_ns);
			ASSERT_OK(meter_checkpoint(place.db, clock_boot_ns(), &place.err),
				  &place.err);
		}
		at(1000, 10 * SECOND_NS);
		claim(&place, id);
		at(9000, 90 * SECOND_NS);
		ASSERT_OK(meter_lost(place.db, id, rows[i].lived_ns, &place.err), &place.err);
		ASSERT_OK(meter_checkpoint(place.db, clock_boot_ns(), &place.err), &place.err);
		ck_assert_int_eq(only_usage(&place).seconds, rows[i].seconds);
		ck_assert(only_usage(&place).estimated);
		ASSERT_OK(meter_gone(place.db, id, 0, 50 * SECOND_NS, &place.err), &place.err);
		at(9000, 99 * SECOND_NS);
		release(&place, id, "InfrastructureHealth");
		ASSERT_OK(meter_lost(place.db, id, 0, &place.err), &place.err);
		ck_assert_int_eq(only_usage(&place).seconds, rows[i].seconds);
		ck_assert(only_usage(&place).estimated);
	}
}
END_TEST

#define MS_NS (SECOND_NS / 1000)

/* All since the start. A second that the task may not have begun is not counted. */
START_TEST(who_sees_an_end_late_costs_nobody_a_second)
{
	static const struct {
		int64_t lived_ms, ended_ms, held_ms;
	} rows[] = {
		{0, 5700, 5700},    /* the sixth second had begun, however late that is */
		{0, 5300, 5000},    /* it may not have */
		{4990, 5300, 5000}, /* nor is it known here */
		{5010, 5300, 5300}, /* here it is */
		{0, 5501, 5501},    /* just so */
		{0, 5500, 5000},    /* and just not */
		{0, 5000, 5000},    {0, 300, 300}, /* the first second it held */
		{0, 0, 0},	    {0, -100, 0},  /* before the start */
		{9000, 5300, 5300}, /* lived afterwards: no sense in that, so the end counts */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(place_done) struct place place;
		const char *id;

		place_state(&place);
		id = place_insert(&place, 1);
		at(1000, 10 * SECOND_NS);
		claim(&place, id);
		at(9000, 90 * SECOND_NS);
		ASSERT_OK(
			meter_gone(place.db, id,
				   rows[i].lived_ms ? 10 * SECOND_NS + rows[i].lived_ms * MS_NS : 0,
				   10 * SECOND_NS + rows[i].ended_ms * MS_NS, &place.err),
			&place.err);
		release(&place, id, "InfrastructureHealth");
		ck_assert_int_eq(only_usage(&place).seconds, (rows[i].held_ms + 999) / 1000);
		ck_assert(!only_usage(&place).estimated);
	}
}
END_TEST

START_TEST(a_word_on_the_end_is_not_taken_back_by_who_knows_none)
{
	AUTO(place_done) struct place place;
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	at(1000, 10 * SECOND_NS);
	claim(&place, id);
	at(9000, 90 * SECOND_NS);
	ASSERT_OK(meter_gone(place.db, id, 0, 50 * SECOND_NS, &place.err), &place.err);
	ASSERT_OK(meter_lost(place.db, id, 0, &place.err), &place.err);
	ASSERT_OK(meter_lost(place.db, "none", 0, &place.err), &place.err);
	release(&place, id, "InfrastructureHealth");
	ck_assert_int_eq(only_usage(&place).seconds, 40);
	ck_assert(!only_usage(&place).estimated);
}
END_TEST

START_TEST(a_meter_stands_or_falls_with_the_move)
{
	AUTO(place_done) struct place place;
	struct task_change change = {.pull_started_ms = 5};
	struct usage *found;
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	ASSERT_OK(db_begin(place.db, &place.err), &place.err);
	ASSERT_OK(task_move(place.db, id, TASK_PROVISIONING, TASK_EV_CLAIMED, &change, NULL,
			    &place.err),
		  &place.err);
	ASSERT_OK(meter_open(place.db, id, 5, &place.err), &place.err);
	ck_assert(db_in_transaction(place.db));
	ck_assert_uint_eq(usages(&place, &found), 1);
	db_rollback(place.db);
	ck_assert_uint_eq(usages(&place, &found), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_a_task_holds_is_metered_from_pull_to_end,
		seconds_are_rounded_up_and_wall_clocks_do_not_matter,
		a_task_that_never_began_to_pull_costs_nothing,
		opening_and_closing_again_changes_nothing,
		after_a_boot_the_last_checkpoint_is_the_estimated_end,
		without_a_checkpoint_a_lost_host_costs_nothing,
		a_machine_whose_end_nobody_saw_was_held_until_the_last_checkpoint,
		who_sees_an_end_late_costs_nobody_a_second,
		a_word_on_the_end_is_not_taken_back_by_who_knows_none,
		a_meter_stands_or_falls_with_the_move,
	};

	return suite_run("billing/meter", tests, ARRAY_LEN(tests));
}
