/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log groups, and how far each agent's reports are here.
 */
#include "store/logs.h"

#include <stdio.h>
#include <string.h>

#include "store/logs_private.h"
#include "store/record.h"

#define GROUP_COLUMNS "name, created_ms, retention_days, stored_bytes"

int log_group_id(struct db *db, const char *account, const char *group, int64_t *ret_id,
		 struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t id;

	if (db_query(db, "SELECT id FROM log_group WHERE account = ?1 AND name = ?2", &query, err) <
	    0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, group);
	if (record_int(query, 0, &id, err) < 0)
		return -1;
	if (id == 0)
		return err_set(err, ERR_NOT_FOUND, "no log group %s", group);
	*ret_id = id;
	return 0;
}

int log_group_create(struct db *db, const char *account, const char *group, int64_t now_ms,
		     struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO log_group (account, name, created_ms, retention_days, "
		     "stored_bytes)"
		     " VALUES (?1, ?2, ?3, 0, 0)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, group);
	db_bind_int(query, 3, now_ms);
	if (db_run(query, NULL, err) < 0) {
		if (err->code == ERR_EXISTS)
			return err_set(err, ERR_EXISTS, "there is a log group %s already", group);
		return -1;
	}
	return 0;
}

/* Runs a bound change of one group. */
static int change_one(struct db_query *query, const char *group, struct err *err)
{
	int64_t changed;

	if (db_run(query, &changed, err) < 0)
		return -1;
	if (changed == 0)
		return err_set(err, ERR_NOT_FOUND, "no log group %s", group);
	return 0;
}

int log_group_delete(struct db *db, const char *account, const char *group, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE log_group SET account = '" LOG_DELETED_ACCOUNT "',"
		     " name = CAST(id AS TEXT), retention_days = 0"
		     " WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, group);
	return change_one(query, group, err);
}

int log_group_retention(struct db *db, const char *account, const char *group, int64_t days,
			struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE log_group SET retention_days = ?3 WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, group);
	db_bind_int(query, 3, days);
	return change_one(query, group, err);
}

static void read_group(struct record_row *row, void *ret_item)
{
	struct log_group *ret_group = ret_item;

	*ret_group = (struct log_group){
		.name = record_text(row, 0),
		.created_ms = db_int(row->query, 1),
		.retention_days = db_int(row->query, 2),
		.stored_bytes = db_int(row->query, 3),
	};
}

int log_group_find(struct db *db, const char *account, const char *group, struct arena *arena,
		   struct log_group *ret_group, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct record_row row = {.arena = arena};
	struct log_group found;
	int rc;

	if (db_query(db, "SELECT " GROUP_COLUMNS " FROM log_group WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	row.query = query;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, group);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no log group %s", group);
	read_group(&row, &found);
	if (record_row_check(&row, err) < 0)
		return -1;
	*ret_group = found;
	return 0;
}

/* The page begins at the later one of the prefix and @after. */
static int list_query(struct db *db, const char *prefix, const char *after,
		      struct db_query **ret_query, struct err *err)
{
	AUTO(freep) char *end = record_prefix_end(prefix);
	bool from_prefix = prefix && (!after || strcmp(after, prefix) < 0);
	struct db_query *query;
	char sql[LOG_SQL_MAX];

	snprintf(sql, sizeof(sql),
		 "SELECT " GROUP_COLUMNS " FROM log_group WHERE account = ?1 AND name %s ?2%s"
		 " ORDER BY name LIMIT ?3",
		 from_prefix ? ">=" : ">", prefix ? " AND name < ?4" : "");
	if (db_query(db, sql, &query, err) < 0)
		return -1;
	db_bind_text(query, 2, from_prefix ? prefix : after ? after : "");
	if (prefix)
		db_bind_text(query, 4, end);
	*ret_query = query;
	return 0;
}

int log_group_list(struct db *db, const char *account, const char *prefix, const char *after,
		   size_t limit, struct arena *arena, struct log_group **ret_groups,
		   size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (list_query(db, prefix, after, &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_int(query, 3, (int64_t)limit);
	return record_list(query, read_group, sizeof(struct log_group), arena, ret_groups,
			   ret_count, err);
}

int log_agent_seq(struct db *db, const char *task, int64_t *ret_seq, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT seq FROM log_agent WHERE task = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	return record_int(query, 0, ret_seq, err);
}

int log_agent_seq_put(struct db *db, const char *task, int64_t seq, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO log_agent (task, seq) VALUES (?1, ?2)"
		     " ON CONFLICT (task) DO UPDATE SET seq = excluded.seq",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	db_bind_int(query, 2, seq);
	return db_run(query, NULL, err);
}

int log_agent_seq_drop(struct db *db, const char *task, struct err *err)
{
	struct db_query *query;

	if (db_query(db, "DELETE FROM log_agent WHERE task = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	return db_run(query, NULL, err);
}
