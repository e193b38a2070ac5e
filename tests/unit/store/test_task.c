/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gateway does with tasks: insert, find, list, wish them to stop.
 */
#include "tests/unit/store/place.h"

START_TEST(a_task_reads_back_as_it_was_inserted)
{
	AUTO(place_done) struct place place;
	struct task put, got;

	place_state(&place);
	put = place_task(&place, 7);
	put.started_by = "ci \"quoted\" \xc3\xa4";
	put.exec_enabled = true;
	ASSERT_OK(task_insert(place.db, &put, &place.err), &place.err);
	got = place_find(&place, put.id);
	ck_assert_str_eq(got.account, ACCOUNT);
	ck_assert_str_eq(got.started_by, put.started_by);
	ck_assert_str_eq(got.group, "family:web");
	ck_assert_str_eq(got.subnet_id, "subnet-1");
	ck_assert_str_eq(got.network_interface_id, put.network_interface_id);
	ck_assert_str_eq(got.address, "");
	ck_assert_int_eq(got.memory_mib, 512);
	ck_assert_int_eq(got.storage_gib, 20);
	ck_assert(got.exec_enabled && got.public_ip && !got.want_stopped);
	ck_assert_int_eq(got.state, TASK_PROVISIONING);
	ck_assert_int_eq(got.version, 1);
	ck_assert_int_eq(got.created_ms, 1007);
	ck_assert_int_eq(got.started_ms, 0);
	ck_assert_uint_eq(got.container_count, 2);
	ck_assert_str_eq(got.containers[0].name, "app");
	ck_assert(got.containers[0].essential && !got.containers[1].essential);
	ck_assert_int_eq(got.containers[1].memory_reservation, 64);
	ck_assert_int_eq(got.containers[1].state, CONTAINER_PENDING);
	ck_assert(!got.containers[0].has_exit_code);
	ck_assert_str_eq(got.containers[0].image_digest, "");
}
END_TEST

START_TEST(a_task_is_found_by_its_account_and_cluster_alone)
{
	static const struct {
		const char *account, *cluster;
		bool found;
	} rows[] = {
		{ACCOUNT, "default", true},   {ACCOUNT, NULL, true},
		{NULL, NULL, true},	      {ACCOUNT, "other", false},
		{OTHER_ACCOUNT, NULL, false}, {OTHER_ACCOUNT, "default", false},
	};
	AUTO(place_done) struct place place;
	struct task task;
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int rc = task_find(place.db, rows[i].account, rows[i].cluster, id, place.arena,
				   &task, &place.err);

		ck_assert_int_eq(rc, rows[i].found ? 0 : -1);
		ck_assert_int_eq(place.err.code, rows[i].found ? ERR_NONE : ERR_NOT_FOUND);
		err_clear(&place.err);
	}
}
END_TEST

START_TEST(what_is_not_a_new_task_is_refused)
{
	AUTO(place_done) struct place place;
	struct task task;

	place_state(&place);
	task = place_task(&place, 1);
	task.version = 2;
	ASSERT_FAILS(task_insert(place.db, &task, &place.err), ERR_INVALID, &place.err);
	task.version = 1;
	task.container_count = TASK_CONTAINERS_MAX + 1;
	ASSERT_FAILS(task_insert(place.db, &task, &place.err), ERR_LIMIT, &place.err);
	task.container_count = 2;
	ASSERT_OK(task_insert(place.db, &task, &place.err), &place.err);
	ASSERT_FAILS(task_insert(place.db, &task, &place.err), ERR_EXISTS, &place.err);
}
END_TEST

START_TEST(a_full_arena_is_an_error_wherever_it_fills)
{
	AUTO(place_done) struct place place;
	const char *id;
	bool done = false;

	place_state(&place);
	id = place_insert(&place, 1);
	for (size_t size = 16; !done; size += 16) {
		AUTO(arena_freep) struct arena *arena = arena_new(size);
		struct task task;

		ck_assert_uint_lt(size, 65536);
		done = task_find(place.db, NULL, NULL, id, arena, &task, &place.err) == 0;
		ck_assert(done || place.err.code == ERR_LIMIT);
		ck_assert(!db_in_transaction(place.db));
		err_clear(&place.err);
	}
}
END_TEST

static struct task_list_place place_of(struct place *place, const char *id)
{
	struct task_list_place ret;

	ASSERT_OK(task_list_place(place->db, id, &ret, &place->err), &place->err);
	return ret;
}

static const char *listed(struct place *place, struct task_filter filter)
{
	const char **ids;
	char *text = arena_strdup(place->arena, "");
	size_t count;

	filter.account = filter.account ? filter.account : ACCOUNT;
	filter.cluster = filter.cluster ? filter.cluster : "default";
	filter.limit = 2;
	do {
		ASSERT_OK(task_list(place->db, &filter, place->arena, &ids, &count, &place->err),
			  &place->err);
		for (size_t i = 0; i < count; i++)
			text = arena_printf(place->arena, "%s %ld", text, strtol(ids[i], NULL, 16));
		if (count == 2)
			filter.after = place_of(place, ids[1]);
	} while (count == 2);
	return text;
}

#define LISTED(...) listed(&place, (struct task_filter){__VA_ARGS__})

START_TEST(lists_go_from_the_newest_and_each_filter_holds)
{
	AUTO(place_done) struct place place;

	place_state(&place);
	for (unsigned i = 1; i <= 7; i++) {
		struct task task = place_task(&place, i);

		task.family = i % 2 ? "web" : "job";
		task.group = i % 2 ? "family:web" : "service:s";
		task.started_by = i <= 3 ? "ci" : "";
		task.cluster = i == 7 ? "other" : "default";
		task.launch_type = i == 6 ? "EXTERNAL" : "FARGATE";
		ASSERT_OK(task_insert(place.db, &task, &place.err), &place.err);
	}
	ck_assert_str_eq(LISTED(), " 6 5 4 3 2 1");
	ck_assert_str_eq(LISTED(.cluster = "other"), " 7");
	ck_assert_str_eq(LISTED(.account = OTHER_ACCOUNT), "");
	ck_assert_str_eq(LISTED(.family = "web"), " 5 3 1");
	ck_assert_str_eq(LISTED(.group = "service:s"), " 6 4 2");
	ck_assert_str_eq(LISTED(.started_by = "ci"), " 3 2 1");
	ck_assert_str_eq(LISTED(.started_by = ""), " 6 5 4");
	ck_assert_str_eq(LISTED(.launch_type = "FARGATE"), " 5 4 3 2 1");
	ck_assert_str_eq(LISTED(.launch_type = "EXTERNAL"), " 6");
	ck_assert_str_eq(LISTED(.launch_type = "EC2"), "");
	ck_assert_str_eq(LISTED(.family = "job", .started_by = "ci"), " 2");
	place_stop(&place, "00000000000000000000000000000004");
	ck_assert_str_eq(LISTED(), " 6 5 3 2 1");
	ck_assert_str_eq(LISTED(.want_stopped = true), " 4");
}
END_TEST

START_TEST(pages_are_stable_while_tasks_come_and_stop)
{
	AUTO(place_done) struct place place;
	struct task_filter filter = {.account = ACCOUNT, .cluster = "default", .limit = 2};
	struct task_list_place unknown;
	const char **ids, *page_end;
	size_t count;

	place_state(&place);
	for (unsigned i = 1; i <= 5; i++) {
		struct task task = place_task(&place, i);

		task.created_ms = 1; /* of one millisecond: the id decides */
		ASSERT_OK(task_insert(place.db, &task, &place.err), &place.err);
	}
	ASSERT_OK(task_list(place.db, &filter, place.arena, &ids, &count, &place.err), &place.err);
	ck_assert_int_eq(strtol(ids[1], NULL, 16), 4);
	page_end = ids[1];
	place_insert(&place, 9);
	place_stop(&place, page_end); /* the page's last one is no longer in the list */
	filter.after = place_of(&place, page_end);
	ASSERT_OK(db_exec(place.db, "DELETE FROM task WHERE state = 'STOPPED'", NULL, &place.err),
		  &place.err); /* and not even known */
	ASSERT_OK(task_list(place.db, &filter, place.arena, &ids, &count, &place.err), &place.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(strtol(ids[0], NULL, 16), 3);
	ASSERT_FAILS(task_list_place(place.db, "not a task", &unknown, &place.err), ERR_NOT_FOUND,
		     &place.err);
}
END_TEST

START_TEST(a_wish_to_stop_is_kept_once_with_its_first_cause)
{
	AUTO(place_done) struct place place;
	struct task task;
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	ASSERT_OK(task_want_stopped(place.db, ACCOUNT, "default", id, "UserInitiated", "why", 50,
				    &place.err),
		  &place.err);
	ASSERT_OK(task_want_stopped(place.db, ACCOUNT, NULL, id, "SpotInterruption", "late", 60,
				    &place.err),
		  &place.err);
	task = place_find(&place, id);
	ck_assert(task.want_stopped);
	ck_assert_int_eq(task.version, 2);
	ck_assert_int_eq(task.stopping_ms, 50);
	ck_assert_str_eq(task.stop_code, "UserInitiated");
	ck_assert_str_eq(task.stopped_reason, "why");
	ck_assert_int_eq(task.state, TASK_PROVISIONING);
	ASSERT_FAILS(task_want_stopped(place.db, OTHER_ACCOUNT, NULL, id, "UserInitiated", "", 1,
				       &place.err),
		     ERR_NOT_FOUND, &place.err);
	ASSERT_FAILS(task_want_stopped(place.db, ACCOUNT, "other", id, "UserInitiated", "", 1,
				       &place.err),
		     ERR_NOT_FOUND, &place.err);
}
END_TEST

START_TEST(the_mark_changes_with_what_a_provisioner_must_see)
{
	AUTO(place_done) struct place place;
	struct task_change taken = {.agent_seq = 9};
	int64_t before, after;
	const char *id;

	place_state(&place);
	ASSERT_OK(task_change_mark(place.db, &before, &place.err), &place.err);
	id = place_insert(&place, 1);
	ASSERT_OK(task_change_mark(place.db, &after, &place.err), &place.err);
	ck_assert_int_ne(before, after);
	before = after;
	ASSERT_OK(task_update(place.db, id, &taken, false, &place.err), &place.err);
	ASSERT_OK(task_change_mark(place.db, &after, &place.err), &place.err);
	ck_assert_int_eq(before, after);
	ASSERT_OK(
		task_want_stopped(place.db, ACCOUNT, NULL, id, "UserInitiated", "", 1, &place.err),
		&place.err);
	ASSERT_OK(task_change_mark(place.db, &after, &place.err), &place.err);
	ck_assert_int_ne(before, after);
}
END_TEST

START_TEST(the_unfinished_are_told_oldest_first)
{
	AUTO(place_done) struct place place;
	const char **ids, *stopped;
	size_t count;

	place_state(&place);
	place_insert(&place, 3);
	place_insert(&place, 1);
	stopped = place_insert(&place, 2);
	place_stop(&place, stopped);
	ASSERT_OK(task_unfinished(place.db, place.arena, &ids, &count, &place.err), &place.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(strtol(ids[0], NULL, 16), 1);
	ck_assert_int_eq(strtol(ids[1], NULL, 16), 3);
}
END_TEST

START_TEST(the_first_time_of_a_phase_stays)
{
	AUTO(place_done) struct place place;
	struct task_phase *phases;
	const char *id;
	size_t count;
	bool first;

	place_state(&place);
	id = place_insert(&place, 1);
	ASSERT_OK(task_phase_put(place.db, id, "claimed", 20, &first, &place.err), &place.err);
	ck_assert(first);
	ASSERT_OK(task_phase_put(place.db, id, "accepted", 10, NULL, &place.err), &place.err);
	ASSERT_OK(task_phase_put(place.db, id, "claimed", 30, &first, &place.err), &place.err);
	ck_assert(!first);
	ASSERT_OK(task_phase_list(place.db, id, place.arena, &phases, &count, &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(phases[0].name, "accepted");
	ck_assert_int_eq(phases[1].wall_us, 20);
	ASSERT_FAILS(task_phase_put(place.db, "none", "x", 1, NULL, &place.err), ERR_NOT_FOUND,
		     &place.err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_task_reads_back_as_it_was_inserted,
		a_task_is_found_by_its_account_and_cluster_alone,
		what_is_not_a_new_task_is_refused,
		a_full_arena_is_an_error_wherever_it_fills,
		lists_go_from_the_newest_and_each_filter_holds,
		pages_are_stable_while_tasks_come_and_stop,
		a_wish_to_stop_is_kept_once_with_its_first_cause,
		the_mark_changes_with_what_a_provisioner_must_see,
		the_unfinished_are_told_oldest_first,
		the_first_time_of_a_phase_stays,
	};

	return suite_run("store/task", tests, ARRAY_LEN(tests));
}
