/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The provisioner's walk over stopped tasks: more than a batch of them goes, and nothing else.
 */
#include "flow_scene.h"

#include "store/record.h"

#define STOPPED_COUNT 70 /* three batches */
#define APP(command)  "[{\"name\":\"app\",\"image\":\"hello\",\"command\":[\"" command "\"]}]"

static int64_t count(const char *from)
{
	AUTO(freep) char *sql = xasprintf("SELECT COUNT(*) FROM %s", from);
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t number;

	ASSERT_OK(db_query(rig.watch_state, sql, &query, &rig.err), &rig.err);
	ASSERT_OK(record_int(query, -1, &number, &rig.err), &rig.err);
	return number;
}

static bool has_forgotten(struct rig *some)
{
	(void)some; /* there is one */
	return count("task WHERE state = 'STOPPED'") == 0;
}

START_TEST(stopped_tasks_go_when_their_time_is_over)
{
	rig.options.retention_ms = 100;
	for (unsigned i = 1; i <= STOPPED_COUNT; i++)
		rig_insert(&rig, i, APP("wait"));
	ASSERT_OK(db_exec(rig.watch_state, "UPDATE task SET state = 'STOPPED', stopped_ms = 1",
			  NULL, &rig.err),
		  &rig.err);
	rig_insert(&rig, STOPPED_COUNT + 1, APP("wait"));
	rig_start(&rig);
	ck_assert(rig_run_until(&rig, rig_is_running, LIFE_MS));
	ck_assert(rig_run_until(&rig, has_forgotten, LIFE_MS));
	ck_assert_int_eq(count("task"), 1);
}
END_TEST

START_TEST(a_retention_of_nothing_keeps_them_for_ever)
{
	rig_insert(&rig, 1, APP("wait"));
	ASSERT_OK(db_exec(rig.watch_state, "UPDATE task SET state = 'STOPPED', stopped_ms = 1",
			  NULL, &rig.err),
		  &rig.err);
	rig_start(&rig);
	ck_assert(!rig_run_until(&rig, has_forgotten, 1500)); /* a walk begins after a second */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/forget");
	TCase *all = tcase_create("all");

	tcase_set_timeout(all, 60);
	tcase_add_checked_fixture(all, open_rig, close_rig);
	tcase_add_test(all, stopped_tasks_go_when_their_time_is_over);
	tcase_add_test(all, a_retention_of_nothing_keeps_them_for_ever);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
