/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each version of a task leaves one row that is the task as it was, where somebody may want it.
 */
#include "tests/unit/store/place.h"

#include "store/event_rule.h"
#include "store/event_tail.h"
#include "store/task_forget.h"
#include "store/task_version.h"

static void put_rule(struct place *place, const char *bus, const char *pattern, bool enabled)
{
	const struct event_rule_record rule = {.key = {ACCOUNT, bus, "r"},
					       .pattern = pattern,
					       .schedule = pattern ? NULL : "rate(1 day)",
					       .enabled = enabled,
					       .description = "",
					       .role = ""};

	ASSERT_OK(event_rule_put(place->db, &rule, &place->err), &place->err);
}

static size_t list(struct place *place, struct task_version **ret_versions)
{
	size_t n;

	ASSERT_OK(task_version_list(place->db, 100, place->arena, ret_versions, &n, &place->err),
		  &place->err);
	return n;
}

static void end_container(struct place *place, const char *id, size_t index, int64_t code)
{
	const struct task_container ended = {
		.state = CONTAINER_STOPPED, .has_exit_code = true, .exit_code = code};

	ASSERT_OK(task_container_update(place->db, id, index, &ended, &place->err), &place->err);
}

START_TEST(each_version_is_there_once_as_it_was)
{
	AUTO(place_done) struct place place;
	const struct task_change quiet = {.agent_seq = 7};
	struct task_version *versions;
	const char *id;

	place_state(&place);
	put_rule(&place, "default", "{}", true);
	id = place_insert(&place, 1);
	place_move(&place, id, TASK_PROVISIONING, TASK_EV_CLAIMED);
	ASSERT_OK(task_update(place.db, id, &quiet, false, &place.err), &place.err);
	ASSERT_OK(task_want_stopped(place.db, ACCOUNT, "default", id, "UserInitiated", "enough", 5,
				    &place.err),
		  &place.err);
	ASSERT_OK(task_want_stopped(place.db, ACCOUNT, "default", id, "UserInitiated", "again", 6,
				    &place.err),
		  &place.err);
	end_container(&place, id, 0, 3);
	ASSERT_OK(task_update(place.db, id, &quiet, true, &place.err), &place.err);
	place_move(&place, id, TASK_PENDING, TASK_EV_FAILED);
	place_move(&place, id, TASK_DEPROVISIONING, TASK_EV_RELEASED);
	ck_assert_uint_eq(list(&place, &versions), 6);
	for (int64_t i = 0; i < 6; i++)
		ck_assert_int_eq(versions[i].task.version, i + 1);
	ck_assert_int_eq(versions[0].task.state, TASK_PROVISIONING);
	ck_assert_int_eq(versions[1].task.state, TASK_PENDING);
	ck_assert(!versions[1].task.want_stopped);
	ck_assert(versions[2].task.want_stopped);
	ck_assert_str_eq(versions[2].task.stopped_reason, "enough");
	ck_assert(!versions[2].task.containers[0].has_exit_code);
	ck_assert_int_eq(versions[3].task.containers[0].exit_code, 3);
	ck_assert_int_eq(versions[3].task.containers[1].state, CONTAINER_PENDING);
	ck_assert_int_eq(versions[5].task.state, TASK_STOPPED);
	ck_assert_int_eq(versions[5].task.containers[1].state, CONTAINER_STOPPED);
	ck_assert_str_eq(versions[0].task.family, "web");
	ck_assert_int_eq(versions[0].task.stopped_ms, 0);
}
END_TEST

START_TEST(nothing_is_noted_where_nobody_listens)
{
	AUTO(place_done) struct place place;
	const struct event_watch watch = {ACCOUNT, "default", "w"};
	struct task_version *versions;

	place_state(&place);
	(void)task_version_noted();
	place_insert(&place, 1);
	put_rule(&place, "other", "{}", true);
	place_insert(&place, 2);
	put_rule(&place, "default", "{}", false);
	place_insert(&place, 3);
	put_rule(&place, "default", NULL, true);
	place_insert(&place, 4);
	ck_assert_uint_eq(list(&place, &versions), 0);
	ck_assert(!task_version_noted());
	ASSERT_OK(event_tail_hold(place.db, &watch, 1, &place.err), &place.err);
	place_insert(&place, 5);
	ck_assert(task_version_noted());
	ck_assert(!task_version_noted());
	ck_assert_uint_eq(list(&place, &versions), 1);
}
END_TEST

START_TEST(what_is_rolled_back_leaves_no_row)
{
	AUTO(place_done) struct place place;
	struct task_version *versions;

	place_state(&place);
	put_rule(&place, "default", "{}", true);
	ASSERT_OK(db_begin(place.db, &place.err), &place.err);
	place_insert(&place, 1);
	db_rollback(place.db);
	ck_assert_uint_eq(list(&place, &versions), 0);
}
END_TEST

START_TEST(a_wait_is_noted_once)
{
	AUTO(place_done) struct place place;
	struct task_version *versions;
	const char *id;
	bool first;

	place_state(&place);
	put_rule(&place, "default", "{}", true);
	id = place_insert(&place, 1);
	ASSERT_OK(task_version_note_wait(place.db, id, 5, &first, &place.err), &place.err);
	ck_assert(first);
	ASSERT_OK(task_version_note_wait(place.db, id, 6, &first, &place.err), &place.err);
	ck_assert(!first);
	ck_assert_uint_eq(list(&place, &versions), 2);
	ck_assert(!versions[0].waits);
	ck_assert(versions[1].waits);
	ASSERT_OK(task_version_end(place.db, versions[0].number, &place.err), &place.err);
	ASSERT_OK(task_version_end(place.db, versions[1].number, &place.err), &place.err);
	ck_assert_uint_eq(list(&place, &versions), 0);
}
END_TEST

START_TEST(a_task_is_not_forgotten_before_its_events_are_made)
{
	AUTO(place_done) struct place place;
	struct task_version *versions;
	struct task_forget_place at = {.stopped_ms = 0};
	size_t forgotten, n;
	const char *id;
	bool more;

	place_state(&place);
	put_rule(&place, "default", "{}", true);
	id = place_insert(&place, 1);
	place_stop(&place, id);
	ASSERT_OK(task_forget(place.db, INT64_MAX / 2, INT64_MAX / 2, 10, &at, &forgotten, &more,
			      &place.err),
		  &place.err);
	ck_assert_uint_eq(forgotten, 0);
	n = list(&place, &versions);
	for (size_t i = 0; i < n; i++)
		ASSERT_OK(task_version_end(place.db, versions[i].number, &place.err), &place.err);
	at = (struct task_forget_place){.stopped_ms = 0};
	ASSERT_OK(task_forget(place.db, INT64_MAX / 2, INT64_MAX / 2, 10, &at, &forgotten, &more,
			      &place.err),
		  &place.err);
	ck_assert_uint_eq(forgotten, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store/task_version");
	TCase *all = tcase_create("all");

	tcase_add_test(all, each_version_is_there_once_as_it_was);
	tcase_add_test(all, nothing_is_noted_where_nobody_listens);
	tcase_add_test(all, what_is_rolled_back_leaves_no_row);
	tcase_add_test(all, a_wait_is_noted_once);
	tcase_add_test(all, a_task_is_not_forgotten_before_its_events_are_made);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
