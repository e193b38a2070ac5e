/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of schedules. The default one has no row; lists put it where its name belongs.
 */
#include <string.h>

#include "store/record.h"
#include "store/scheduler.h"

static bool is_default(const char *name)
{
	return strcmp(name, SCHEDULER_GROUP_DEFAULT) == 0;
}

int scheduler_group_create(struct db *db, const char *account, const struct scheduler_group *group,
			   struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (is_default(group->name))
		return err_set(err, ERR_EXISTS, "there is a group %s", group->name);
	if (db_query(db,
		     "INSERT INTO schedule_group (account, name, created_ms) VALUES (?1, ?2, ?3)"
		     " ON CONFLICT (account, name) DO NOTHING",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, group->name);
	db_bind_int(query, 3, group->created_ms);
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0 : err_set(err, ERR_EXISTS, "there is a group %s", group->name);
}

static void read_group(struct record_row *row, void *ret_item)
{
	*(struct scheduler_group *)ret_item = (struct scheduler_group){
		.name = record_text(row, 0), .created_ms = db_int(row->query, 1)};
}

int scheduler_group_find(struct db *db, const char *account, const char *name, struct arena *arena,
			 struct scheduler_group *ret_group, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct scheduler_group *found;
	size_t count;

	if (is_default(name)) {
		*ret_group = (struct scheduler_group){.name = SCHEDULER_GROUP_DEFAULT};
		return 0;
	}
	if (db_query(db,
		     "SELECT name, created_ms FROM schedule_group WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	if (record_list(query, read_group, sizeof(*found), arena, &found, &count, err) < 0)
		return -1;
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "no group %s", name);
	*ret_group = found[0];
	return 0;
}

int scheduler_group_list(struct db *db, const char *account, const char *prefix, const char *after,
			 size_t limit, struct arena *arena, struct scheduler_group **ret_groups,
			 size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(freep) char *end = record_prefix_end(prefix);

	if (db_query(db,
		     "SELECT name, created_ms FROM"
		     " (SELECT name, created_ms FROM schedule_group WHERE account = ?1"
		     "  UNION ALL SELECT '" SCHEDULER_GROUP_DEFAULT "', 0) AS named"
		     " WHERE name >= ?2 AND name < ?3 AND name > ?4 ORDER BY name LIMIT ?5",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, prefix);
	db_bind_text(query, 3, end);
	db_bind_text(query, 4, after ? after : "");
	db_bind_int(query, 5, (int64_t)limit);
	return record_list(query, read_group, sizeof(struct scheduler_group), arena, ret_groups,
			   ret_count, err);
}

static int delete_rows(struct db *db, const char *sql, const char *account, const char *name,
		       int64_t *ret_changed, struct err *err)
{
	struct db_query *query;

	if (db_query(db, sql, &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	return db_run(query, ret_changed, err);
}

int scheduler_group_delete(struct db *db, const char *account, const char *name, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	int64_t changed;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    delete_rows(db, "DELETE FROM schedule_group WHERE account = ?1 AND name = ?2", account,
			name, &changed, err) < 0)
		return -1;
	if (changed == 0)
		return err_set(err, ERR_NOT_FOUND, "no group %s", name);
	if (delete_rows(db, "DELETE FROM schedule WHERE account = ?1 AND group_name = ?2", account,
			name, &changed, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

int scheduler_group_count(struct db *db, const char *account, int64_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT COUNT(*) FROM schedule_group WHERE account = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	return record_int(query, 0, ret_count, err);
}
