/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of tasks. ListTasks goes from the newest to the oldest by (created_ms, id),
 * which never changes in a task's life, so pages are stable while tasks come and
 * stop; an index for each filter begins with what the filter fixes and ends with that
 * order. The provisioner's lists run over indexes of unfinished tasks alone.
 */
#include <stdio.h>
#include <string.h>

#include "store/record.h"
#include "store/task_private.h"

/* By far the usual launch type: the index for the filter holds the others only. */
#define USUAL_LAUNCH_TYPE "FARGATE"

/* The conditions of partial indexes stand as literals, or the planner cannot use them. */
static const char *launch_type_sql(const char *launch_type)
{
	if (!launch_type)
		return "";
	if (strcmp(launch_type, USUAL_LAUNCH_TYPE) == 0)
		return " AND launch_type = '" USUAL_LAUNCH_TYPE "'";
	return " AND launch_type = ?7 AND launch_type <> '" USUAL_LAUNCH_TYPE "'";
}

static const char *started_by_sql(const char *started_by)
{
	if (!started_by)
		return "";
	return started_by[0] != '\0' ? " AND started_by = ?5 AND started_by <> ''"
				     : " AND started_by = ''";
}

void task_list_sql(const struct task_filter *filter, char *ret)
{
	snprintf(ret, TASK_SQL_MAX,
		 "SELECT id FROM task WHERE account = ?1 AND cluster = ?2 AND want_stopped = ?3"
		 "%s%s%s%s%s ORDER BY created_ms DESC, id DESC LIMIT ?10",
		 filter->family ? " AND family = ?4" : "", started_by_sql(filter->started_by),
		 filter->group ? " AND group_name = ?6" : "", launch_type_sql(filter->launch_type),
		 filter->after.id ? " AND (created_ms, id) < (?8, ?9)" : "");
}

/* Bind only what the text has: a number that it skips may not be bound. */
static void bind_filter(struct db_query *query, const struct task_filter *filter)
{
	db_bind_text(query, 1, filter->account);
	db_bind_text(query, 2, filter->cluster);
	db_bind_int(query, 3, filter->want_stopped);
	if (filter->family)
		db_bind_text(query, 4, filter->family);
	if (filter->started_by && filter->started_by[0] != '\0')
		db_bind_text(query, 5, filter->started_by);
	if (filter->group)
		db_bind_text(query, 6, filter->group);
	if (filter->launch_type && strcmp(filter->launch_type, USUAL_LAUNCH_TYPE) != 0)
		db_bind_text(query, 7, filter->launch_type);
	if (filter->after.id) {
		db_bind_int(query, 8, filter->after.created_ms);
		db_bind_text(query, 9, filter->after.id);
	}
	db_bind_int(query, 10, (int64_t)filter->limit);
}

int task_list_place(struct db *db, const char *id, struct task_list_place *ret_place,
		    struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t created_ms;

	if (db_query(db, "SELECT created_ms FROM task WHERE id = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	if (record_int(query, -1, &created_ms, err) < 0)
		return -1;
	if (created_ms < 0)
		return err_set(err, ERR_NOT_FOUND, "no task %s to continue behind", id);
	*ret_place = (struct task_list_place){.created_ms = created_ms, .id = id};
	return 0;
}

int task_list(struct db *db, const struct task_filter *filter, struct arena *arena,
	      const char ***ret_ids, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	char sql[TASK_SQL_MAX];

	task_list_sql(filter, sql);
	if (db_query(db, sql, &query, err) < 0)
		return -1;
	bind_filter(query, filter);
	return record_texts(query, arena, ret_ids, ret_count, err);
}

int task_unfinished(struct db *db, struct arena *arena, const char ***ret_ids, size_t *ret_count,
		    struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, TASK_UNFINISHED_SQL, &query, err) < 0)
		return -1;
	return record_texts(query, arena, ret_ids, ret_count, err);
}

int task_addresses(struct db *db, const char *subnet, struct arena *arena,
		   const char ***ret_addresses, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, TASK_ADDRESSES_SQL, &query, err) < 0)
		return -1;
	db_bind_text(query, 1, subnet);
	return record_texts(query, arena, ret_addresses, ret_count, err);
}

int task_change_mark(struct db *db, int64_t *ret_mark, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT value FROM task_mark WHERE id = 1", &query, err) < 0)
		return -1;
	return record_int(query, 0, ret_mark, err);
}
