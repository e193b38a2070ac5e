/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules, their groups and client tokens, as they are kept.
 */
#include "tests/unit/store/place.h"

#include "store/scheduler.h"

#define ACCOUNT "111122223333"
#define OTHER	"444455556666"
#define DAY_MS	86400000

static struct scheduler_record record(const char *group, const char *name)
{
	return (struct scheduler_record){.key = {ACCOUNT, group, name},
					 .expression = "rate(1 hours)",
					 .zone = "UTC",
					 .start_ms = 1,
					 .end_ms = 2,
					 .window_min = 3,
					 .enabled = true,
					 .delete_after = true,
					 .description = "d",
					 .target = "{}",
					 .target_arn = "arn",
					 .created_ms = 4,
					 .modified_ms = 5,
					 .due_ms = 6,
					 .fire_ms = 7};
}

static void put(struct place *place, struct scheduler_record schedule)
{
	ASSERT_OK(scheduler_put(place->db, &schedule, &place->err), &place->err);
}

START_TEST(a_schedule_is_found_as_it_was_put_and_replaced_as_a_whole)
{
	AUTO(place_done) struct place place;
	struct scheduler_record before = record("g", "n");
	struct scheduler_record found;

	place_state(&place);
	put(&place, before);
	before.expression = "at(2026-01-01T00:00:00)";
	before.target = "{\"a\":1}";
	before.enabled = false;
	before.window_min = 0;
	put(&place, before);
	ASSERT_OK(scheduler_find(place.db, &before.key, place.arena, &found, &place.err),
		  &place.err);
	ck_assert_str_eq(found.key.group, "g");
	ck_assert_str_eq(found.expression, before.expression);
	ck_assert_str_eq(found.target, before.target);
	ck_assert_str_eq(found.target_arn, "arn");
	ck_assert(!found.enabled && found.delete_after);
	ck_assert_int_eq(found.start_ms * 10000 + found.end_ms * 1000 + found.window_min * 100 +
				 found.created_ms * 10 + found.modified_ms,
			 12045);
	ck_assert_int_eq(found.due_ms * 10 + found.fire_ms, 67);
	ASSERT_OK(scheduler_delete(place.db, &before.key, &place.err), &place.err);
	ck_assert_int_eq(scheduler_delete(place.db, &before.key, &place.err), -1);
	ck_assert_str_eq(err_code_name(place.err.code), err_code_name(ERR_NOT_FOUND));
}
END_TEST

START_TEST(those_that_are_due_come_in_the_order_of_their_moments)
{
	AUTO(place_done) struct place place;
	struct scheduler_record schedule = record("g", "later");
	struct scheduler_record *found;
	int64_t next_ms;
	size_t count;
	bool more;

	place_state(&place);
	ASSERT_OK(scheduler_next_due(place.db, &next_ms, &place.err), &place.err);
	ck_assert_int_eq(next_ms, 0);
	schedule.fire_ms = 30;
	put(&place, schedule);
	schedule = record("h", "first");
	schedule.fire_ms = 10;
	put(&place, schedule);
	schedule.key.name = "never";
	schedule.fire_ms = 0;
	put(&place, schedule);
	ASSERT_OK(scheduler_next_due(place.db, &next_ms, &place.err), &place.err);
	ck_assert_int_eq(next_ms, 10);
	ASSERT_OK(scheduler_due(place.db, 29, 9, place.arena, &found, &count, &more, &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 1);
	ck_assert(!more);
	ck_assert_str_eq(found[0].key.name, "first");
	ASSERT_OK(scheduler_due(place.db, 30, 9, place.arena, &found, &count, &more, &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(found[1].key.name, "later");
	ASSERT_OK(scheduler_due(place.db, 30, 1, place.arena, &found, &count, &more, &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 1);
	ck_assert(more);
	ASSERT_OK(scheduler_set_due(place.db, &found[0].key, 40, 50, &place.err), &place.err);
	ASSERT_OK(scheduler_next_due(place.db, &next_ms, &place.err), &place.err);
	ck_assert_int_eq(next_ms, 30);
}
END_TEST

START_TEST(each_account_has_its_share_of_what_is_due)
{
	AUTO(place_done) struct place place;
	struct scheduler_record schedule = record("g", "a");
	struct scheduler_record *found;
	size_t others = 0;
	char name[16];
	size_t count;
	bool more;

	place_state(&place);
	schedule.key.name = name;
	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "n%02d", i);
		schedule.fire_ms = 1 + i;
		schedule.key.account = ACCOUNT;
		put(&place, schedule);
		schedule.key.account = OTHER;
		schedule.fire_ms = 1000 + i;
		put(&place, schedule);
	}
	ASSERT_OK(scheduler_due(place.db, 1001, 10, place.arena, &found, &count, &more, &place.err),
		  &place.err);
	ck_assert(more);
	ck_assert_uint_eq(count, 7);
	for (size_t i = 0; i < count; i++)
		others += strcmp(found[i].key.account, OTHER) == 0;
	ck_assert_uint_eq(others, 2);
	ck_assert_str_eq(found[0].key.name, "n00");
	ASSERT_OK(scheduler_due(place.db, 999, 10, place.arena, &found, &count, &more, &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 10);
}
END_TEST

START_TEST(large_targets_are_read_a_few_at_once)
{
	AUTO(place_done) struct place place;
	AUTO(freep) char *large = xcalloc(1, (4 << 20) + 1);
	struct scheduler_record schedule = record("g", "a");
	struct scheduler_record *found;
	char name[2] = "a";
	size_t count;
	bool more;

	place_state(&place);
	memset(large, 'x', 4 << 20);
	schedule.target = large;
	schedule.key.name = name;
	for (int i = 0; i < 20; i++, name[0]++)
		put(&place, schedule);
	ASSERT_OK(scheduler_due(place.db, 30, 100, place.arena, &found, &count, &more, &place.err),
		  &place.err);
	ck_assert_uint_ge(count, 1);
	ck_assert_uint_lt(count, 20);
	ck_assert(more);
}
END_TEST

START_TEST(the_default_group_is_listed_where_its_name_belongs)
{
	AUTO(place_done) struct place place;
	const struct scheduler_group groups[] = {{"z", 1}, {"a", 2}};
	const struct scheduler_group default_group = {SCHEDULER_GROUP_DEFAULT, 3};
	struct scheduler_group *found;
	size_t count;

	place_state(&place);
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		ASSERT_OK(scheduler_group_create(place.db, ACCOUNT, &groups[i], &place.err),
			  &place.err);
	ck_assert_int_eq(scheduler_group_create(place.db, ACCOUNT, &groups[0], &place.err), -1);
	ck_assert_int_eq(scheduler_group_create(place.db, ACCOUNT, &default_group, &place.err), -1);
	ck_assert_str_eq(err_code_name(place.err.code), err_code_name(ERR_EXISTS));
	ASSERT_OK(scheduler_group_list(place.db, ACCOUNT, "", NULL, 9, place.arena, &found, &count,
				       &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 3);
	ck_assert_str_eq(found[0].name, "a");
	ck_assert_str_eq(found[1].name, "default");
	ck_assert_str_eq(found[2].name, "z");
	ASSERT_OK(scheduler_group_list(place.db, ACCOUNT, "", "default", 9, place.arena, &found,
				       &count, &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(a_group_that_is_deleted_takes_its_schedules_and_no_others)
{
	AUTO(place_done) struct place place;
	const struct scheduler_group group = {"g", 1};
	struct scheduler_record schedule = record("g", "n");
	int64_t count;

	place_state(&place);
	ASSERT_OK(scheduler_group_create(place.db, ACCOUNT, &group, &place.err), &place.err);
	put(&place, schedule);
	put(&place, record("default", "n"));
	schedule.key.account = OTHER;
	put(&place, schedule);
	ASSERT_OK(scheduler_group_delete(place.db, ACCOUNT, "g", &place.err), &place.err);
	ASSERT_OK(scheduler_count(place.db, ACCOUNT, 9, &count, &place.err), &place.err);
	ck_assert_int_eq(count, 1);
	ASSERT_OK(scheduler_count(place.db, OTHER, 9, &count, &place.err), &place.err);
	ck_assert_int_eq(count, 1);
	ck_assert_int_eq(scheduler_group_delete(place.db, ACCOUNT, "g", &place.err), -1);
	ck_assert_str_eq(err_code_name(place.err.code), err_code_name(ERR_NOT_FOUND));
}
END_TEST

START_TEST(a_token_is_good_for_one_call_for_a_day)
{
	AUTO(place_done) struct place place;
	bool again;

	place_state(&place);
	ASSERT_OK(scheduler_token_use(place.db, ACCOUNT, "t", "c", 1, &again, &place.err),
		  &place.err);
	ck_assert(!again);
	ASSERT_OK(scheduler_token_use(place.db, ACCOUNT, "t", "c", 2, &again, &place.err),
		  &place.err);
	ck_assert(again);
	ASSERT_OK(scheduler_token_use(place.db, OTHER, "t", "d", 2, &again, &place.err),
		  &place.err);
	ck_assert(!again);
	ck_assert_int_eq(scheduler_token_use(place.db, ACCOUNT, "t", "d", 3, &again, &place.err),
			 -1);
	ck_assert_str_eq(err_code_name(place.err.code), err_code_name(ERR_CONFLICT));
	ASSERT_OK(scheduler_token_trim(place.db, DAY_MS, 9, &place.err), &place.err);
	ASSERT_OK(scheduler_token_use(place.db, ACCOUNT, "t", "c", 4, &again, &place.err),
		  &place.err);
	ck_assert(again);
	ASSERT_OK(scheduler_token_trim(place.db, DAY_MS + 1, 9, &place.err), &place.err);
	ASSERT_OK(scheduler_token_use(place.db, ACCOUNT, "t", "d", 5, &again, &place.err),
		  &place.err);
	ck_assert(!again);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_schedule_is_found_as_it_was_put_and_replaced_as_a_whole,
		those_that_are_due_come_in_the_order_of_their_moments,
		each_account_has_its_share_of_what_is_due,
		large_targets_are_read_a_few_at_once,
		the_default_group_is_listed_where_its_name_belongs,
		a_group_that_is_deleted_takes_its_schedules_and_no_others,
		a_token_is_good_for_one_call_for_a_day,
	};

	return suite_run("store/scheduler", tests, ARRAY_LEN(tests));
}
