/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole lives of tasks, through the real store, with a hypervisor in memory.
 */
#include "tests/support/suite.h"

#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "flow_scene.h"
#include "provisioner/facts.h"
#include "provisioner/flow_private.h"

#define SWEEP_MS 20

START_TEST(a_task_runs_and_its_output_and_exit_code_are_kept)
{
	struct task task = live("[\"lines\",\"3\"]");

	ck_assert_str_eq(task.stop_code, "EssentialContainerExited");
	ck_assert_str_eq(task.stopped_reason, "Essential container in task exited");
	ck_assert(task.containers[0].has_exit_code);
	ck_assert_int_eq(task.containers[0].exit_code, 0);
	ck_assert_str_eq(task.containers[0].image_digest,
			 "sha256:"
			 "1111111111111111111111111111111111111111111111111111111111111111");
	ck_assert_int_eq(strlen(task.containers[0].runtime_id), 43);
	ck_assert_str_eq(rig_lines(&rig, rig.id, "app"), "line 1\nline 2\nline 3\n");
	ck_assert(task.created_ms <= task.pull_started_ms);
	ck_assert(task.pull_started_ms <= task.pull_stopped_ms);
	ck_assert(task.pull_stopped_ms <= task.started_ms);
	ck_assert(task.connectivity_ms != 0);
	ck_assert(task.started_ms <= task.execution_stopped_ms);
	ck_assert(task.execution_stopped_ms <= task.stopped_ms);
	assert_clean(rig.id);
}
END_TEST

/* What becomes of one essential container, by what it does. */
static const struct ending {
	const char *command;
	const char *stop_code, *stopped_reason, *reason; /* reason: a prefix */
	bool ran, has_exit_code;
	int64_t exit_code;
} endings[] = {
	{"[\"exit\",\"0\"]", "EssentialContainerExited", "Essential container in task exited", "",
	 true, true, 0},
	{"[\"exit\",\"3\"]", "EssentialContainerExited", "Essential container in task exited", "",
	 true, true, 3},
	{"[\"memory\"]", "EssentialContainerExited", "Essential container in task exited",
	 "OutOfMemoryError: Container killed due to memory usage", true, true, 137},
	{"[\"nostart\"]", "TaskFailedToStart", "CannotStartContainerError: no such program",
	 "CannotStartContainerError: no such program", false, false, 0},
	{"[\"vanish\"]", "InfrastructureHealth", "The task's machine was lost", "", true, false, 0},
	{"[\"silence\"]", "InfrastructureHealth", "The task's machine was lost", "", true, false,
	 0},
	{"[\"garbage\"]", "", "ResourceInitializationError: the agent started", "", false, false,
	 0},
};

START_TEST(an_ending_is_told_as_it_was)
{
	const struct ending *ending = &endings[_i];
	struct task task;

	rig.options.session.silence_ms = 300;
	task = live(ending->command);
	if (ending->stop_code[0])
		ck_assert_str_eq(task.stop_code, ending->stop_code);
	ck_assert_int_eq(strncmp(task.stopped_reason, ending->stopped_reason,
				 strlen(ending->stopped_reason)),
			 0);
	ck_assert_int_eq(strncmp(task.containers[0].reason, ending->reason, strlen(ending->reason)),
			 0);
	ck_assert_int_eq(task.started_ms != 0, ending->ran);
	ck_assert_int_eq(task.containers[0].has_exit_code, ending->has_exit_code);
	ck_assert_int_eq(task.containers[0].exit_code, ending->exit_code);
	ck_assert_int_eq(task.containers[0].state, CONTAINER_STOPPED);
	assert_clean(rig.id);
}
END_TEST

START_TEST(a_running_task_is_stopped_by_its_user)
{
	struct task task;

	rig_insert(&rig, 1,
		   "[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"wait\"]},"
		   "{\"name\":\"side\",\"image\":\"hello\",\"essential\":false,"
		   "\"command\":[\"wait\"]}]");
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_running, LIFE_MS));
	ask_to_stop();
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	task = rig_task(&rig, rig.id);
	ck_assert_str_eq(task.stop_code, "UserInitiated");
	ck_assert_str_eq(task.stopped_reason, "Task stopped by user");
	ck_assert_int_eq(task.containers[0].exit_code, 143);
	ck_assert_int_eq(task.containers[1].exit_code, 143);
	assert_clean(rig.id);
}
END_TEST

static bool image_is_pulled(struct rig *some)
{
	return rig_task(some, some->id).state == TASK_PENDING && fake_machines_running() > 0;
}

START_TEST(a_task_is_stopped_while_its_image_is_pulled)
{
	struct task task;

	rig_insert(&rig, 1, "[{\"name\":\"app\",\"image\":\"slow\",\"command\":[\"wait\"]}]");
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, image_is_pulled, LIFE_MS));
	ask_to_stop();
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	task = rig_task(&rig, rig.id);
	ck_assert_str_eq(task.stop_code, "UserInitiated");
	ck_assert_int_eq(task.started_ms, 0);
	ck_assert(!task.containers[0].has_exit_code);
	assert_clean(rig.id);
}
END_TEST

START_TEST(an_image_that_cannot_be_pulled_ends_the_task_with_the_reason)
{
	struct task task =
		live_with("[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"wait\"]},"
			  "{\"name\":\"side\",\"image\":\"missing\",\"command\":[\"wait\"]}]");

	ck_assert_str_eq(task.stop_code, "TaskFailedToStart");
	ck_assert_str_eq(task.stopped_reason,
			 "CannotPullContainerError: failed to resolve ref missing: not found");
	ck_assert_str_eq(task.containers[1].reason, task.stopped_reason);
	ck_assert_str_eq(task.containers[0].reason, "");
	ck_assert(task.pull_started_ms != 0);
	assert_clean(rig.id);
}
END_TEST

/* Up to three machines in silence: another is tried. Four: the task fails. */
START_TEST(a_machine_that_does_not_boot_is_tried_again)
{
	struct task task;

	rig.options.session.hello_ms = 200;
	fake_world->mute_count = (unsigned)_i;
	task = live("[\"exit\",\"0\"]");
	if (_i < 4) {
		ck_assert_str_eq(task.stop_code, "EssentialContainerExited");
	} else {
		ck_assert_str_eq(task.stop_code, "TaskFailedToStart");
		ck_assert_int_eq(strncmp(task.stopped_reason, "ResourceInitializationError: ", 29),
				 0);
	}
	assert_clean(rig.id);
}
END_TEST

START_TEST(a_task_that_can_never_fit_fails_at_once)
{
	struct task task;

	rig.options.memory_limit_bytes = 256 << 20;
	task = live("[\"exit\",\"0\"]");
	ck_assert_str_eq(task.stop_code, "TaskFailedToStart");
	ck_assert_ptr_nonnull(strstr(task.stopped_reason, "512 MiB"));
	ck_assert_int_eq(task.pull_started_ms, 0);
	ck_assert_ptr_null(rig_leftovers(&rig));
}
END_TEST

START_TEST(what_a_guests_kernel_keeps_is_counted)
{
	struct task task;

	rig.options.memory_limit_bytes = 600 << 20;
	rig.options.machine_overhead_bytes = 8 << 20;
	fake_world->kernel_mib = 81; /* 512 and these and 8 are one more than 600 */
	task = live("[\"exit\",\"0\"]");
	ck_assert_str_eq(task.stop_code, "TaskFailedToStart");
	ck_assert_ptr_nonnull(strstr(task.stopped_reason, "needs 601 MiB"));
}
END_TEST

START_TEST(a_task_waits_for_memory_and_then_runs_or_fails)
{
	const char *first, *second;

	rig.options.memory_limit_bytes = 600 << 20;
	rig.options.admission_ms = _i == 0 ? 5000 : 200;
	first = rig_insert(&rig, 1,
			   "[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"wait\"]}]");
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_running, LIFE_MS));
	second = rig_insert(
		&rig, 2, "[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"exit\",\"0\"]}]");
	ck_assert(!rig_run_until(&rig, rig_is_stopped, 100));
	if (_i == 0)
		ASSERT_OK(task_want_stopped(rig.watch_state, RIG_ACCOUNT, "default", first,
					    "UserInitiated", "enough", 1, &rig.err),
			  &rig.err);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_str_eq(rig_task(&rig, second).stop_code,
			 _i == 0 ? "EssentialContainerExited" : "TaskFailedToStart");
}
END_TEST

/* As the gateway writes it for a launch that an event wants. */
static void let_wait(const char *id, int64_t more_ms)
{
	struct db_query *query;

	ASSERT_OK(db_query(rig.watch_state, "UPDATE task SET admit_until_ms = ?1 WHERE id = ?2",
			   &query, &rig.err),
		  &rig.err);
	db_bind_int(query, 1, clock_wall_ms() + more_ms);
	db_bind_text(query, 2, id);
	ASSERT_OK(db_run(query, NULL, &rig.err), &rig.err);
}

static bool waits_in_the_store(struct rig *at)
{
	AUTO(db_donep) struct db_query *query = NULL;

	ASSERT_OK(db_query(at->watch_state,
			   "SELECT 1 FROM task WHERE waits_ms > 0 AND state = 'PROVISIONING'",
			   &query, &at->err),
		  &at->err);
	return db_step(query, &at->err) == 1;
}

START_TEST(a_task_of_an_event_waits_longer_and_holds_up_nobody)
{
	static const char *const exits =
		"[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"exit\",\"0\"]}]";
	const char *first, *large, *small;

	rig.options.memory_limit_bytes = 1300 << 20;
	rig.options.admission_ms = 200;
	first = rig_insert(&rig, 1,
			   "[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"wait\"]}]");
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_running, LIFE_MS));
	large = rig_insert_sized(&rig, 2, exits, 256, 1024);
	let_wait(large, 60000);
	ck_assert(!rig_run_until(&rig, rig_is_stopped, 500));
	ck_assert(waits_in_the_store(&rig));
	small = rig_insert(&rig, 3, exits);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_str_eq(rig_task(&rig, small).stop_code, "EssentialContainerExited");
	ck_assert_int_eq(rig_task(&rig, large).state, TASK_PROVISIONING);
	ASSERT_OK(task_want_stopped(rig.watch_state, RIG_ACCOUNT, "default", first, "UserInitiated",
				    "enough", 1, &rig.err),
		  &rig.err);
	ck_assert(rig_run_until(&rig, rig_all_stopped, LIFE_MS));
	ck_assert_str_eq(rig_task(&rig, large).stop_code, "EssentialContainerExited");
}
END_TEST

START_TEST(a_task_of_an_event_gives_up_when_its_event_does)
{
	const char *large;

	rig.options.memory_limit_bytes = 700 << 20;
	rig.options.admission_ms = 100;
	(void)rig_insert(&rig, 1,
			 "[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"wait\"]}]");
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_running, LIFE_MS));
	large = rig_insert(&rig, 2, "[{\"name\":\"app\",\"image\":\"hello\"}]");
	let_wait(large, 600);
	ck_assert(!rig_run_until(&rig, rig_is_stopped, 300));
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	ck_assert_ptr_nonnull(
		strstr(rig_task(&rig, large).stopped_reason, "no memory became free"));
}
END_TEST

START_TEST(a_log_group_that_is_missing_ends_the_task_before_it_begins)
{
	struct task task = live_with(
		"[{\"name\":\"app\",\"image\":\"hello\",\"logConfiguration\":{\"logDriver\":"
		"\"awslogs\",\"options\":{\"awslogs-group\":\"none\"}}}]");

	ck_assert_str_eq(task.stop_code, "TaskFailedToStart");
	ck_assert_ptr_nonnull(
		strstr(task.stopped_reason,
		       "ResourceInitializationError: failed to validate logger args"));
	ck_assert_ptr_null(rig_leftovers(&rig));
}
END_TEST

START_TEST(a_spec_that_breaks_the_rules_is_not_run)
{
	struct task task = live_with("[{\"name\":\"app\",\"image\":\"hello\",\"memory\":100000}]");

	ck_assert_str_eq(task.stop_code, "TaskFailedToStart");
	ck_assert_ptr_nonnull(strstr(task.stopped_reason, "more memory than its task"));
}
END_TEST

START_TEST(the_agent_limits_the_cpu_where_the_host_cannot)
{
	fake_world->no_cpu_limit = true;
	ck_assert_str_eq(live("[\"exit\",\"0\"]").stop_code, "EssentialContainerExited");
	ck_assert_int_eq(fake_world->order_cpu_units, 256);
}
END_TEST

START_TEST(a_running_task_is_adopted_by_the_next_life)
{
	struct task task;

	rig_insert(&rig, 1, "[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"wait\"]}]");
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_running, LIFE_MS));
	for (int life = 0; life < 3; life++) {
		rig_stop(&rig);
		rig_start(&rig);
		(void)rig_run_until(&rig, rig_is_stopped, 100);
		ck_assert_int_eq(fake_machines_running(), 1);
	}
	ask_to_stop();
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	task = rig_task(&rig, rig.id);
	ck_assert_int_eq(task.containers[0].exit_code, 143);
	ck_assert_str_eq(rig_lines(&rig, rig.id, "app"), "waiting\n");
	ck_assert_int_eq(fake_world->told_count, 1);
	assert_clean(rig.id);
}
END_TEST

START_TEST(a_machine_that_ended_unwatched_ends_its_task)
{
	struct task task;

	rig_insert(&rig, 1, "[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"wait\"]}]");
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_running, LIFE_MS));
	rig_stop(&rig);
	fake_world->machines[0].used = false;
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_stopped, LIFE_MS));
	task = rig_task(&rig, rig.id);
	ck_assert_str_eq(task.stop_code, "InfrastructureHealth");
	assert_clean(rig.id);
}
END_TEST

START_TEST(what_belongs_to_no_task_is_swept_away)
{
	struct machine_spec spec = {.name = "slipway-0123456789abcdef0123456789abcdef-1"};
	struct network_lease lease = {.task = "0123456789abcdef0123456789abcdef"};
	char *socket = NULL, *path = NULL;
	struct storage *storage;

	ASSERT_OK(machine_start(NULL, &spec, &rig.err), &rig.err);
	ASSERT_OK(network_admit(NULL, &lease, &socket, &rig.err), &rig.err);
	ASSERT_OK(storage_open(rig.scratch_path, &storage, &rig.err), &rig.err);
	ASSERT_OK(storage_make(storage, spec.name, 20, 0, 0, &path, &rig.err), &rig.err);
	storage_free(storage);
	free(path);
	ck_assert_ptr_nonnull(rig_leftovers(&rig));
	ck_assert_str_eq(live("[\"exit\",\"0\"]").stop_code, "EssentialContainerExited");
	assert_clean(rig.id);
}
END_TEST

static bool no_machine_is_there(struct rig *some)
{
	(void)some; /* there is one world */
	return fake_machines_running() == 0;
}

static bool never(struct rig *some)
{
	(void)some;
	return false;
}

static bool released;

static void do_wait(void *ctx, unsigned worker)
{
	(void)ctx;
	(void)worker; /* all wait for the same */
	while (!__atomic_load_n(&released, __ATOMIC_RELAXED))
		usleep(1000);
}

static void waited(void *ctx)
{
	(void)ctx; /* nothing was made */
}

START_TEST(a_sweep_that_finds_no_room_is_followed_by_others)
{
	struct machine_spec spec = {.name = "slipway-0123456789abcdef0123456789abcdef-1"};

	rig.options.sweep_ms = SWEEP_MS;
	ck_assert_str_eq(live("[\"exit\",\"0\"]").stop_code, "EssentialContainerExited");
	released = false;
	while (jobs_submit(rig.flow->work, do_wait, waited, NULL, &rig.err) == 0)
		;
	ck_assert_int_eq(rig.err.code, ERR_LIMIT);
	ck_assert(!rig_run_until(&rig, never, 10L * SWEEP_MS));
	__atomic_store_n(&released, true, __ATOMIC_RELAXED);
	ASSERT_OK(machine_start(NULL, &spec, &rig.err), &rig.err);
	ck_assert(rig_run_until(&rig, no_machine_is_there, LIFE_MS));
}
END_TEST

static const struct {
	const char *name;
	bool ours;
	unsigned attempt;
} names[] = {
	{"slipway-0123456789abcdef0123456789abcdef-1", true, 1},
	{"slipway-0123456789abcdef0123456789abcdef-42", true, 42},
	{"slipway-0123456789abcdef0123456789abcdef-", false, 0},
	{"slipway-0123456789abcdef0123456789abcdef", false, 0},
	{"slipway-0123456789abcdef0123456789abcdef-01", false, 0},
	{"slipway-0123456789abcdef0123456789abcdef-1x", false, 0},
	{"slipway-0123456789abcdef0123456789abcdef-99999999999", false, 0},
	{"slipway-0123456789ABCDEF0123456789ABCDEF-1", false, 0},
	{"slipway-0123456789abcdef-1", false, 0},
	{"slipway-probe", false, 0},
	{"other", false, 0},
	{"", false, 0},
};

START_TEST(only_names_that_we_would_give_are_ours)
{
	char task[TASK_ID_SIZE];
	unsigned attempt = 0;

	ck_assert_int_eq(facts_machine_parse(names[_i].name, task, &attempt), names[_i].ours);
	if (!names[_i].ours)
		return;
	ck_assert_str_eq(task, "0123456789abcdef0123456789abcdef");
	ck_assert_uint_eq(attempt, names[_i].attempt);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/flow");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, open_rig, close_rig);
	tcase_set_timeout(all, 60);
	tcase_add_test(all, a_task_runs_and_its_output_and_exit_code_are_kept);
	tcase_add_loop_test(all, an_ending_is_told_as_it_was, 0, ARRAY_LEN(endings));
	tcase_add_test(all, a_running_task_is_stopped_by_its_user);
	tcase_add_test(all, a_task_is_stopped_while_its_image_is_pulled);
	tcase_add_test(all, an_image_that_cannot_be_pulled_ends_the_task_with_the_reason);
	tcase_add_loop_test(all, a_machine_that_does_not_boot_is_tried_again, 0, 5);
	tcase_add_test(all, a_task_that_can_never_fit_fails_at_once);
	tcase_add_test(all, what_a_guests_kernel_keeps_is_counted);
	tcase_add_loop_test(all, a_task_waits_for_memory_and_then_runs_or_fails, 0, 2);
	tcase_add_test(all, a_task_of_an_event_waits_longer_and_holds_up_nobody);
	tcase_add_test(all, a_task_of_an_event_gives_up_when_its_event_does);
	tcase_add_test(all, a_log_group_that_is_missing_ends_the_task_before_it_begins);
	tcase_add_test(all, a_spec_that_breaks_the_rules_is_not_run);
	tcase_add_test(all, the_agent_limits_the_cpu_where_the_host_cannot);
	tcase_add_test(all, a_running_task_is_adopted_by_the_next_life);
	tcase_add_test(all, a_machine_that_ended_unwatched_ends_its_task);
	tcase_add_test(all, what_belongs_to_no_task_is_swept_away);
	tcase_add_test(all, a_sweep_that_finds_no_room_is_followed_by_others);
	tcase_add_loop_test(all, only_names_that_we_would_give_are_ours, 0, ARRAY_LEN(names));
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
