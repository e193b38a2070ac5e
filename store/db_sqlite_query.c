/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements. Prepared ones are cached by their text, in a small hash table. A cached one that is
 * in use is not shared: the second user gets a statement of its own, which joins the cache. Texts
 * are built from few fragments, so the cache does not grow; DB_CACHE_MAX bounds it all the same.
 *
 * Binding cannot fail visibly: what goes wrong is kept and told by the next step.
 */
#include <assert.h>
#include <string.h>

#include "store/db_sqlite_private.h"

#define DB_HASHED_LETTERS 64
#define DB_CACHE_MAX	  256 /* the modules here have about 100 texts */

static void query_free(struct db_query *query)
{
	sqlite3_finalize(query->stmt);
	free(query->sql);
	free(query);
}

void db_sqlite_drop_queries(struct db *db)
{
	for (size_t i = 0; i < DB_BUCKETS; i++) {
		while (db->buckets[i]) {
			struct db_query *query = db->buckets[i];

			db->buckets[i] = query->next;
			query_free(query);
		}
	}
}

static size_t bucket_of(const char *sql)
{
	size_t len = strlen(sql);
	uint32_t hash = 2166136261u ^ (uint32_t)len; /* FNV-1a, of some letters of a long text */

	for (size_t i = 0; i < len; i += 1 + len / DB_HASHED_LETTERS)
		hash = (hash ^ (uint8_t)sql[i]) * 16777619u;
	return hash % DB_BUCKETS;
}

static int prepare(struct db *db, const char *sql, struct db_query **ret_query, struct err *err)
{
	struct db_query *query = xcalloc(1, sizeof(*query));
	const char *tail = NULL;
	int rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &query->stmt,
				    &tail);

	query->db = db;
	query->sql = xstrdup(sql);
	if (rc != SQLITE_OK) {
		query_free(query);
		(void)db_sqlite_fail(db, rc, sql, err);
		return -1;
	}
	assert(query->stmt && tail && *tail == '\0'); /* one statement, and only one */
	*ret_query = query;
	return 0;
}

int db_query(struct db *db, const char *sql, struct db_query **ret_query, struct err *err)
{
	size_t bucket = bucket_of(sql);
	struct db_query *query = db->buckets[bucket];

	while (query && (query->in_use || strcmp(query->sql, sql) != 0))
		query = query->next;
	if (!query) {
		if (prepare(db, sql, &query, err) < 0)
			return -1;
		if (db->cached < DB_CACHE_MAX) {
			query->next = db->buckets[bucket];
			db->buckets[bucket] = query;
			query->cached = true;
			db->cached++;
		}
	}
	query->in_use = true;
	query->finished = false;
	query->bind_rc = SQLITE_OK;
	query->changed = 0;
	*ret_query = query;
	return 0;
}

void db_texts(struct db *db, void (*fn)(void *ctx, const char *sql), void *ctx)
{
	for (size_t i = 0; i < DB_BUCKETS; i++) {
		for (const struct db_query *query = db->buckets[i]; query; query = query->next)
			fn(ctx, query->sql);
	}
}

static void bound(struct db_query *query, int rc)
{
	if (query->bind_rc == SQLITE_OK)
		query->bind_rc = rc;
}

void db_bind_text(struct db_query *query, int index, const char *text)
{
	if (!text)
		bound(query, sqlite3_bind_null(query->stmt, index));
	else
		bound(query, sqlite3_bind_text64(query->stmt, index, text, strlen(text),
						 SQLITE_TRANSIENT, SQLITE_UTF8));
}

void db_bind_int(struct db_query *query, int index, int64_t value)
{
	bound(query, sqlite3_bind_int64(query->stmt, index, value));
}

void db_bind_null(struct db_query *query, int index)
{
	bound(query, sqlite3_bind_null(query->stmt, index));
}

void db_bind_blob(struct db_query *query, int index, const void *bytes, size_t len)
{
	/* A null pointer would bind NULL, but nothing is also a blob. */
	bound(query,
	      sqlite3_bind_blob64(query->stmt, index, bytes ? bytes : "", len, SQLITE_TRANSIENT));
}

int db_step(struct db_query *query, struct err *err)
{
	struct db *db = query->db;
	int rc;

	assert(query->in_use);
	if (query->finished)
		return 0;
	if (query->bind_rc != SQLITE_OK)
		return err_set(err, db_sqlite_code(db->handle, query->bind_rc), "bind a value: %s",
			       sqlite3_errstr(query->bind_rc));
	assert(!db->reading || sqlite3_stmt_readonly(query->stmt));
	rc = sqlite3_step(query->stmt);
	if (rc == SQLITE_ROW)
		return 1;
	query->finished = true;
	if (rc != SQLITE_DONE) {
		(void)db_sqlite_fail(db, rc, "database", err);
		sqlite3_reset(query->stmt);
		return -1;
	}
	if (!sqlite3_stmt_readonly(query->stmt))
		query->changed = sqlite3_changes64(db->handle);
	sqlite3_reset(query->stmt); /* ends the read lock of a query outside transactions */
	return 0;
}

const char *db_text(struct db_query *query, int column)
{
	return (const char *)sqlite3_column_text(query->stmt, column);
}

int64_t db_int(struct db_query *query, int column)
{
	return sqlite3_column_int64(query->stmt, column);
}

bool db_is_null(struct db_query *query, int column)
{
	return sqlite3_column_type(query->stmt, column) == SQLITE_NULL;
}

enum db_kind db_kind(struct db_query *query, int column)
{
	switch (sqlite3_column_type(query->stmt, column)) {
	case SQLITE_NULL:
		return DB_NULL;
	case SQLITE_INTEGER:
		return DB_INT;
	case SQLITE_TEXT:
		return DB_TEXT;
	case SQLITE_BLOB:
		return DB_BLOB;
	default:
		return DB_OTHER;
	}
}

const void *db_blob(struct db_query *query, int column, size_t *ret_len)
{
	const void *bytes = sqlite3_column_blob(query->stmt, column);

	*ret_len = (size_t)sqlite3_column_bytes(query->stmt, column);
	return bytes;
}

void db_done(struct db_query *query)
{
	if (!query)
		return;
	if (!query->cached) {
		query_free(query);
		return;
	}
	sqlite3_reset(query->stmt);
	sqlite3_clear_bindings(query->stmt);
	query->in_use = false;
}

void db_donep(struct db_query **query)
{
	db_done(*query);
	*query = NULL;
}

int db_run(struct db_query *query, int64_t *ret_changed, struct err *err)
{
	int rc;

	do {
		rc = db_step(query, err);
	} while (rc == 1);
	if (rc == 0 && ret_changed)
		*ret_changed = query->changed;
	db_done(query);
	return rc;
}

int db_exec(struct db *db, const char *sql, int64_t *ret_changed, struct err *err)
{
	struct db_query *query;

	if (db_query(db, sql, &query, err) < 0)
		return -1;
	return db_run(query, ret_changed, err);
}

int64_t db_last_id(struct db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}
