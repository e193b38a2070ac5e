/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/place.h"

#include "core/clock.h"
#include "store/exec_session.h"
#include "store/tag.h"
#include "store/task_forget.h"

#define HOUR_MS (60 * 60 * 1000LL)
#define ARN(id) "arn:aws:ecs:us-east-1:" ACCOUNT ":task/default/" id
#define ID(n)	"0000000000000000000000000000000" n

struct walk {
	struct task_forget_place at;
	size_t forgotten;
	bool more;
};

static void forget(struct place *place, struct walk *walk, int64_t before_ms, int64_t now_ms,
		   size_t batch)
{
	ASSERT_OK(task_forget(place->db, before_ms, now_ms, batch, &walk->at, &walk->forgotten,
			      &walk->more, &place->err),
		  &place->err);
	ck_assert(!db_in_transaction(place->db));
}

static bool is_known(struct place *place, const char *id)
{
	struct task task;
	int rc = task_find(place->db, NULL, NULL, id, place->arena, &task, &place->err);

	ck_assert(rc == 0 || place->err.code == ERR_NOT_FOUND);
	err_clear(&place->err);
	return rc == 0;
}

static int64_t count_rows(struct place *place, const char *from)
{
	AUTO(freep) char *sql = xasprintf("SELECT COUNT(*) FROM %s", from);
	AUTO(db_donep) struct db_query *query = NULL;

	ASSERT_OK(db_query(place->db, sql, &query, &place->err), &place->err);
	ck_assert_int_eq(db_step(query, &place->err), 1);
	return db_int(query, 0);
}

/* Task @number, which stopped at @stopped_ms. */
static const char *stopped(struct place *place, unsigned number, int64_t stopped_ms)
{
	const char *id = place_insert(place, number);

	clock_fake(stopped_ms, 0);
	place_stop(place, id);
	return id;
}

static void open_meter(struct place *place)
{
	ASSERT_OK(
		db_exec(place->db,
			"INSERT INTO ledger_task VALUES (1, '" ID(
				"1") "', '" ACCOUNT
				     "', 'default', 'web', 1, 'family:web', '', 'X86_64', 0, '{}')",
			NULL, &place->err),
		&place->err);
	ASSERT_OK(db_exec(place->db,
			  "INSERT INTO meter_running VALUES (1, 'b', 0, 0, 1, 250, 512, 0, 1, 0, 0,"
			  " 0, '', NULL)",
			  NULL, &place->err),
		  &place->err);
}

START_TEST(what_stopped_long_enough_ago_goes_with_all_that_is_its_own_but_its_bill)
{
	static const struct tag tags[] = {{"team", "blue"}};
	const struct exec_session session = {
		.id = "s", .task = ID("1"), .command = "sh", .account = ACCOUNT, .access_key = "k"};
	AUTO(place_done) struct place place;
	struct walk walk = {0};

	place_state(&place);
	stopped(&place, 1, 5000);
	stopped(&place, 2, 5001);
	place_insert(&place, 3); /* runs */
	ASSERT_OK(tag_put(place.db, ARN(ID("1")), tags, 1, &place.err), &place.err);
	ASSERT_OK(tag_put(place.db, ARN(ID("2")), tags, 1, &place.err), &place.err);
	ASSERT_OK(task_phase_put(place.db, ID("1"), "RUNNING", 1, NULL, &place.err), &place.err);
	ASSERT_OK(exec_session_insert(place.db, &session, "token", &place.err), &place.err);
	open_meter(&place);
	ASSERT_OK(db_exec(place.db, "DELETE FROM meter_running", NULL, &place.err), &place.err);
	forget(&place, &walk, 5000, 9000, 8);
	ck_assert_uint_eq(walk.forgotten, 1);
	ck_assert(!walk.more);
	ck_assert(!is_known(&place, ID("1")) && is_known(&place, ID("2")) &&
		  is_known(&place, ID("3")));
	ck_assert_int_eq(count_rows(&place, "task_container"), 4);
	ck_assert_int_eq(count_rows(&place, "task_phase"), 0);
	ck_assert_int_eq(count_rows(&place, "exec_session"), 1); /* who ran what is kept */
	ck_assert_int_eq(count_rows(&place, "tag"), 1);
	ck_assert_int_eq(
		count_rows(&place, "ledger_task WHERE task = '" ID("1") "' AND family = 'web'"), 1);
}
END_TEST

/* Also of one that a crash lets be forgotten twice. */
START_TEST(what_the_row_said_of_what_it_held_is_kept_if_it_held_anything)
{
	AUTO(place_done) struct place place;
	struct walk walk = {0};

	place_state(&place);
	stopped(&place, 1, 5000);
	stopped(&place, 2, 5000);
	ASSERT_OK(db_exec(place.db,
			  "UPDATE task SET pull_started_ms = 4000, stop_code = 'X' WHERE id = '" ID(
				  "1") "'",
			  NULL, &place.err),
		  &place.err);
	open_meter(&place); /* of the first: it may not go yet */
	forget(&place, &walk, 5000, 9000, 8);
	ck_assert_int_eq(count_rows(&place, "task_kept"), 0);
	ASSERT_OK(db_exec(place.db, "DELETE FROM meter_running", NULL, &place.err), &place.err);
	walk = (struct walk){0};
	forget(&place, &walk, 5000, 9000, 8);
	ck_assert_uint_eq(walk.forgotten, 1);
	ck_assert_int_eq(count_rows(&place, "task_kept"), 1);
	ck_assert_int_eq(count_rows(&place,
				    "task_kept WHERE id = '" ID(
					    "1") "' AND account = '" ACCOUNT
						 "' AND pull_started_ms = 4000 AND stopped_ms = "
						 "5000 AND cpu_units = 256 AND memory_mib = 512 "
						 "AND storage_gib = 20 AND stop_code = 'X'"),
			 1);
}
END_TEST

START_TEST(a_batch_is_all_that_one_transaction_takes)
{
	AUTO(place_done) struct place place;
	struct walk walk = {0};

	place_state(&place);
	for (unsigned i = 1; i <= 5; i++)
		stopped(&place, i, 100); /* at once: the id decides */
	forget(&place, &walk, 100, 100, 2);
	ck_assert(walk.forgotten == 2 && walk.more);
	forget(&place, &walk, 100, 100, 2);
	ck_assert(walk.forgotten == 2 && walk.more);
	forget(&place, &walk, 100, 100, 2);
	ck_assert(walk.forgotten == 1 && !walk.more);
	ck_assert_int_eq(count_rows(&place, "task"), 0);
}
END_TEST

START_TEST(a_task_whose_meter_runs_is_kept)
{
	AUTO(place_done) struct place place;
	struct walk walk = {0};

	place_state(&place);
	stopped(&place, 1, 100);
	open_meter(&place);
	forget(&place, &walk, 100, 100, 8);
	ck_assert_uint_eq(walk.forgotten, 0);
	ASSERT_OK(db_exec(place.db, "DELETE FROM meter_running", NULL, &place.err), &place.err);
	walk = (struct walk){0};
	forget(&place, &walk, 100, 100, 8);
	ck_assert_uint_eq(walk.forgotten, 1);
}
END_TEST

/* Two tasks of one request and one of another that stopped last. */
START_TEST(a_task_whose_token_holds_is_kept_and_hides_none_behind_it)
{
	AUTO(place_done) struct place place;
	const char *ids[2];
	struct walk walk = {0};

	place_state(&place);
	for (unsigned i = 1; i <= 2; i++) {
		struct task task = place_task(&place, i);

		task.client_token = "t";
		ASSERT_OK(task_insert(place.db, &task, &place.err), &place.err);
		ids[i - 1] = task.id;
	}
	ASSERT_OK(run_token_put(place.db, ACCOUNT, "default", "t", "r", ids, 2, 0, &place.err),
		  &place.err);
	clock_fake(100, 0);
	place_stop(&place, ids[0]); /* the other one runs on */
	stopped(&place, 3, 200);
	forget(&place, &walk, 1000, 2 * HOUR_MS, 1);
	ck_assert(walk.forgotten == 0 && walk.more);
	forget(&place, &walk, 1000, 2 * HOUR_MS, 1);
	ck_assert(walk.forgotten == 1 && is_known(&place, ids[0]) && !is_known(&place, ID("3")));

	clock_fake(3 * HOUR_MS, 0);
	place_stop(&place, ids[1]);
	walk = (struct walk){0};
	forget(&place, &walk, 4 * HOUR_MS, 4 * HOUR_MS - 1, 8);
	ck_assert_uint_eq(walk.forgotten, 0); /* for an hour after the last of them */
	walk = (struct walk){0};
	forget(&place, &walk, 4 * HOUR_MS, 4 * HOUR_MS, 8);
	ck_assert_uint_eq(walk.forgotten, 2);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_stopped_long_enough_ago_goes_with_all_that_is_its_own_but_its_bill,
		what_the_row_said_of_what_it_held_is_kept_if_it_held_anything,
		a_batch_is_all_that_one_transaction_takes,
		a_task_whose_meter_runs_is_kept,
		a_task_whose_token_holds_is_kept_and_hides_none_behind_it,
	};

	return suite_run("store/task_forget", tests, ARRAY_LEN(tests));
}
