/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks of FARGATE_SPOT that make room for others. The world has memory for two
 * tasks of 512 MiB.
 */
#include "tests/support/suite.h"

#include "core/log.h"
#include "tests/support/flow_rig.h"

#define LIFE_MS 10000
#define WAIT	"[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"wait\"]}]"
#define MIB	(INT64_C(1) << 20)

static struct rig rig;

static void open_rig(void)
{
	log_open("test", LOG_LEVEL_ERROR);
	rig_open(&rig);
	rig.options.memory_limit_bytes = 1100 * MIB;
}

static void close_rig(void)
{
	if (rig.flow)
		rig_stop(&rig);
	rig_close(&rig);
}

/* A task that runs until it is stopped; how far it came is asked later. */
static const char *insert(unsigned number, const char *provider, int64_t memory_mib)
{
	struct db_query *query;
	const char *id;

	ASSERT_OK(db_begin(rig.watch_state, &rig.err), &rig.err);
	id = rig_insert_sized(&rig, number, WAIT, 256, memory_mib);
	ASSERT_OK(db_query(rig.watch_state, "UPDATE task SET capacity_provider = ?1 WHERE id = ?2",
			   &query, &rig.err),
		  &rig.err);
	db_bind_text(query, 1, provider);
	db_bind_text(query, 2, id);
	ASSERT_OK(db_run(query, NULL, &rig.err), &rig.err);
	ASSERT_OK(db_commit(rig.watch_state, &rig.err), &rig.err);
	return id;
}

static const char *insert_running(unsigned number, const char *provider, int64_t memory_mib)
{
	const char *id = insert(number, provider, memory_mib);

	if (!rig.flow)
		rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_running, LIFE_MS));
	return id;
}

static void assert_untouched(const char *id)
{
	struct task task = rig_task(&rig, id);

	ck_assert_int_eq(task.state, TASK_RUNNING);
	ck_assert(!task.want_stopped);
}

START_TEST(the_newest_spot_task_makes_room_for_one_that_waits)
{
	const char *older = insert_running(1, "FARGATE_SPOT", 512);
	const char *newer = insert_running(2, "FARGATE_SPOT", 512);
	struct task task;

	(void)insert_running(3, "", 512);
	task = rig_task(&rig, newer);
	ck_assert_int_eq(task.state, TASK_STOPPED);
	ck_assert_str_eq(task.stop_code, "SpotInterruption");
	ck_assert_str_eq(task.stopped_reason, "Your Spot Task was interrupted.");
	assert_untouched(older);
}
END_TEST

START_TEST(as_many_make_room_as_are_needed)
{
	const char *ids[2] = {insert_running(1, "FARGATE_SPOT", 512),
			      insert_running(2, "FARGATE_SPOT", 512)};

	(void)insert_running(3, "FARGATE", 1024);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		ck_assert_str_eq(rig_task(&rig, ids[i]).stop_code, "SpotInterruption");
}
END_TEST

START_TEST(nobody_is_interrupted_whom_the_others_can_spare)
{
	const char *large, *small;

	rig.options.memory_limit_bytes = 1600 * MIB;
	large = insert_running(1, "FARGATE_SPOT", 1024);
	small = insert_running(2, "FARGATE_SPOT", 512);
	(void)insert_running(3, "FARGATE", 1024);
	ck_assert_str_eq(rig_task(&rig, large).stop_code, "SpotInterruption");
	assert_untouched(small);
}
END_TEST

START_TEST(a_spot_task_that_waits_interrupts_nobody)
{
	const char *first = insert_running(1, "FARGATE_SPOT", 512);
	const char *second = insert_running(2, "FARGATE", 512);

	(void)insert(3, "FARGATE_SPOT", 512);
	ck_assert(!rig_run_until(&rig, rig_is_running, 300));
	assert_untouched(first);
	assert_untouched(second);
}
END_TEST

START_TEST(nobody_is_interrupted_where_that_does_not_make_room)
{
	const char *spot = insert_running(1, "FARGATE_SPOT", 512);
	const char *other = insert_running(2, "FARGATE", 512);

	(void)insert(3, "FARGATE", 1024);
	ck_assert(!rig_run_until(&rig, rig_is_running, 300));
	assert_untouched(spot);
	assert_untouched(other);
}
END_TEST

START_TEST(an_interruption_survives_another_life_of_the_program)
{
	const char *spot = insert_running(1, "FARGATE_SPOT", 1024);
	struct task task;

	(void)insert(2, "FARGATE", 512);
	for (int looks = 0; looks < 100 && !rig_task(&rig, spot).want_stopped; looks++)
		(void)rig_run_until(&rig, rig_is_running, 5);
	ck_assert(rig_task(&rig, spot).want_stopped);
	rig_stop(&rig);
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_running, LIFE_MS));
	task = rig_task(&rig, spot);
	ck_assert_int_eq(task.state, TASK_STOPPED);
	ck_assert_str_eq(task.stop_code, "SpotInterruption");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/spot");
	TCase *tests = tcase_create("spot");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, open_rig, close_rig);
	tcase_add_test(tests, the_newest_spot_task_makes_room_for_one_that_waits);
	tcase_add_test(tests, as_many_make_room_as_are_needed);
	tcase_add_test(tests, nobody_is_interrupted_whom_the_others_can_spare);
	tcase_add_test(tests, a_spot_task_that_waits_interrupts_nobody);
	tcase_add_test(tests, nobody_is_interrupted_where_that_does_not_make_room);
	tcase_add_test(tests, an_interruption_survives_another_life_of_the_program);
	suite_add_tcase(suite, tests);
	return suite_end(suite);
}
