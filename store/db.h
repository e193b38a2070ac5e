/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to a database, used by one thread (but see db_share()). The record modules
 * (account, cluster, definition, task, ...) speak only this, so that a backend is one file:
 * db_sqlite.c is today's (WAL, synchronous FULL for the state, NORMAL for logs).
 * SQL texts keep to what SQLite and PostgreSQL both understand; parameters are ?1, ?2.
 */
#ifndef SLIPWAY_STORE_DB_H
#define SLIPWAY_STORE_DB_H

#include "core/err.h"

struct db;
struct db_query; /* a prepared statement in use; the prepared form is cached by its text */

#define DB_BUSY_MS 10000 /* how long a writer waits for another */

/* @url: a path, or "sqlite:PATH". The schema is migrated to the newest version by whoever
 * comes first. */
int db_open_state(const char *url, struct db **ret_db, struct err *err) MUST_CHECK;
int db_open_logs(const char *url, struct db **ret_db, struct err *err) MUST_CHECK;
void db_free(struct db *db);
void db_freep(struct db **db);

/* Transactions that write take the write lock at once, in the order in which they come; they do
 * not nest. */
int db_begin(struct db *db, struct err *err) MUST_CHECK;
/*
 * The same, but what is committed gets to the disk with the next transaction of anybody who did not
 * say so, or sooner. The journal is one line, so nothing that was made of it is ever there without
 * it. For work that is made of what is stored, and is made again where it is lost.
 */
int db_begin_deferred(struct db *db, struct err *err) MUST_CHECK;
int db_begin_read(struct db *db, struct err *err) MUST_CHECK; /* one consistent snapshot */
int db_commit(struct db *db, struct err *err) MUST_CHECK;     /* on failure all is rolled back */
void db_rollback(struct db *db);			      /* harmless outside a transaction */
bool db_in_transaction(const struct db *db);

/*
 * Before threads use it: @db is for transactions that write, of several threads. From db_begin() to
 * db_commit() or db_rollback() it is the thread's; db_rollback() of a thread that does not have it
 * is harmless. So what one has written the next one finds in memory.
 */
void db_share(struct db *db);

/* Inside a transaction that writes: a part of it that can be taken back by itself. */
int db_savepoint(struct db *db, struct err *err) MUST_CHECK;
int db_release(struct db *db, struct err *err) MUST_CHECK;     /* it stays */
int db_rollback_to(struct db *db, struct err *err) MUST_CHECK; /* as if it had not been */

int db_query(struct db *db, const char *sql, struct db_query **ret_query, struct err *err)
	MUST_CHECK;
/* Values are copied; a NULL text binds NULL. */
void db_bind_text(struct db_query *query, int index, const char *text);
void db_bind_int(struct db_query *query, int index, int64_t value);
void db_bind_null(struct db_query *query, int index);
void db_bind_blob(struct db_query *query, int index, const void *bytes, size_t len);
/* 1: there is a row; 0: done; -1: error. */
int db_step(struct db_query *query, struct err *err) MUST_CHECK;
const char *db_text(struct db_query *query, int column); /* NULL for NULL; until the next step */
int64_t db_int(struct db_query *query, int column);	 /* 0 for NULL */
bool db_is_null(struct db_query *query, int column);
/* What the value is stored as, which need not be what the column was made for. To be asked before
 * the value is taken. */
enum db_kind { DB_NULL, DB_INT, DB_TEXT, DB_BLOB, DB_OTHER };
enum db_kind db_kind(struct db_query *query, int column);
const void *db_blob(struct db_query *query, int column, size_t *ret_len);
void db_done(struct db_query *query); /* give it back; takes NULL */
void db_donep(struct db_query **query);

/* Run one statement without rows; *ret_changed (may be NULL) is the number of rows changed. */
int db_exec(struct db *db, const char *sql, int64_t *ret_changed, struct err *err) MUST_CHECK;
/* Step a bound query to its end and give it back. */
int db_run(struct db_query *query, int64_t *ret_changed, struct err *err) MUST_CHECK;
int64_t db_last_id(struct db *db);

/* What is wrong inside the file's table @table and its indexes, each a text; none: it is sound. */
struct arena;
int db_check_table(struct db *db, const char *table, struct arena *arena, const char ***ret_faults,
		   size_t *ret_count, struct err *err) MUST_CHECK;

#endif
