/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold whatever fails and whenever the program is killed. One scene: a task that
 * writes lines and ends, and a task that runs until it is stopped. It is played again
 * and again, and each time another call fails, or the process ends at another point: before or
 * after a call to the hypervisor or the network, a pull, or a commit of the store.
 *
 * The world (machines, leases) outlives the process, as the real one does.
 *
 * Much of a life is waiting, so the scenes are parts that may run side by side:
 *     test_provisioner_flow_faults [PART]
 */
#include "tests/support/suite.h"

#include <sys/wait.h>

#include "core/clock.h"
#include "core/log.h"
#include "tests/support/flow_rig.h"

#define LIFE_MS	     20000
#define POINTS_MAX   400 /* more than a scene has */
#define POOL_WAIT_NS INT64_C(1000000000)

#define WAITER "[{\"name\":\"app\",\"image\":\"b\",\"command\":[\"wait\"]}]"

static struct rig rig;
static const char *talker, *waiter;
static bool with_pool; /* the second task comes when a machine waits for it */

int __real_db_commit(struct db *db, struct err *err);
int __wrap_db_commit(struct db *db, struct err *err);

/* The linker puts this in the place of db_commit(). */
int __wrap_db_commit(struct db *db, struct err *err)
{
	int result;

	if (fake_world)
		fake_point();
	result = __real_db_commit(db, err);
	if (fake_world)
		fake_point();
	return result;
}

static void open_scene(bool pool)
{
	with_pool = pool;
	log_open("test", getenv("FLOW_LOG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
	rig_open(&rig);
	talker = rig_insert(&rig, 1,
			    "[{\"name\":\"app\",\"image\":\"a\",\"command\":[\"lines\",\"3\"]}]");
	waiter = arena_printf(rig.arena, "%032x", 2);
	if (pool) {
		rig.options.blank_image = FAKE_BLANK;
		rig.options.pool_machines = 1;
		rig.options.pool_quiet_ms = 1;
	} else {
		rig_insert(&rig, 2, WAITER);
	}
	fake_world->points = 0;
	fake_world->calls = 0;
}

/* Insert the waiter when a machine waits for it, or none comes. */
static bool insert_waiter(struct rig *some)
{
	struct flow_counts counts;

	flow_count(some->flow, &counts);
	if (!rig_all_stopped(some) ||
	    (counts.pool == 0 && clock_boot_ns() < some->began_ns + POOL_WAIT_NS))
		return false;
	rig_insert(some, 2, WAITER);
	return true;
}

/* Stop the waiter as soon as it runs; true when all is over. */
static bool play(struct rig *some)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1u << 22);
	struct flow_counts counts;
	struct task task;
	struct err err = ERR_INIT;

	if (task_find(some->watch_state, NULL, NULL, waiter, arena, &task, &err) < 0) {
		ck_assert_int_eq(err.code, ERR_NOT_FOUND);
		(void)insert_waiter(some);
		return false;
	}
	if (task.state == TASK_RUNNING && !task.want_stopped)
		ASSERT_OK(task_want_stopped(some->watch_state, RIG_ACCOUNT, "default", waiter,
					    "UserInitiated", "enough", 1, &err),
			  &err);
	flow_count(some->flow, &counts);
	/* What an earlier life of the pool left is swept away, too. */
	return rig_all_stopped(some) && fake_machines_running() <= counts.pool &&
	       rig_disks(some) <= counts.pool;
}

static unsigned times_told(const char *id)
{
	unsigned count = 0;

	for (size_t i = 0; i < fake_world->told_count; i++)
		count += strcmp(fake_world->told[i], id) == 0;
	return count;
}

static void assert_nothing_left(const char *id, unsigned at)
{
	const char *left = rig_leftovers(&rig);
	int64_t opened, closed;

	ck_assert_msg(!left, "at %u: %s is left", at, left);
	rig_meters(&rig, id, &opened, &closed);
	ck_assert_msg(opened == closed, "at %u: meters %d, closed %d", at, (int)opened,
		      (int)closed);
	ck_assert_msg(times_told(id) <= 1, "at %u: task %s was run %u times", at, id,
		      times_told(id));
}

static const char *const stop_codes[] = {"EssentialContainerExited", "UserInitiated",
					 "TaskFailedToStart", "InfrastructureHealth"};

static void assert_truthful(const char *id, unsigned at)
{
	struct task task = rig_task(&rig, id);
	bool known = false;

	for (size_t i = 0; i < ARRAY_LEN(stop_codes); i++)
		known = known || strcmp(task.stop_code, stop_codes[i]) == 0;
	ck_assert_msg(known && task.stopped_reason[0], "at %u: '%s' '%s'", at, task.stop_code,
		      task.stopped_reason);
	ck_assert_msg(task.containers[0].state == CONTAINER_STOPPED, "at %u", at);
	if (task.containers[0].has_exit_code)
		ck_assert_msg(times_told(id) == 1, "at %u: an exit code from nowhere", at);
}

/* Loops over two kinds of failure: one that is final, and one that may pass. */
START_TEST(a_call_that_fails_ends_in_a_truthful_stop_and_leaves_nothing)
{
	static const enum err_code codes[] = {ERR_SYSTEM, ERR_UNAVAILABLE, ERR_SYSTEM};
	unsigned calls;
	unsigned at = 0;

	do {
		at++;
		open_scene(_i == 2);
		fake_world->fail_at = at;
		fake_world->fail_code = codes[_i];
		rig_start(&rig);
		ck_assert_msg(rig_run_until(&rig, play, LIFE_MS), "at %u: not over", at);
		calls = fake_world->calls;
		flow_end_pool(rig.flow);
		rig_stop(&rig);
		assert_truthful(talker, at);
		assert_truthful(waiter, at);
		assert_nothing_left(talker, at);
		assert_nothing_left(waiter, at);
		rig_close(&rig);
	} while (at < calls);
	ck_assert_uint_gt(at, 10);
}
END_TEST

/* One life in a process of its own, which ends at the point @crash_at. */
static int live(unsigned crash_at)
{
	int status;
	pid_t pid;

	rig_blind(&rig);
	fake_world_mend();
	fake_world->points = 0;
	fake_world->crash_at = crash_at;
	(void)fflush(stdout);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		rig_see(&rig);
		rig_start(&rig);
		if (!rig_run_until(&rig, play, LIFE_MS))
			_exit(1);
		flow_end_pool(rig.flow);
		rig_stop(&rig);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	fake_world->crash_at = 0;
	fake_world_mend();
	rig_see(&rig);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static void assert_as_if_nothing_had_happened(unsigned at)
{
	struct task task = rig_task(&rig, talker);

	ck_assert_msg(strcmp(task.stop_code, "EssentialContainerExited") == 0, "at %u: %s %s", at,
		      task.stop_code, task.stopped_reason);
	ck_assert_msg(task.containers[0].has_exit_code && task.containers[0].exit_code == 0,
		      "at %u", at);
	ck_assert_msg(strcmp(rig_lines(&rig, talker, "app"), "line 1\nline 2\nline 3\n") == 0,
		      "at %u: %s", at, rig_lines(&rig, talker, "app"));
	ck_assert_msg(times_told(talker) == 1, "at %u: run %u times", at, times_told(talker));
	task = rig_task(&rig, waiter);
	ck_assert_msg(strcmp(task.stop_code, "UserInitiated") == 0, "at %u: %s %s", at,
		      task.stop_code, task.stopped_reason);
	ck_assert_msg(task.containers[0].exit_code == 143, "at %u", at);
	ck_assert_msg(strcmp(rig_lines(&rig, waiter, "app"), "waiting\n") == 0, "at %u", at);
}

static void assert_metered_once(const char *id, unsigned at)
{
	int64_t opened, closed;

	rig_meters(&rig, id, &opened, &closed);
	ck_assert_msg(opened == 2 && closed == 2, "at %u: meters %d, closed %d", at, (int)opened,
		      (int)closed);
}

/* The loop's number tells the distance to a second kill (0 for none), and the scene. */
START_TEST(a_kill_at_any_point_loses_nothing_and_doubles_nothing)
{
	static const struct {
		unsigned second, step;
		bool pool;
	} scenes[] = {{0, 1, false}, {7, 5, false}, {23, 9, false}, {0, 2, true}, {11, 9, true}};
	unsigned at;

	for (at = 1 + (unsigned)_i; at < POINTS_MAX; at += scenes[_i].step) {
		int first, last;

		open_scene(scenes[_i].pool);
		first = live(at);
		ck_assert_msg(first == 0 || first == FAKE_CRASH_STATUS, "at %u: %d", at, first);
		if (first == FAKE_CRASH_STATUS && scenes[_i].second)
			(void)live(scenes[_i].second);
		last = live(0);
		ck_assert_msg(last == 0, "at %u: %d", at, last);
		assert_as_if_nothing_had_happened(at);
		assert_metered_once(talker, at);
		assert_metered_once(waiter, at);
		assert_nothing_left(talker, at);
		assert_nothing_left(waiter, at);
		rig_close(&rig);
		if (first == 0)
			break;
	}
	ck_assert_uint_gt(at, 20);
	ck_assert_uint_lt(at, POINTS_MAX);
}
END_TEST

/* A part's loops of one test. */
struct part {
	const char *name;
	const TTest *test;
	int first, end;
};

int main(int argc, char **argv)
{
	const struct part parts[] = {
		{"calls", a_call_that_fails_ends_in_a_truthful_stop_and_leaves_nothing, 0, 2},
		{"calls_of_pool", a_call_that_fails_ends_in_a_truthful_stop_and_leaves_nothing, 2,
		 3},
		{"kills", a_kill_at_any_point_loses_nothing_and_doubles_nothing, 0, 1},
		{"two_kills", a_kill_at_any_point_loses_nothing_and_doubles_nothing, 1, 3},
		{"kills_of_pool", a_kill_at_any_point_loses_nothing_and_doubles_nothing, 3, 5},
	};
	Suite *suite = suite_create("provisioner/flow_faults");
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const struct part *part = &parts[i];
		TCase *all;

		if (argc > 1 && strcmp(argv[1], part->name) != 0)
			continue;
		any = true;
		all = tcase_create(part->name);
		tcase_set_timeout(all, 800);
		tcase_add_loop_test(all, part->test, part->first, part->end);
		suite_add_tcase(suite, all);
	}
	if (!any) {
		(void)fprintf(stderr, "%s: there is no part '%s'\n", argv[0], argv[1]);
		(void)suite_end(suite);
		return EXIT_FAILURE;
	}
	return suite_end(suite);
}
