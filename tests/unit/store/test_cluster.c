/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/place.h"

#include "store/cluster.h"

static struct cluster cluster_of(const char *name)
{
	return (struct cluster){.name = name,
				.active = true,
				.settings_json = "[]",
				.providers_json = "[\"FARGATE\"]",
				.strategy_json = "[]",
				.created_ms = 5};
}

static void put(struct place *place, const char *account, const char *name)
{
	struct cluster cluster = cluster_of(name);

	ASSERT_OK(cluster_put(place->db, account, &cluster, &place->err), &place->err);
}

static struct cluster find(struct place *place, const char *name)
{
	struct cluster cluster;

	ASSERT_OK(cluster_find(place->db, ACCOUNT, name, place->arena, &cluster, &place->err),
		  &place->err);
	ASSERT_OK(cluster_count(place->db, ACCOUNT, &cluster, &place->err), &place->err);
	return cluster;
}

START_TEST(a_cluster_reads_back_as_it_was_put)
{
	AUTO(place_done) struct place place;
	struct cluster cluster;

	place_state(&place);
	put(&place, ACCOUNT, "c");
	cluster = find(&place, "c");
	ck_assert_str_eq(cluster.name, "c");
	ck_assert(cluster.active);
	ck_assert_str_eq(cluster.providers_json, "[\"FARGATE\"]");
	ck_assert_ptr_null(cluster.configuration_json);
	ck_assert_ptr_null(cluster.connect_json);
	ck_assert_int_eq(cluster.created_ms, 5);
}
END_TEST

START_TEST(putting_again_replaces_and_revives)
{
	AUTO(place_done) struct place place;
	struct cluster cluster;

	place_state(&place);
	put(&place, ACCOUNT, "c");
	ASSERT_OK(cluster_deactivate(place.db, ACCOUNT, "c", &place.err), &place.err);
	ck_assert(!find(&place, "c").active);
	cluster = cluster_of("c");
	cluster.created_ms = 9;
	cluster.configuration_json = "{}";
	ASSERT_OK(cluster_put(place.db, ACCOUNT, &cluster, &place.err), &place.err);
	cluster = find(&place, "c");
	ck_assert(cluster.active);
	ck_assert_int_eq(cluster.created_ms, 9);
	ck_assert_str_eq(cluster.configuration_json, "{}");
}
END_TEST

START_TEST(another_account_sees_nothing)
{
	AUTO(place_done) struct place place;
	struct cluster cluster;
	const char **names;
	size_t count;

	place_state(&place);
	put(&place, ACCOUNT, "c");
	ASSERT_FAILS(cluster_find(place.db, OTHER_ACCOUNT, "c", place.arena, &cluster, &place.err),
		     ERR_NOT_FOUND, &place.err);
	ASSERT_FAILS(cluster_deactivate(place.db, OTHER_ACCOUNT, "c", &place.err), ERR_NOT_FOUND,
		     &place.err);
	ASSERT_OK(cluster_list(place.db, OTHER_ACCOUNT, NULL, 100, place.arena, &names, &count,
			       &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(pages_hold_the_active_ones_in_order)
{
	static const char *const order[] = {"B", "a", "c", "d"};
	AUTO(place_done) struct place place;
	const char **names, *after = NULL;
	size_t count, seen = 0;

	place_state(&place);
	put(&place, ACCOUNT, "d");
	put(&place, ACCOUNT, "a");
	put(&place, ACCOUNT, "gone");
	put(&place, ACCOUNT, "c");
	put(&place, ACCOUNT, "B");
	ASSERT_OK(cluster_deactivate(place.db, ACCOUNT, "gone", &place.err), &place.err);
	do {
		ASSERT_OK(cluster_list(place.db, ACCOUNT, after, 3, place.arena, &names, &count,
				       &place.err),
			  &place.err);
		for (size_t i = 0; i < count; i++)
			ck_assert_str_eq(names[i], order[seen++]);
		after = count ? names[count - 1] : NULL;
	} while (count == 3);
	ck_assert_uint_eq(seen, ARRAY_LEN(order));
}
END_TEST

START_TEST(tasks_are_counted_where_they_are)
{
	AUTO(place_done) struct place place;
	struct cluster cluster;
	const char *running, *stopping;

	place_state(&place);
	put(&place, ACCOUNT, "default");
	place_insert(&place, 1);
	running = place_insert(&place, 2);
	stopping = place_insert(&place, 3);
	place_stop(&place, place_insert(&place, 4));
	place_move(&place, running, TASK_PROVISIONING, TASK_EV_CLAIMED);
	place_move(&place, running, TASK_PENDING, TASK_EV_AGENT_UP);
	place_move(&place, running, TASK_ACTIVATING, TASK_EV_STARTED);
	place_move(&place, stopping, TASK_PROVISIONING, TASK_EV_STOP_ASKED);
	cluster = find(&place, "default");
	ck_assert_int_eq(cluster.pending, 1);
	ck_assert_int_eq(cluster.running, 1);
	ck_assert_int_eq(cluster.stopping, 1);
}
END_TEST

START_TEST(a_full_arena_is_an_error_and_not_a_shorter_answer)
{
	AUTO(place_done) struct place place;
	AUTO(arena_freep) struct arena *small = arena_new(32);
	struct cluster cluster;

	place_state(&place);
	put(&place, ACCOUNT, "c");
	ASSERT_FAILS(cluster_find(place.db, ACCOUNT, "c", small, &cluster, &place.err), ERR_LIMIT,
		     &place.err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_cluster_reads_back_as_it_was_put,
		putting_again_replaces_and_revives,
		another_account_sees_nothing,
		pages_hold_the_active_ones_in_order,
		tasks_are_counted_where_they_are,
		a_full_arena_is_an_error_and_not_a_shorter_answer,
	};

	return suite_run("store/cluster", tests, ARRAY_LEN(tests));
}
