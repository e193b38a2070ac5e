/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No question grows with history: each text that reads a table which grows with the
 * tasks ever run is given to SQLite's planner, which must answer with an index search,
 * without a scan of the table and without sorting.
 */
#include "tests/unit/store/place.h"

#include <sqlite3.h>

#include "store/account.h"
#include "store/cluster.h"
#include "store/db_private.h"
#include "store/definition.h"
#include "store/definition_private.h"
#include "store/event_inbox.h"
#include "store/event_queue.h"
#include "store/event_rule.h"
#include "store/scheduler.h"
#include "store/secret.h"
#include "store/tag.h"
#include "store/task_forget.h"
#include "store/task_private.h"

/* A scan of a partial index of unfinished tasks is wanted: it holds nothing else. */
static bool is_good(const char *step)
{
	if (strstr(step, "SCAN task USING INDEX task_unfinished") ||
	    strstr(step, "SCAN task USING COVERING INDEX task_unfinished"))
		return true;
	return !strstr(step, "SCAN") && !strstr(step, "TEMP B-TREE");
}

static void check_plan(const char *path, const char *sql)
{
	AUTO(freep) char *explain = xasprintf("EXPLAIN QUERY PLAN %s", sql);
	sqlite3 *handle;
	sqlite3_stmt *stmt;
	int steps = 0;

	ck_assert_int_eq(sqlite3_open(path, &handle), SQLITE_OK);
	ck_assert_msg(sqlite3_prepare_v2(handle, explain, -1, &stmt, NULL) == SQLITE_OK, "%s: %s",
		      sql, sqlite3_errmsg(handle));
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(stmt, 3);

		ck_assert_msg(is_good(step), "%s\n-> %s", sql, step);
		steps++;
	}
	ck_assert_int_gt(steps, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(handle);
}

START_TEST(no_listing_of_tasks_scans_or_sorts)
{
	static const struct task_filter filters[] = {
		{.limit = 1},
		{.family = "f"},
		{.group = "g"},
		{.started_by = "s"},
		{.launch_type = "FARGATE"},
		{.launch_type = "EC2"},
		{.family = "f", .started_by = "s"},
		{.family = "f", .launch_type = "FARGATE"},
	};
	AUTO(place_done) struct place place;

	place_state(&place);
	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		struct task_filter filter = filters[i];
		char sql[TASK_SQL_MAX];

		task_list_sql(&filter, sql);
		check_plan(place.path, sql);
		filter.after.id = "id";
		task_list_sql(&filter, sql);
		check_plan(place.path, sql);
	}
}
END_TEST

START_TEST(each_filter_has_its_index)
{
	static const struct {
		struct task_filter filter;
		const char *index;
	} rows[] = {
		{{.family = "f"}, "task_listed_by_family"},
		{{.group = "g"}, "task_listed_by_group"},
		{{.started_by = "s"}, "task_listed_by_starter"},
		{{.launch_type = "EC2"}, "task_listed_by_launch_type"},
	};
	AUTO(place_done) struct place place;
	sqlite3 *handle;

	place_state(&place);
	ck_assert_int_eq(sqlite3_open(place.path, &handle), SQLITE_OK);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char sql[TASK_SQL_MAX];
		AUTO(freep) char *explain = NULL;
		sqlite3_stmt *stmt;

		task_list_sql(&rows[i].filter, sql);
		explain = xasprintf("EXPLAIN QUERY PLAN %s", sql);
		ck_assert_int_eq(sqlite3_prepare_v2(handle, explain, -1, &stmt, NULL), SQLITE_OK);
		ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
		ck_assert_msg(strstr((const char *)sqlite3_column_text(stmt, 3), rows[i].index) !=
				      NULL,
			      "%s: %s", rows[i].index, sqlite3_column_text(stmt, 3));
		sqlite3_finalize(stmt);
	}
	sqlite3_close(handle);
}
END_TEST

START_TEST(the_provisioners_questions_look_at_unfinished_tasks_only)
{
	static const char *const texts[] = {
		TASK_UNFINISHED_SQL,
		TASK_ADDRESSES_SQL,
		DEFINITION_EXPUNGE_SQL,
		TASK_FORGET_SQL,
		("SELECT state, COUNT(*) FROM task WHERE account = ?1 AND cluster = ?2"
		 " AND state <> 'STOPPED' GROUP BY state"),
	};
	AUTO(place_done) struct place place;

	place_state(&place);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		check_plan(place.path, texts[i]);
}
END_TEST

/* Ask everything that a request of the API may ask; answers do not matter. */
static void ask_all(struct place *place)
{
	static const struct definition_key after = {"f", 1};
	const char *statuses[] = {"ACTIVE", "INACTIVE", "ALL"};
	struct db *db = place->db;
	struct arena *arena = place->arena;
	struct definition definition;
	struct access_key key, *access_keys;
	struct definition_key *keys;
	struct cluster cluster;
	struct task_phase *phases;
	struct secret *secrets;
	struct task task;
	struct tag *tags;
	const char **texts, *text;
	size_t count;

	(void)!access_key_find(db, "AKIA", &key, &place->err);
	if (access_key_list(db, ACCOUNT, &access_keys, &count, &place->err) == 0)
		free(access_keys);
	(void)!cluster_find(db, ACCOUNT, "c", arena, &cluster, &place->err);
	(void)!cluster_list(db, ACCOUNT, NULL, 1, arena, &texts, &count, &place->err);
	(void)!task_find(db, ACCOUNT, "c", "id", arena, &task, &place->err);
	(void)!task_find(db, ACCOUNT, "default", place_insert(place, 1), arena, &task, &place->err);
	(void)!task_phase_list(db, "id", arena, &phases, &count, &place->err);
	(void)!tag_list(db, "arn", arena, &tags, &count, &place->err);
	(void)!run_token_find(db, ACCOUNT, "c", "t", 1, arena, &text, &texts, &count, &place->err);
	(void)!run_token_put(db, ACCOUNT, "c", "t", "r", texts, 0, 1, &place->err);
	(void)!run_token_find(db, ACCOUNT, "c", "t", 1, arena, &text, &texts, &count, &place->err);
	for (int i = 0; i < 2; i++) {
		const struct secret_list asked = {.backwards = i, .limit = 1};

		(void)!secret_list(db, ACCOUNT, &asked, 1, arena, &secrets, &count, &place->err);
	}
	for (int revision = 0; revision < 2; revision++)
		(void)!definition_find(db, ACCOUNT, "f", revision, arena, &definition, &place->err);
	for (int i = 0; i < 8; i++)
		(void)!definition_list(db, ACCOUNT, i & 1 ? "f" : NULL, DEFINITION_ACTIVE,
				       (i & 2) != 0, i & 4 ? &after : NULL, 1, arena, &keys, &count,
				       &place->err);
	for (size_t i = 0; i < 12; i++)
		(void)!definition_families(db, ACCOUNT, i & 1 ? "f" : NULL, statuses[i / 4],
					   i & 2 ? "e" : NULL, 1, arena, &texts, &count,
					   &place->err);
}

/* What a provisioner asks of each task that it may forget. */
static void forget_all(struct place *place)
{
	struct task_forget_place walk = {0};
	struct task task = place_task(place, 7);
	size_t forgotten;
	bool more;

	task.client_token = "t";
	ASSERT_OK(task_insert(place->db, &task, &place->err), &place->err);
	place_stop(place, task.id);
	ASSERT_OK(task_forget(place->db, INT64_MAX, INT64_MAX, 9, &walk, &forgotten, &more,
			      &place->err),
		  &place->err);
	ck_assert_uint_eq(forgotten, 1);
}

static void check_text(void *ctx, const char *sql)
{
	struct place *place = ctx;

	/* The dozen phases of one task are found by its key; they may be sorted. */
	if ((strncmp(sql, "SELECT", 6) == 0 || strncmp(sql, "DELETE FROM ta", 14) == 0) &&
	    !strstr(sql, "FROM task_phase"))
		check_plan(place->path, sql);
}

START_TEST(nothing_that_a_request_asks_scans_or_sorts)
{
	AUTO(place_done) struct place place;

	place_state(&place);
	ask_all(&place);
	forget_all(&place);
	db_texts(place.db, check_text, &place);
}
END_TEST

/* What is asked of events while there are many: found by an index. */
static void check_event_text(void *ctx, const char *sql)
{
	struct place *place = ctx;

	if (strstr(sql, "FROM event_delivery d") || strncmp(sql, "DELETE FROM event_", 18) == 0 ||
	    strncmp(sql, "UPDATE event_", 13) == 0 || strstr(sql, "FROM event_rule WHERE due_ms") ||
	    strstr(sql, "FROM event_inbox"))
		check_plan(place->path, sql);
}

START_TEST(no_question_about_events_scans_or_sorts)
{
	const struct event_accepted event = {ACCOUNT, "default", "id", 1, "{}", 0};
	const struct event_delivery delivery = {.event = event, .rule = "r", .target = "t"};
	const struct event_dead why = {"c", "r", "", 1};
	AUTO(place_done) struct place place;
	struct event_delivery *deliveries;
	char account[ACCOUNT_ID_SIZE] = "";
	struct event_inbox_row *waiting;
	struct event_rule_record *rules;
	int64_t due_ms;
	bool found;
	size_t count;

	place_state(&place);
	ASSERT_OK(event_accept(place.db, &event, NULL, 0, true, &place.err), &place.err);
	ASSERT_OK(event_deliveries_due(place.db, ACCOUNT, 1, 1, place.arena, &deliveries, &count,
				       &place.err),
		  &place.err);
	ASSERT_OK(event_delivery_again(place.db, &delivery, 1, &place.err), &place.err);
	ASSERT_OK(event_delivery_die(place.db, &delivery, &why, &place.err), &place.err);
	ASSERT_OK(event_queue_trim(place.db, 1, 1, &place.err), &place.err);
	ASSERT_OK(event_inbox_account(place.db, account, &found, &place.err), &place.err);
	ASSERT_OK(event_inbox_list(place.db, ACCOUNT, 1, place.arena, &waiting, &count, &place.err),
		  &place.err);
	ASSERT_OK(event_inbox_end(place.db, 1, &place.err), &place.err);
	ASSERT_OK(event_rules_due(place.db, 1, 1, place.arena, &rules, &count, &place.err),
		  &place.err);
	ASSERT_OK(event_rules_next_due(place.db, &due_ms, &place.err), &place.err);
	db_texts(place.db, check_event_text, &place);
}
END_TEST

/* What is asked of schedules while there are many. */
static void check_schedule_text(void *ctx, const char *sql)
{
	const struct place *place = ctx;

	if (strstr(sql, "FROM schedule") || strncmp(sql, "DELETE FROM schedule", 20) == 0)
		check_plan(place->path, sql);
}

START_TEST(no_question_about_schedules_scans_or_sorts)
{
	const struct scheduler_filter filter = {
		.account = ACCOUNT, .prefix = "p", .after_group = "g", .after = "n"};
	const struct scheduler_key key = {ACCOUNT, "g", "n"};
	AUTO(place_done) struct place place;
	struct scheduler_record *schedules;
	struct scheduler_record schedule;
	int64_t due_ms;
	size_t count;
	bool more;

	place_state(&place);
	ASSERT_OK(scheduler_due(place.db, 1, 1, place.arena, &schedules, &count, &more, &place.err),
		  &place.err);
	ASSERT_OK(scheduler_next_due(place.db, &due_ms, &place.err), &place.err);
	ASSERT_OK(scheduler_list(place.db, &filter, 1, place.arena, &schedules, &count, &place.err),
		  &place.err);
	ck_assert_int_eq(scheduler_find(place.db, &key, place.arena, &schedule, &place.err), -1);
	ASSERT_OK(scheduler_token_trim(place.db, 1, 1, &place.err), &place.err);
	db_texts(place.db, check_schedule_text, &place);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		no_question_about_events_scans_or_sorts,
		no_question_about_schedules_scans_or_sorts,
		no_listing_of_tasks_scans_or_sorts,
		each_filter_has_its_index,
		the_provisioners_questions_look_at_unfinished_tasks_only,
		nothing_that_a_request_asks_scans_or_sorts,
	};

	return suite_run("store/plan", tests, ARRAY_LEN(tests));
}
