/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an account holds and may hold: the row is the sum of its tasks on every road
 * of a task, and the bucket of launches keeps its rate whatever the clock does.
 */
#include "tests/unit/store/place.h"

#include "store/account.h"
#include "store/quota.h"

static const struct quota no_limits;

static struct account_use use_of(struct place *place, const char *account)
{
	struct account_use use;

	ASSERT_OK(account_use_find(place->db, account, &use, &place->err), &place->err);
	return use;
}

/* The row says what the table of tasks says. */
static void check_sum(struct place *place, const char *account)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct account_use use = use_of(place, account);

	ASSERT_OK(db_query(place->db,
			   "SELECT COUNT(*), COALESCE(SUM(cpu_units), 0),"
			   " COALESCE(SUM(memory_mib), 0) FROM task"
			   " WHERE account = ?1 AND state <> 'STOPPED'",
			   &query, &place->err),
		  &place->err);
	db_bind_text(query, 1, account);
	ck_assert_int_eq(db_step(query, &place->err), 1);
	ck_assert_int_eq(use.tasks, db_int(query, 0));
	ck_assert_int_eq(use.cpu_units, db_int(query, 1));
	ck_assert_int_eq(use.memory_mib, db_int(query, 2));
}

START_TEST(what_is_held_is_the_sum_over_unfinished_tasks)
{
	AUTO(place_done) struct place place;
	struct task other;

	place_state(&place);
	ck_assert_int_eq(use_of(&place, ACCOUNT).tasks, 0);
	for (unsigned i = 1; i <= 4; i++) {
		(void)place_insert(&place, i);
		check_sum(&place, ACCOUNT);
	}
	other = place_task(&place, 9);
	other.account = OTHER_ACCOUNT;
	other.cpu_units = 4096;
	ASSERT_OK(task_insert(place.db, &other, &place.err), &place.err);
	ck_assert_int_eq(use_of(&place, ACCOUNT).tasks, 4);
	ck_assert_int_eq(use_of(&place, OTHER_ACCOUNT).cpu_units, 4096);
	/* One is stopped unseen, one after it ran, one is only wanted stopped. */
	place_stop(&place, "00000000000000000000000000000001");
	check_sum(&place, ACCOUNT);
	place_move(&place, "00000000000000000000000000000002", TASK_PROVISIONING, TASK_EV_CLAIMED);
	check_sum(&place, ACCOUNT);
	place_move(&place, "00000000000000000000000000000002", TASK_PENDING, TASK_EV_FAILED);
	place_move(&place, "00000000000000000000000000000002", TASK_DEPROVISIONING,
		   TASK_EV_RELEASED);
	check_sum(&place, ACCOUNT);
	ASSERT_OK(task_want_stopped(place.db, ACCOUNT, NULL, "00000000000000000000000000000003",
				    "UserInitiated", "", 1, &place.err),
		  &place.err);
	check_sum(&place, ACCOUNT);
	ck_assert_int_eq(use_of(&place, ACCOUNT).tasks, 2);
	ck_assert_int_eq(use_of(&place, OTHER_ACCOUNT).tasks, 1);
}
END_TEST

START_TEST(what_was_rolled_back_is_not_held)
{
	AUTO(place_done) struct place place;

	place_state(&place);
	ASSERT_OK(db_begin(place.db, &place.err), &place.err);
	(void)place_insert(&place, 1);
	ck_assert_int_eq(use_of(&place, ACCOUNT).tasks, 1);
	db_rollback(place.db);
	ck_assert_int_eq(use_of(&place, ACCOUNT).tasks, 0);
}
END_TEST

START_TEST(a_member_that_was_not_set_is_the_gateways)
{
	static const struct quota defaults = {.tasks = 10, .vcpus = 20, .launches = 5};
	static const struct quota set = {.tasks = 3,
					 .vcpus = QUOTA_NONE,
					 .memory_bytes = QUOTA_DEFAULT,
					 .launches = QUOTA_DEFAULT,
					 .burst = 7};
	AUTO(place_done) struct place place;
	struct account account;
	struct quota quota;

	place_state(&place);
	ASSERT_OK(account_create(place.db, "a", &account, &place.err), &place.err);
	ASSERT_OK(quota_of(place.db, account.id, &defaults, &quota, &place.err), &place.err);
	ck_assert_mem_eq(&quota, &defaults, sizeof(quota));
	ASSERT_OK(quota_set(place.db, account.id, &set, &place.err), &place.err);
	ASSERT_OK(quota_find(place.db, account.id, &quota, &place.err), &place.err);
	ck_assert_mem_eq(&quota, &set, sizeof(quota));
	ASSERT_OK(quota_of(place.db, account.id, &defaults, &quota, &place.err), &place.err);
	ck_assert_int_eq(quota.tasks, 3);
	ck_assert_int_eq(quota.vcpus, QUOTA_NONE);
	ck_assert_int_eq(quota.memory_bytes, 0);
	ck_assert_int_eq(quota.launches, 5);
	ck_assert_int_eq(quota.burst, 7);
	ASSERT_FAILS(quota_set(place.db, "000000000000", &set, &place.err), ERR_CONFLICT,
		     &place.err);
}
END_TEST

START_TEST(what_fits_is_bounded_by_the_tightest_limit)
{
	static const struct {
		struct quota quota;
		struct account_use use;
		int64_t count, room;
		enum quota_limit limit;
	} rows[] = {
		{{0}, {.tasks = 1000000}, 10, 10, QUOTA_FREE},
		{{.tasks = 3}, {.tasks = 1}, 2, 2, QUOTA_FREE},
		{{.tasks = 3}, {.tasks = 1}, 3, 2, QUOTA_TASKS},
		{{.tasks = 3}, {.tasks = 5}, 1, 0, QUOTA_TASKS}, /* it was lowered */
		{{.vcpus = 1}, {.cpu_units = 0}, 10, 4, QUOTA_VCPUS},
		{{.vcpus = 1}, {.cpu_units = 769}, 1, 0, QUOTA_VCPUS},
		{{.vcpus = 1}, {.cpu_units = 768}, 1, 1, QUOTA_FREE},
		{{.memory_bytes = 1 << 30}, {.memory_mib = 512}, 2, 1, QUOTA_MEMORY},
		{{.tasks = 5, .vcpus = 1, .memory_bytes = 1 << 30}, {0}, 9, 2, QUOTA_MEMORY},
		{{.tasks = 1, .vcpus = 1, .memory_bytes = 1 << 30}, {0}, 9, 1, QUOTA_TASKS},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum quota_limit limit;
		int64_t room =
			quota_room(&rows[i].quota, &rows[i].use, 256, 512, rows[i].count, &limit);

		ck_assert_msg(room == rows[i].room && limit == rows[i].limit, "row %zu: %lld %d", i,
			      (long long)room, (int)limit);
	}
}
END_TEST

static bool take(struct place *place, const struct quota *quota, int64_t count, int64_t now_ms)
{
	bool taken;

	ASSERT_OK(
		quota_take_launches(place->db, ACCOUNT, quota, count, now_ms, &taken, &place->err),
		&place->err);
	return taken;
}

START_TEST(launches_are_paid_from_a_bucket)
{
	static const struct quota quota = {.launches = 2, .burst = 3};
	AUTO(place_done) struct place place;

	place_state(&place);
	ck_assert(take(&place, &no_limits, 1000000, 5));
	ck_assert(take(&place, &quota, 2, 1000)); /* it was full: 1 left */
	ck_assert(take(&place, &quota, 1, 1000));
	ck_assert(!take(&place, &quota, 1, 1000));
	ck_assert(!take(&place, &quota, 1, 1499)); /* refused ones cost nothing */
	ck_assert(take(&place, &quota, 1, 1500));
	ck_assert(!take(&place, &quota, 3, 2999));
	ck_assert(take(&place, &quota, 3, 3000)); /* and it holds no more than three */
	ck_assert(!take(&place, &quota, 1, 3001));
	ck_assert(take(&place, &quota, 3, 9000000));
	ck_assert(!take(&place, &quota, 1, 9000001));
}
END_TEST

START_TEST(a_request_that_is_larger_than_the_bucket_goes_into_debt)
{
	static const struct quota quota = {.launches = 1, .burst = 2};
	AUTO(place_done) struct place place;

	place_state(&place);
	ck_assert(take(&place, &quota, 10, 1000)); /* 8 are owed */
	ck_assert(!take(&place, &quota, 1, 9999));
	ck_assert(take(&place, &quota, 1, 10000));
}
END_TEST

START_TEST(a_clock_that_is_set_back_gives_and_takes_nothing)
{
	static const struct quota quota = {.launches = 1, .burst = 10};
	AUTO(place_done) struct place place;

	place_state(&place);
	ck_assert(take(&place, &quota, 9, 1000000));
	ck_assert(take(&place, &quota, 1, 5000)); /* the one that was left */
	ck_assert(!take(&place, &quota, 1, 5999));
	ck_assert(take(&place, &quota, 1, 6000));
}
END_TEST

START_TEST(a_burst_that_is_not_said_is_enough_for_any_request)
{
	static const struct quota few = {.launches = 1}, many = {.launches = 50};
	AUTO(place_done) struct place place;

	place_state(&place);
	ck_assert(take(&place, &few, 10, 1000));
	ck_assert(!take(&place, &few, 1, 1001));
	for (int i = 0; i < 5; i++)
		ck_assert(take(&place, &many, 10, 900000));
	ck_assert(!take(&place, &many, 1, 900000));
	ck_assert(take(&place, &many, 1, 900020));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_is_held_is_the_sum_over_unfinished_tasks,
		what_was_rolled_back_is_not_held,
		a_member_that_was_not_set_is_the_gateways,
		what_fits_is_bounded_by_the_tightest_limit,
		launches_are_paid_from_a_bucket,
		a_request_that_is_larger_than_the_bucket_goes_into_debt,
		a_clock_that_is_set_back_gives_and_takes_nothing,
		a_burst_that_is_not_said_is_enough_for_any_request,
	};

	return suite_run("store/quota", tests, ARRAY_LEN(tests));
}
