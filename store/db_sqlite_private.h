/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the backend share: db_sqlite.c (connections, transactions, the journal) and
 * db_sqlite_query.c (statements). No other file knows sqlite3.h.
 */
#ifndef SLIPWAY_STORE_DB_SQLITE_PRIVATE_H
#define SLIPWAY_STORE_DB_SQLITE_PRIVATE_H

#include <sqlite3.h>
#include <stdatomic.h>

#include "store/db_private.h"

#define DB_BUCKETS 64

struct db_query {
	struct db_query *next; /* in its bucket */
	struct db *db;
	sqlite3_stmt *stmt;
	char *sql;   /* owned */
	bool cached; /* in a bucket; else it ends with db_done() */
	bool in_use;
	bool finished; /* stepped to its end */
	int bind_rc;   /* the first failure of a bind */
	int64_t changed;
};

struct db {
	sqlite3 *handle;
	struct write_turn *turn;
	_Atomic(const void *) owner; /* the thread (&self) that has the turn; NULL: none */
	bool durable;		     /* its commits are synced, if nobody asks for less */
	bool synced;		     /* they are now */
	bool shared;
	bool reading; /* in db_begin_read() */
	db_journal_fn *on_commit;
	void *on_commit_ctx;
	size_t cached;
	struct db_query *buckets[DB_BUCKETS];
};

/* -1, with SQLite's code and words for what failed. */
int db_sqlite_fail(struct db *db, int rc, const char *what, struct err *err);
enum err_code db_sqlite_code(sqlite3 *handle, int rc);
/* All statements, none of which is in use. */
void db_sqlite_drop_queries(struct db *db);

#endif
