/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole lives of tasks, through the real store, with a hypervisor in memory.
 */
#include "tests/unit/core/suite.h"

#include "core/log.h"
#include "tests/support/flow_rig.h"

#define LIFE_MS 10000

static struct rig rig;

static void open_rig(void)
{
	log_open("test", getenv("FLOW_LOG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
	rig_open(&rig);
}

static void close_rig(void)
{
	if (rig.flow)
		rig_stop(&rig);
	rig_close(&rig);
}

/* One container named app with this command: from the row to STOPPED. */
static struct task live(const char *command)
{
	AUTO(freep)
	char *containers =
		xasprintf("[{\"name\":\"app\",\"image\":\"hello\",\"command\":%s}]", command);

	rig_insert(&rig, 1, containers);
	rig_start(&rig);
	ck_assert_msg(rig_run_until(&rig, rig_is_stopped, LIFE_MS), "it did not stop");
	return rig_task(&rig, rig.id);
}

static void assert_clean(const char *id)
{
	int64_t opened, closed;

	ck_assert_ptr_null(rig_leftovers(&rig));
	rig_meters(&rig, id, &opened, &closed);
	ck_assert_int_eq(opened, 2); /* VCPU and MEMORY */
	ck_assert_int_eq(closed, 2);
}

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

int main(void)
{
	Suite *suite = suite_create("provisioner/flow");
	TCase *all = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(all, open_rig, close_rig);
	tcase_set_timeout(all, 60);
	tcase_add_test(all, a_task_runs_and_its_output_and_exit_code_are_kept);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
