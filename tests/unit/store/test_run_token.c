/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/place.h"

#include "core/clock.h"

#define HOUR_MS (60 * 60 * 1000LL)

static int find(struct place *place, const char *token, int64_t now_ms, const char **ret_request,
		size_t *ret_count)
{
	const char **ids;

	err_clear(&place->err);
	return run_token_find(place->db, ACCOUNT, "default", token, now_ms, place->arena,
			      ret_request, &ids, ret_count, &place->err);
}

static bool holds(struct place *place, const char *token, int64_t now_ms)
{
	const char *request;
	size_t count;
	int rc = find(place, token, now_ms, &request, &count);

	ck_assert(rc == 0 || place->err.code == ERR_NOT_FOUND);
	return rc == 0;
}

static void put(struct place *place, const char *token, const char *const *ids, size_t count,
		int64_t now_ms)
{
	ASSERT_OK(run_token_put(place->db, ACCOUNT, "default", token, "request", ids, count, now_ms,
				&place->err),
		  &place->err);
}

START_TEST(a_token_gives_back_its_request_and_tasks_in_order)
{
	AUTO(place_done) struct place place;
	const char *ids[2], **found, *request;
	size_t count;

	place_state(&place);
	ids[0] = place_insert(&place, 9);
	ids[1] = place_insert(&place, 3);
	put(&place, "t", ids, 2, 1000);
	ASSERT_OK(run_token_find(place.db, ACCOUNT, "default", "t", 1001, place.arena, &request,
				 &found, &count, &place.err),
		  &place.err);
	ck_assert_str_eq(request, "request");
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(found[0], ids[0]);
	ck_assert_str_eq(found[1], ids[1]);
}
END_TEST

START_TEST(a_token_is_bound_to_account_and_cluster)
{
	AUTO(place_done) struct place place;
	const char *request, **ids, *id;
	size_t count;

	place_state(&place);
	id = place_insert(&place, 1);
	put(&place, "t", &id, 1, 1000);
	ck_assert(!holds(&place, "T", 1000));
	err_clear(&place.err);
	ASSERT_FAILS(run_token_find(place.db, OTHER_ACCOUNT, "default", "t", 1000, place.arena,
				    &request, &ids, &count, &place.err),
		     ERR_NOT_FOUND, &place.err);
	ASSERT_FAILS(run_token_find(place.db, ACCOUNT, "other", "t", 1000, place.arena, &request,
				    &ids, &count, &place.err),
		     ERR_NOT_FOUND, &place.err);
}
END_TEST

START_TEST(a_running_task_keeps_its_token_for_a_day)
{
	AUTO(place_done) struct place place;
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	put(&place, "t", &id, 1, 1000);
	ck_assert(holds(&place, "t", 1000 + 24 * HOUR_MS - 1));
	ck_assert(!holds(&place, "t", 1000 + 24 * HOUR_MS));
}
END_TEST

START_TEST(an_hour_after_the_last_task_stopped_the_token_is_free)
{
	AUTO(place_done) struct place place;
	const char *ids[2];

	place_state(&place);
	ids[0] = place_insert(&place, 1);
	ids[1] = place_insert(&place, 2);
	put(&place, "t", ids, 2, 0);
	clock_fake(5000, 0);
	place_stop(&place, ids[0]);
	ck_assert(holds(&place, "t", 5000 + 2 * HOUR_MS)); /* the other runs on */
	clock_fake(6000, 0);
	place_stop(&place, ids[1]);
	ck_assert(holds(&place, "t", 6000 + HOUR_MS - 1));
	ck_assert(!holds(&place, "t", 6000 + HOUR_MS));
}
END_TEST

START_TEST(a_token_of_a_forgotten_task_is_free)
{
	AUTO(place_done) struct place place;
	const char *ids[2];

	place_state(&place);
	ids[0] = place_insert(&place, 1);
	ids[1] = "no such task";
	put(&place, "t", ids, 2, 0);
	ck_assert(!holds(&place, "t", 1));
}
END_TEST

START_TEST(a_token_is_put_again_only_when_it_is_free)
{
	AUTO(place_done) struct place place;
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	put(&place, "t", &id, 1, 0);
	ASSERT_FAILS(run_token_put(place.db, ACCOUNT, "default", "t", "r", &id, 1, 1, &place.err),
		     ERR_EXISTS, &place.err);
	put(&place, "t", &id, 1, 24 * HOUR_MS);
	ck_assert(holds(&place, "t", 24 * HOUR_MS + 1));
}
END_TEST

START_TEST(old_tokens_are_removed_with_the_new)
{
	AUTO(place_done) struct place place;
	AUTO(db_donep) struct db_query *query = NULL;
	const char *id;

	place_state(&place);
	id = place_insert(&place, 1);
	for (int i = 0; i < 20; i++)
		put(&place, arena_printf(place.arena, "t%d", i), &id, 1, 0);
	put(&place, "new", &id, 1, 24 * HOUR_MS);
	ASSERT_OK(db_query(place.db,
			   "SELECT (SELECT COUNT(*) FROM run_token),"
			   " (SELECT COUNT(*) FROM run_token_task)",
			   &query, &place.err),
		  &place.err);
	ck_assert_int_eq(db_step(query, &place.err), 1);
	ck_assert_int_eq(db_int(query, 0), 1);
	ck_assert_int_eq(db_int(query, 1), 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_token_gives_back_its_request_and_tasks_in_order,
		a_token_is_bound_to_account_and_cluster,
		a_running_task_keeps_its_token_for_a_day,
		an_hour_after_the_last_task_stopped_the_token_is_free,
		a_token_of_a_forgotten_task_is_free,
		a_token_is_put_again_only_when_it_is_free,
		old_tokens_are_removed_with_the_new,
	};

	return suite_run("store/run_token", tests, ARRAY_LEN(tests));
}
