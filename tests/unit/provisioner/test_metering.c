/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is on the bill of whole lives of tasks: through the real store and the real flow, with
 * machines in memory whose process is a child of this test, so that its end is a real one.
 */
#include "flow_scene.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "billing/meter.h"
#include "core/clock.h"
#include "core/process_end.h"
#include "store/machine_account.h"

#define NS_A_MS	  INT64_C(1000000)
#define SECOND_NS (1000 * NS_A_MS)
#define LATE_NS	  (150 * NS_A_MS) /* a busy host's: nothing here is that slow */
#define WAITER	  "[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"wait\"]}]"

static char *ends;

static void open_scene(void)
{
	open_rig();
	ends = xasprintf("%s/" PROCESS_ENDS_NAME, rig.folder);
	rig.options.process_ends = ends;
}

static void close_scene(void)
{
	close_rig();
	free(ends);
}

/* --- what the store says --- */

static int64_t number(const char *sql)
{
	AUTO(db_donep) struct db_query *query = NULL;

	ASSERT_OK(db_query(rig.watch_state, sql, &query, &rig.err), &rig.err);
	return db_step(query, &rig.err) == 1 ? db_int(query, 0) : -1;
}

static int64_t duration_ns(void)
{
	return number("SELECT duration_ns FROM ledger WHERE kind = 2 AND meter = 1"
		      " ORDER BY position DESC");
}

static bool is_estimated(void)
{
	return number("SELECT estimated FROM ledger WHERE kind = 2 AND meter = 1"
		      " ORDER BY position DESC") == 1;
}

static int64_t started_ns(void)
{
	return number("SELECT started_boot_ns FROM meter_running");
}

static int64_t checkpoint_ns(void)
{
	return number("SELECT boot_ns FROM meter_checkpoint");
}

static struct machine_account only_account(void)
{
	struct machine_account *accounts;
	size_t count;

	ASSERT_OK(machine_account_list(rig.watch_state, rig.id, rig.arena, &accounts, &count,
				       &rig.err),
		  &rig.err);
	ck_assert_uint_eq(count, 1);
	return accounts[0];
}

/* --- processes --- */

/* Each machine's process from now on is this new child. */
static struct process_id begin_process(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	ck_assert_int_gt(pid, 0);
	ASSERT_OK(process_find(pid, &fake_world->process, &rig.err), &rig.err);
	return fake_world->process;
}

/* Returns when that was. */
static int64_t end_process(struct process_id process)
{
	ck_assert_int_eq(kill(process.pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(process.pid, NULL, 0), process.pid);
	return clock_boot_ns();
}

/* --- scenes --- */

static bool never(struct rig *some)
{
	(void)some;
	return false;
}

static void run_ms(int64_t ms)
{
	(void)rig_run_until(&rig, never, ms);
}

static void begin_waiter(void)
{
	rig_insert(&rig, 1, WAITER);
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_running, LIFE_MS));
}

static void end_waiter(void)
{
	ask_to_stop();
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
}

/* Not more than was held until then; at most what is doubtful of the last second is missing. */
static void assert_held(int64_t held_ns, int64_t seen_late_ns)
{
	int64_t billed_ns = duration_ns();

	ck_assert_msg(billed_ns <= held_ns + seen_late_ns && billed_ns >= held_ns - METER_LATE_NS,
		      "%lld ms and not %lld", (long long)(billed_ns / NS_A_MS),
		      (long long)(held_ns / NS_A_MS));
	ck_assert(!is_estimated());
}

START_TEST(there_are_two_checkpoints_a_second_while_a_meter_runs_and_none_else)
{
	int64_t first, last;

	rig_start(&rig);
	run_ms(1300);
	ck_assert_int_eq(checkpoint_ns(), -1);
	rig_stop(&rig);
	begin_waiter();
	run_ms(1200);
	first = checkpoint_ns();
	ck_assert_int_gt(first, clock_boot_ns() - SECOND_NS - LATE_NS);
	run_ms(1000);
	ck_assert_int_gt(checkpoint_ns(), first + SECOND_NS / 2);
	end_waiter();
	last = checkpoint_ns();
	run_ms(1300);
	ck_assert_int_eq(checkpoint_ns(), last);
}
END_TEST

START_TEST(what_is_billed_ends_with_the_machines_process)
{
	struct process_id process = begin_process();
	int64_t started, ended;

	begin_waiter();
	started = started_ns();
	run_ms(200);
	ended = end_process(process);
	run_ms(1200); /* in which nobody but its process tells that the machine is gone */
	ck_assert_int_ne(number("SELECT gone_boot_ns FROM meter_running"), 0);
	end_waiter();
	assert_held(ended - started, LATE_NS);
	ck_assert_int_ge(only_account().ended_ns, started + duration_ns());
	ck_assert_int_eq(only_account().pid, process.pid);
}
END_TEST

/* The provisioner goes, then the machine, then the provisioner is back. */
static int64_t end_unwatched(struct process_id process)
{
	int64_t ended;

	rig_stop(&rig);
	clock_pause_ms(300);
	ended = process.pid ? end_process(process) : clock_boot_ns();
	fake_world->machines[0].used = false;
	clock_pause_ms(700);
	return ended;
}

START_TEST(an_end_that_the_supervisor_has_noted_is_billed_to_the_moment)
{
	struct process_id process = begin_process();
	int64_t started, ended;

	begin_waiter();
	started = started_ns();
	run_ms(100);
	ended = end_unwatched(process);
	ASSERT_OK(process_end_note(ends, process, ended, &rig.err), &rig.err);
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	assert_held(ended - started, 0);
	ck_assert_int_eq(only_account().ended_ns, ended);
	assert_clean(rig.id);
}
END_TEST

/* What else may be noted: nothing, or of another process with its number. */
START_TEST(an_end_that_nobody_saw_is_the_last_checkpoint)
{
	struct process_id process = begin_process();
	struct process_id other = {.pid = process.pid, .start_ticks = process.start_ticks - 1};
	int64_t started, last;

	begin_waiter();
	started = started_ns();
	run_ms(1300);
	last = checkpoint_ns();
	ck_assert_int_gt(last, started);
	(void)end_unwatched(process);
	if (_i == 1)
		ASSERT_OK(process_end_note(ends, other, clock_boot_ns(), &rig.err), &rig.err);
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_int_eq(duration_ns(), last - started);
	ck_assert(is_estimated());
	ck_assert_int_eq(only_account().ended_ns, 0);
	assert_clean(rig.id);
}
END_TEST

/* The supervisor was there for a while after the provisioner had gone. */
START_TEST(an_end_that_nobody_saw_is_not_before_the_supervisors_last_word)
{
	struct process_id process = begin_process();
	struct process_id supervisor = {.pid = 1, .start_ticks = process.start_ticks};
	int64_t started, lived;

	begin_waiter();
	started = started_ns();
	rig_stop(&rig);
	clock_pause_ms(500);
	lived = clock_boot_ns();
	ASSERT_OK(process_end_beat(ends, supervisor, lived, &rig.err), &rig.err);
	(void)end_process(process);
	fake_world->machines[0].used = false;
	clock_pause_ms(300);
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_int_eq(duration_ns(), lived - started);
	ck_assert(is_estimated());
}
END_TEST

START_TEST(no_checkpoint_reaches_behind_an_end_that_is_yet_to_be_found)
{
	struct process_id process = begin_process();
	int64_t last;

	begin_waiter();
	run_ms(1300);
	last = checkpoint_ns();
	(void)end_unwatched(process);
	fake_world->fail_each = "machine_list";
	rig_start(&rig);
	run_ms(1700);
	ck_assert_int_eq(checkpoint_ns(), last);
	fake_world->fail_each = NULL;
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert(is_estimated());
}
END_TEST

START_TEST(a_machine_that_outlives_the_provisioner_is_billed_through)
{
	struct process_id process = begin_process();
	int64_t started, ended;

	begin_waiter();
	started = started_ns();
	rig_stop(&rig);
	clock_pause_ms(500);
	rig_start(&rig);
	run_ms(300);
	ended = end_process(process); /* watched again */
	run_ms(300);
	end_waiter();
	assert_held(ended - started, LATE_NS);
}
END_TEST

START_TEST(a_task_that_booted_twice_is_billed_once_and_to_its_end)
{
	struct process_id process = begin_process();
	int64_t before = clock_boot_ns();

	rig.options.session.hello_ms = 1700;
	fake_world->mute_count = 1;
	rig_insert(&rig, 1,
		   "[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"exit\",\"0\"]}]");
	rig_start(&rig);
	run_ms(300);
	(void)end_process(
		process); /* of the first machine, which says nothing, for a second more */
	fake_world->process.pid = 0;
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_int_gt(duration_ns(), 1700 * NS_A_MS);
	ck_assert_int_lt(duration_ns(), clock_boot_ns() - before);
	ck_assert(!is_estimated());
	ck_assert_int_eq(number("SELECT COUNT(*) FROM machine_account WHERE taken_ns > 0"
				" AND ended_ns > taken_ns"),
			 2);
	assert_clean(rig.id);
}
END_TEST

/* The teardown's word: there is neither a process nor an event. */
START_TEST(a_task_that_ends_well_is_billed_until_its_machine_is_gone)
{
	struct machine_account account;
	int64_t started;

	begin_waiter();
	started = started_ns();
	run_ms(300);
	end_waiter();
	account = only_account();
	assert_held(account.ended_ns - started, 0);
	ck_assert_int_gt(duration_ns(), 300 * NS_A_MS);
	ck_assert_int_eq(account.vcpus, 1);
	ck_assert_int_eq(account.memory_mib, 512);
	ck_assert_int_eq(account.pid, 0);
	ck_assert_int_gt(account.taken_ns, started);
}
END_TEST

/* --- clocks --- */

#define HOUR_MS (3600 * INT64_C(1000))
static const int64_t steps_ms[] = {1000, -1000, HOUR_MS, -HOUR_MS, 24 * HOUR_MS, -24 * HOUR_MS};

START_TEST(steps_of_the_wall_clock_change_no_duration)
{
	int64_t started, began = clock_boot_ns(), gone;

	begin_waiter();
	started = started_ns();
	ck_assert_int_ge(started, began);
	run_ms(300);
	clock_step_wall(steps_ms[_i]);
	run_ms(1000);
	rig_stop(&rig);
	clock_step_wall(steps_ms[_i]);
	rig_start(&rig);
	run_ms(300);
	end_waiter();
	gone = only_account().ended_ns;
	clock_step_wall(-2 * steps_ms[_i]);
	assert_held(gone - started, 0);
	ck_assert_int_gt(duration_ns(), 1600 * NS_A_MS);
	ck_assert_int_le(gone, clock_boot_ns());
	ck_assert_int_eq(number("SELECT seconds FROM ledger WHERE kind = 2 AND meter = 1"),
			 (duration_ns() + SECOND_NS - 1) / SECOND_NS);
	assert_clean(rig.id);
}
END_TEST

static void exec(const char *sql)
{
	ASSERT_OK(db_exec(rig.watch_state, sql, NULL, &rig.err), &rig.err);
}

/* All that was written is of another boot then, whose clock says nothing in this one. */
START_TEST(after_a_boot_of_the_host_the_last_checkpoint_is_billed)
{
	struct process_id process = begin_process();
	int64_t started, last;

	begin_waiter();
	started = started_ns();
	run_ms(1300);
	last = checkpoint_ns();
	(void)end_unwatched(process);
	exec("UPDATE meter_running SET boot_id = 'earlier'");
	exec("UPDATE meter_checkpoint SET boot_id = 'earlier'");
	exec("UPDATE machine_account SET boot_id = 'earlier'");
	clock_step_wall(steps_ms[_i]);
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	clock_step_wall(-steps_ms[_i]);
	ck_assert_int_eq(duration_ns(), last - started);
	ck_assert(is_estimated());
	assert_clean(rig.id);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		there_are_two_checkpoints_a_second_while_a_meter_runs_and_none_else,
		what_is_billed_ends_with_the_machines_process,
		an_end_that_the_supervisor_has_noted_is_billed_to_the_moment,
		an_end_that_nobody_saw_is_not_before_the_supervisors_last_word,
		no_checkpoint_reaches_behind_an_end_that_is_yet_to_be_found,
		a_machine_that_outlives_the_provisioner_is_billed_through,
		a_task_that_booted_twice_is_billed_once_and_to_its_end,
		a_task_that_ends_well_is_billed_until_its_machine_is_gone,
	};
	Suite *suite = suite_create("provisioner/metering");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, open_scene, close_scene);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(all, tests[i]);
	tcase_add_loop_test(all, an_end_that_nobody_saw_is_the_last_checkpoint, 0, 2);
	tcase_add_loop_test(all, steps_of_the_wall_clock_change_no_duration, 0,
			    ARRAY_LEN(steps_ms));
	tcase_add_loop_test(all, after_a_boot_of_the_host_the_last_checkpoint_is_billed, 0,
			    ARRAY_LEN(steps_ms));
	tcase_set_timeout(all, 60);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
