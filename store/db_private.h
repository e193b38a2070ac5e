/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between db_open.c (which database, which schema) and the backend that db_sqlite.c
 * is. A second backend implements these and store/db.h.
 */
#ifndef SLIPWAY_STORE_DB_PRIVATE_H
#define SLIPWAY_STORE_DB_PRIVATE_H

#include "store/db.h"

#define DB_TURN_END "-turn" /* of the file beside @path, for store/write_turn.h */

/* Open the file at @path, which exists (empty is fine), as does that of turns. @mark is kept in the
 * file, so that one kind of database is not taken for the other: ERR_CORRUPT. */
int db_connect(const char *path, int32_t mark, bool durable, struct db **ret_db, struct err *err)
	MUST_CHECK;

/* The schema's version: 0 for a new database. Setting it belongs to the transaction. */
int db_version(struct db *db, int64_t *ret_version, struct err *err) MUST_CHECK;
int db_set_version(struct db *db, int64_t version, struct err *err) MUST_CHECK;

/* Call @fn with each text that was prepared and is kept: so a test sees what modules ask. */
void db_texts(struct db *db, void (*fn)(void *ctx, const char *sql), void *ctx);

/*
 * Call @fn after each commit of @db with the pages (4 KiB) that are in the journal now, most of
 * which may be in the database already. From here on @db itself moves the journal only when it is
 * very long. NULL: as before. @fn writes nothing and asks the database nothing.
 */
typedef void db_journal_fn(void *ctx, int64_t pages);
void db_watch_journal(struct db *db, db_journal_fn *fn, void *ctx);
/*
 * Move what is in the journal into the database, as far as nobody reads it there. @all: hold the
 * write lock, and wait some milliseconds for readers, so that the next write begins the journal
 * anew (if they take longer, it does not). *ret_pages: what is in it.
 */
int db_move_journal(struct db *db, bool all, int64_t *ret_pages, struct err *err) MUST_CHECK;

/* Run a text of many statements without parameters. */
int db_script(struct db *db, const char *sql, struct err *err) MUST_CHECK;

#endif
