/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the provisioner does with tasks: moves, updates, containers, addresses.
 */
#include "tests/unit/store/place.h"

#include "core/clock.h"

/* A road to each state, so that every state can be tried with every event. */
static void bring_to(struct place *place, const char *id, enum task_state state)
{
	static const enum task_event road[] = {
		[TASK_PROVISIONING] = TASK_EV_CLAIMED,	   [TASK_PENDING] = TASK_EV_AGENT_UP,
		[TASK_ACTIVATING] = TASK_EV_STARTED,	   [TASK_RUNNING] = TASK_EV_STOP_ASKED,
		[TASK_DEACTIVATING] = TASK_EV_DEACTIVATED, [TASK_STOPPING] = TASK_EV_ENDED,
		[TASK_DEPROVISIONING] = TASK_EV_RELEASED,
	};

	for (int at = TASK_PROVISIONING; at < (int)state; at++)
		place_move(place, id, (enum task_state)at, road[at]);
}

START_TEST(the_table_rules_every_move_of_every_state)
{
	AUTO(place_done) struct place place;
	unsigned number = 0;

	place_state(&place);
	for (int from = TASK_PROVISIONING; from < TASK_STATE_COUNT; from++) {
		for (int event = 0; event < TASK_EVENT_COUNT; event++) {
			enum task_state to =
				task_next((enum task_state)from, (enum task_event)event);
			enum task_state told = TASK_NONE;
			const char *id = place_insert(&place, ++number);
			struct task before, after;
			int rc;

			bring_to(&place, id, (enum task_state)from);
			before = place_find(&place, id);
			ck_assert_int_eq(before.state, from);
			rc = task_move(place.db, id, (enum task_state)from, (enum task_event)event,
				       NULL, &told, &place.err);
			after = place_find(&place, id);
			ck_assert_int_eq(rc, to ? 0 : -1);
			ck_assert_int_eq(told, to);
			ck_assert_int_eq(place.err.code, to ? ERR_NONE : ERR_INVALID);
			ck_assert_int_eq(after.state, to ? to : (enum task_state)from);
			ck_assert_int_eq(after.version, before.version + (to ? 1 : 0));
			err_clear(&place.err);
		}
	}
}
END_TEST

START_TEST(only_one_of_two_who_saw_the_same_state_moves)
{
	AUTO(place_done) struct place place;
	struct task task;
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	place_move(&place, id, TASK_PROVISIONING, TASK_EV_CLAIMED);
	ASSERT_FAILS(
		task_move(place.db, id, TASK_PROVISIONING, TASK_EV_CLAIMED, NULL, NULL, &place.err),
		ERR_CONFLICT, &place.err);
	ASSERT_FAILS(task_move(place.db, "none", TASK_PROVISIONING, TASK_EV_CLAIMED, NULL, NULL,
			       &place.err),
		     ERR_NOT_FOUND, &place.err);
	task = place_find(&place, id);
	ck_assert_int_eq(task.version, 2);
	ck_assert(!db_in_transaction(place.db));
}
END_TEST

START_TEST(a_move_carries_its_change_and_leaves_the_rest)
{
	AUTO(place_done) struct place place;
	struct task_change claim = {.address = "10.0.0.2",
				    .mac = "02:00:0a:00:00:02",
				    .machine = "m1",
				    .connectivity_ms = 11,
				    .pull_started_ms = 12};
	struct task_change pulled = {.pull_stopped_ms = 13, .agent_seq = 4};
	struct task task;
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	ASSERT_OK(task_move(place.db, id, TASK_PROVISIONING, TASK_EV_CLAIMED, &claim, NULL,
			    &place.err),
		  &place.err);
	ASSERT_OK(task_update(place.db, id, &pulled, true, &place.err), &place.err);
	task = place_find(&place, id);
	ck_assert_str_eq(task.address, "10.0.0.2");
	ck_assert_str_eq(task.mac, "02:00:0a:00:00:02");
	ck_assert_str_eq(task.machine, "m1");
	ck_assert_int_eq(task.connectivity_ms, 11);
	ck_assert_int_eq(task.pull_started_ms, 12);
	ck_assert_int_eq(task.pull_stopped_ms, 13);
	ck_assert_int_eq(task.agent_seq, 4);
	ck_assert_int_eq(task.version, 3);
	ck_assert_str_eq(task.stop_code, "");
}
END_TEST

START_TEST(only_what_is_visible_or_a_wish_raises_the_version)
{
	AUTO(place_done) struct place place;
	struct task_change seq = {.agent_seq = 4}, wish = {.want_stopped = true};
	const char *id;

	place_state(&place);
	clock_fake(777, 0);
	id = place_insert(&place, 1);
	ASSERT_OK(task_update(place.db, id, &seq, false, &place.err), &place.err);
	ck_assert_int_eq(place_find(&place, id).version, 1);
	ASSERT_OK(task_update(place.db, id, &seq, true, &place.err), &place.err);
	ck_assert_int_eq(place_find(&place, id).version, 2);
	ASSERT_OK(task_update(place.db, id, &wish, false, &place.err), &place.err);
	ck_assert_int_eq(place_find(&place, id).version, 3);
	ck_assert_int_eq(place_find(&place, id).stopping_ms, 777);
	ASSERT_OK(task_update(place.db, id, &wish, false, &place.err), &place.err);
	ck_assert_int_eq(place_find(&place, id).version, 3);
	ASSERT_FAILS(task_update(place.db, "none", &seq, false, &place.err), ERR_NOT_FOUND,
		     &place.err);
}
END_TEST

START_TEST(the_first_cause_wins_as_a_pair)
{
	AUTO(place_done) struct place place;
	struct task_change code_only = {.stop_code = "TaskFailedToStart"};
	struct task_change second = {.stop_code = "EssentialContainerExited",
				     .stopped_reason = "Essential container in task exited"};
	struct task task;
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	ASSERT_OK(task_update(place.db, id, &code_only, false, &place.err), &place.err);
	ASSERT_OK(task_update(place.db, id, &second, false, &place.err), &place.err);
	task = place_find(&place, id);
	ck_assert_str_eq(task.stop_code, "TaskFailedToStart");
	ck_assert_str_eq(task.stopped_reason, "");
}
END_TEST

START_TEST(a_long_reason_is_cut_between_characters)
{
	AUTO(place_done) struct place place;
	char text[3 * TASK_REASON_MAX + 1];
	struct task_change change = {.stop_code = "TaskFailedToStart", .stopped_reason = text};
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	text[0] = '\0';
	for (int i = 0; i < TASK_REASON_MAX + 10; i++)
		strcat(text, "\xc3\xa4");
	ASSERT_OK(task_update(place.db, id, &change, false, &place.err), &place.err);
	ck_assert_uint_eq(strlen(place_find(&place, id).stopped_reason), 2 * TASK_REASON_MAX);
}
END_TEST

START_TEST(past_running_a_task_is_wanted_stopped)
{
	AUTO(place_done) struct place place;
	struct task task;
	const char *id;

	place_state(&place);
	clock_fake(500, 0);
	id = place_insert(&place, 1);
	bring_to(&place, id, TASK_RUNNING);
	task = place_find(&place, id);
	ck_assert(!task.want_stopped);
	ck_assert_int_eq(task.started_ms, 500);
	clock_fake(600, 0);
	place_move(&place, id, TASK_RUNNING, TASK_EV_ENDED);
	clock_fake(700, 0);
	place_move(&place, id, TASK_DEPROVISIONING, TASK_EV_RELEASED);
	task = place_find(&place, id);
	ck_assert(task.want_stopped);
	ck_assert_int_eq(task.stopping_ms, 600);
	ck_assert_int_eq(task.stopped_ms, 700);
	for (size_t i = 0; i < task.container_count; i++)
		ck_assert_int_eq(task.containers[i].state, CONTAINER_STOPPED);
}
END_TEST

START_TEST(a_container_is_written_back_alone)
{
	AUTO(place_done) struct place place;
	struct task_container container = {.image_digest = "sha256:1",
					   .runtime_id = "x-1",
					   .state = CONTAINER_STOPPED,
					   .has_exit_code = true,
					   .exit_code = 0,
					   .reason = "done",
					   .health = CONTAINER_UNHEALTHY,
					   .restarts = 3};
	struct task task;
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	ASSERT_OK(task_container_update(place.db, id, 1, &container, &place.err), &place.err);
	task = place_find(&place, id);
	ck_assert_int_eq(task.version, 1);
	ck_assert_int_eq(task.containers[0].state, CONTAINER_PENDING);
	ck_assert_int_eq(task.containers[1].state, CONTAINER_STOPPED);
	ck_assert(task.containers[1].has_exit_code);
	ck_assert_int_eq(task.containers[1].exit_code, 0);
	ck_assert_str_eq(task.containers[1].image_digest, "sha256:1");
	ck_assert_str_eq(task.containers[1].name, "side");
	ck_assert_int_eq(task.containers[1].health, CONTAINER_UNHEALTHY);
	ck_assert_int_eq(task.containers[1].restarts, 3);
	ck_assert_int_eq(task.containers[0].health, CONTAINER_UNCHECKED);
	ASSERT_FAILS(task_container_update(place.db, id, 2, &container, &place.err), ERR_NOT_FOUND,
		     &place.err);
}
END_TEST

START_TEST(an_address_is_held_by_one_task_until_it_is_stopped)
{
	AUTO(place_done) struct place place;
	struct task_change claim = {.address = "10.0.0.2"};
	const char *first, *second, **addresses;
	size_t count;

	place_state(&place);
	first = place_insert(&place, 1);
	second = place_insert(&place, 2);
	ASSERT_OK(task_move(place.db, first, TASK_PROVISIONING, TASK_EV_CLAIMED, &claim, NULL,
			    &place.err),
		  &place.err);
	ASSERT_FAILS(task_move(place.db, second, TASK_PROVISIONING, TASK_EV_CLAIMED, &claim, NULL,
			       &place.err),
		     ERR_EXISTS, &place.err);
	ASSERT_OK(task_addresses(place.db, "default", place.arena, &addresses, &count, &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(addresses[0], "10.0.0.2");
	place_move(&place, first, TASK_PENDING, TASK_EV_FAILED);
	place_move(&place, first, TASK_DEPROVISIONING, TASK_EV_RELEASED);
	ASSERT_OK(task_addresses(place.db, "default", place.arena, &addresses, &count, &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 0);
	ASSERT_OK(task_move(place.db, second, TASK_PROVISIONING, TASK_EV_CLAIMED, &claim, NULL,
			    &place.err),
		  &place.err);
}
END_TEST

START_TEST(a_move_belongs_to_the_callers_transaction)
{
	AUTO(place_done) struct place place;
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	ASSERT_OK(db_begin(place.db, &place.err), &place.err);
	place_move(&place, id, TASK_PROVISIONING, TASK_EV_CLAIMED);
	ck_assert(db_in_transaction(place.db));
	db_rollback(place.db);
	ck_assert_int_eq(place_find(&place, id).state, TASK_PROVISIONING);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_table_rules_every_move_of_every_state,
		only_one_of_two_who_saw_the_same_state_moves,
		a_move_carries_its_change_and_leaves_the_rest,
		only_what_is_visible_or_a_wish_raises_the_version,
		the_first_cause_wins_as_a_pair,
		a_long_reason_is_cut_between_characters,
		past_running_a_task_is_wanted_stopped,
		a_container_is_written_back_alone,
		an_address_is_held_by_one_task_until_it_is_stopped,
		a_move_belongs_to_the_callers_transaction,
	};

	return suite_run("store/task_move", tests, ARRAY_LEN(tests));
}
