/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets without their values (those are in secret_version.c). A secret that is to be
 * deleted keeps its name until then; from that moment on it is not there, whether or not
 * somebody has removed its rows.
 */
#include "store/secret.h"

#include <string.h>

#include "store/record.h"

#define COLUMNS "name, suffix, description, key_id, created_ms, changed_ms, deleted_ms, purge_ms"
#define ALIVE	"(purge_ms = 0 OR purge_ms > ?2)"

static void read_secret(struct record_row *row, void *ret_item)
{
	struct secret *ret_secret = ret_item;

	*ret_secret = (struct secret){
		.name = record_text(row, 0),
		.suffix = record_text(row, 1),
		.description = record_text(row, 2),
		.key_id = record_text(row, 3),
		.created_ms = db_int(row->query, 4),
		.changed_ms = db_int(row->query, 5),
		.deleted_ms = db_int(row->query, 6),
		.purge_ms = db_int(row->query, 7),
	};
}

static int insert(struct db *db, const char *account, const struct secret *given, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO secret (account, name, suffix, description, key_id, created_ms,"
		     " changed_ms, deleted_ms, purge_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, 0)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, given->name);
	db_bind_text(query, 3, given->suffix);
	db_bind_text(query, 4, given->description);
	db_bind_text(query, 5, given->key_id);
	db_bind_int(query, 6, given->created_ms);
	return db_run(query, NULL, err);
}

static int is_taken(struct db *db, const char *account, const char *name, int64_t *ret_taken,
		    struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT 1 FROM secret WHERE account = ?1 AND name = ?2", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	return record_int(query, 0, ret_taken, err);
}

int secret_create(struct db *db, const char *account, const struct secret *given, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	int64_t taken;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    secret_purge(db, given->created_ms, err) < 0 ||
	    is_taken(db, account, given->name, &taken, err) < 0)
		return -1;
	if (taken)
		return err_set(err, ERR_EXISTS, "there is a secret %s", given->name);
	if (insert(db, account, given, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

/* One of exactly this name, and of this suffix unless that is NULL. */
static int find(struct db *db, const char *account, const char *name, const char *suffix,
		int64_t now_ms, struct arena *arena, struct secret *ret_secret, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct secret *found;
	size_t count;

	if (db_query(db,
		     "SELECT " COLUMNS " FROM secret WHERE account = ?1 AND " ALIVE
		     " AND name = ?3 AND (?4 IS NULL OR suffix = ?4)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_int(query, 2, now_ms);
	db_bind_text(query, 3, name);
	db_bind_text(query, 4, suffix);
	if (record_list(query, read_secret, sizeof(*found), arena, &found, &count, err) < 0)
		return -1;
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "no secret %s", name);
	*ret_secret = found[0];
	return 0;
}

int secret_find(struct db *db, const char *account, const char *name, int64_t now_ms,
		struct arena *arena, struct secret *ret_secret, struct err *err)
{
	size_t len = strlen(name);
	const char *dash = len >= SECRET_SUFFIX_SIZE ? name + len - SECRET_SUFFIX_SIZE : NULL;
	AUTO(freep) char *bare = NULL;

	if (dash && *dash == '-') {
		bare = xstrndup(name, (size_t)(dash - name));
		if (find(db, account, bare, dash + 1, now_ms, arena, ret_secret, err) == 0)
			return 0;
		if (err->code != ERR_NOT_FOUND)
			return -1;
		err_clear(err);
	}
	return find(db, account, name, NULL, now_ms, arena, ret_secret, err);
}

/* Runs a bound change of one secret. */
static int change_one(struct db_query *query, const char *name, struct err *err)
{
	int64_t changed;

	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0 : err_set(err, ERR_NOT_FOUND, "no secret %s", name);
}

int secret_change(struct db *db, const char *account, const char *name, const char *description,
		  const char *key_id, int64_t now_ms, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE secret SET description = COALESCE(?3, description),"
		     " key_id = COALESCE(?4, key_id), changed_ms = ?5"
		     " WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	db_bind_text(query, 3, description);
	db_bind_text(query, 4, key_id);
	db_bind_int(query, 5, now_ms);
	return change_one(query, name, err);
}

static int schedule(struct db *db, const char *account, const char *name, int64_t deleted_ms,
		    int64_t purge_ms, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE secret SET deleted_ms = ?3, purge_ms = ?4"
		     " WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	db_bind_int(query, 3, deleted_ms);
	db_bind_int(query, 4, purge_ms);
	return change_one(query, name, err);
}

int secret_delete(struct db *db, const char *account, const char *name, int64_t now_ms,
		  int64_t purge_ms, struct err *err)
{
	struct db_query *query;

	if (purge_ms > 0)
		return schedule(db, account, name, now_ms, purge_ms, err);
	if (db_query(db, "DELETE FROM secret WHERE account = ?1 AND name = ?2", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	return change_one(query, name, err);
}

int secret_restore(struct db *db, const char *account, const char *name, struct err *err)
{
	return schedule(db, account, name, 0, 0, err);
}

int secret_purge(struct db *db, int64_t now_ms, struct err *err)
{
	struct db_query *query;

	if (db_query(db, "DELETE FROM secret WHERE purge_ms > 0 AND purge_ms <= ?1", &query, err) <
	    0)
		return -1;
	db_bind_int(query, 1, now_ms);
	return db_run(query, NULL, err);
}

#define LISTED(behind, order)                                                                      \
	"SELECT " COLUMNS " FROM secret WHERE account = ?1 AND " ALIVE                             \
	" AND (created_ms, name) " behind " (?3, ?4) AND (?5 <> 0 OR deleted_ms = 0)"              \
	" ORDER BY created_ms " order ", name " order " LIMIT ?6"

int secret_list(struct db *db, const char *account, const struct secret_list *asked, int64_t now_ms,
		struct arena *arena, struct secret **ret_secrets, size_t *ret_count,
		struct err *err)
{
	int64_t outside = asked->backwards ? INT64_MAX : INT64_MIN;
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, asked->backwards ? LISTED("<", "DESC") : LISTED(">", "ASC"), &query, err) <
	    0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_int(query, 2, now_ms);
	db_bind_int(query, 3, asked->after_name ? asked->after_ms : outside);
	db_bind_text(query, 4, asked->after_name ? asked->after_name : "");
	db_bind_int(query, 5, asked->deleted);
	db_bind_int(query, 6, (int64_t)asked->limit);
	return record_list(query, read_secret, sizeof(struct secret), arena, ret_secrets, ret_count,
			   err);
}
