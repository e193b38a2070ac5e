/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No question grows with history: each text that reads a table which grows with the
 * tasks ever run is given to SQLite's planner, which must answer with an index search,
 * without a scan of the table and without sorting.
 */
#include "tests/unit/store/place.h"

#include <sqlite3.h>

#include "store/definition_private.h"
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
		filter.after = "id";
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
		"SELECT state, COUNT(*) FROM task WHERE account = ?1 AND cluster = ?2"
		" AND state <> 'STOPPED' GROUP BY state",
	};
	AUTO(place_done) struct place place;

	place_state(&place);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		check_plan(place.path, texts[i]);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		no_listing_of_tasks_scans_or_sorts,
		each_filter_has_its_index,
		the_provisioners_questions_look_at_unfinished_tasks_only,
	};

	return suite_run("store/plan", tests, ARRAY_LEN(tests));
}
