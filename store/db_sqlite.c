/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/db.h on SQLite: connections, transactions, the journal. Statements are in
 * db_sqlite_query.c; no other files know sqlite3.h.
 *
 * A connection belongs to one thread at a time, so SQLite's own locks are off. The journal is a
 * WAL: readers never wait, writers wait for each other up to DB_BUSY_MS, in the line that
 * store/write_turn.h is. Every writing transaction takes the write lock when it begins (BEGIN
 * IMMEDIATE): a transaction that read first and then wanted to write could find its snapshot
 * outdated, which no waiting mends. For the same reason db_begin_read() refuses writes, and nothing
 * may write outside a transaction while one of its queries is open.
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "core/clock.h"
#include "store/db_sqlite_private.h"
#include "store/write_turn.h"

#define DB_TEXT_MAX	  (16 * 1024 * 1024) /* a bound or stored value: the largest body is 10 MiB */
#define DB_WAL_KEEP_BYTES (64 * 1024 * 1024) /* a WAL that grew larger is cut back */
#define DB_WAL_LONG_PAGES 16000		     /* with a keeper: as long as it keeps up, never */
#define DB_WAL_PAGES	  1000		     /* SQLite's own */
#define DB_OPEN_RETRY_MS  5
#define DB_BRIEF_MS	  5
#define DB_LOOK_MS	  1 /* for the write lock, while another holds it */

/* ---- errors ---- */

enum err_code db_sqlite_code(sqlite3 *handle, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return ERR_UNAVAILABLE;
	case SQLITE_FULL:
	case SQLITE_NOMEM:
		return ERR_NO_SPACE;
	case SQLITE_IOERR:
		return sqlite3_system_errno(handle) == ENOSPC ? ERR_NO_SPACE : ERR_SYSTEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_CORRUPT;
	case SQLITE_TOOBIG:
		return ERR_LIMIT;
	case SQLITE_CONSTRAINT:
		return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY
			       ? ERR_EXISTS
			       : ERR_CONFLICT;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return ERR_DENIED;
	default:
		return ERR_SYSTEM;
	}
}

int db_sqlite_fail(struct db *db, int rc, const char *what, struct err *err)
{
	return err_set(err, db_sqlite_code(db->handle, rc), "%s: %s", what,
		       sqlite3_errmsg(db->handle));
}

/* ---- turns ---- */

static _Thread_local const char self;

static bool has_turn(const struct db *db)
{
	return atomic_load(&db->owner) == &self;
}

static void end_turn(struct db *db)
{
	if (!has_turn(db))
		return;
	atomic_store(&db->owner, NULL);
	write_turn_end(db->turn);
}

/* ---- opening ---- */

static int pragma(struct db *db, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : db_sqlite_fail(db, rc, sql, err);
}

/*
 * Changing to WAL needs the file alone and does not wait for it, so two programs
 * that open a new database together meet here.
 */
static int journal_wal(struct db *db, struct err *err)
{
	for (int waited_ms = 0;; waited_ms += DB_OPEN_RETRY_MS) {
		int rc = sqlite3_exec(db->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);

		if (rc == SQLITE_OK)
			return 0;
		if (db_sqlite_code(db->handle, rc) != ERR_UNAVAILABLE || waited_ms >= DB_BUSY_MS)
			return db_sqlite_fail(db, rc, "change to WAL", err);
		clock_pause_ms(DB_OPEN_RETRY_MS);
	}
}

static int pragma_int(struct db *db, const char *sql, int64_t *ret_value, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db, sql, &query, err) < 0)
		return -1;
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	*ret_value = rc == 1 ? db_int(query, 0) : 0;
	return 0;
}

/* A new file gets @mark, an old one must have it. */
static int check_mark(struct db *db, int32_t mark, struct err *err)
{
	int64_t found, version;
	char sql[64];

	if (pragma_int(db, "PRAGMA application_id", &found, err) < 0)
		return -1;
	if (found == mark)
		return 0;
	if (db_version(db, &version, err) < 0)
		return -1;
	if (found != 0 || version != 0)
		return err_set(err, ERR_CORRUPT, "the file is a database of another kind");
	sqlite3_snprintf(sizeof(sql), sql, "PRAGMA application_id = %d", mark);
	return pragma(db, sql, err);
}

/* Before the first connection: SQLite's count of its memory, which nobody asks for, takes one
 * lock of the process at each allocation of each thread. */
static void configure_process(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* fails only when it comes too late */
}

/* SQLite's own handler soon looks only each 100 ms, and a lock that is much wanted is never
 * free when it looks. */
static int on_busy(void *ctx, int looks)
{
	(void)ctx;
	clock_pause_ms(DB_LOOK_MS);
	return looks < DB_BUSY_MS / DB_LOOK_MS;
}

/* In a WAL "NORMAL" is a commit that is not synced. A pragma works when it is prepared, so it
 * cannot be kept. */
static int set_sync(struct db *db, bool synced, struct err *err)
{
	if (db->synced == synced)
		return 0;
	if (pragma(db, synced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", err) <
	    0)
		return -1;
	db->synced = synced;
	return 0;
}

static int configure(struct db *db, bool durable, struct err *err)
{
	sqlite3 *handle = db->handle;
	char sql[64];

	sqlite3_busy_handler(handle, on_busy, NULL);
	sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, DB_TEXT_MAX);
	sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
	/* What the file says is data: no functions or virtual tables from its schema. */
	sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);

	sqlite3_snprintf(sizeof(sql), sql, "PRAGMA journal_size_limit = %d", DB_WAL_KEEP_BYTES);
	if (journal_wal(db, err) < 0 || pragma(db, sql, err) < 0 ||
	    pragma(db, "PRAGMA temp_store = MEMORY", err) < 0)
		return -1;
	db->durable = durable;
	db->synced = !durable;
	return set_sync(db, durable, err);
}

int db_connect(const char *path, int32_t mark, bool durable, struct db **ret_db, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	AUTO(db_freep) struct db *db = xcalloc(1, sizeof(*db));
	AUTO(freep) char *turn = xasprintf("%s" DB_TURN_END, path);
	int rc;

	if (pthread_once(&once, configure_process) != 0)
		abort();
	if (write_turn_open(turn, &db->turn, err) < 0)
		return -1;
	rc = sqlite3_open_v2(path, &db->handle,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
				     SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE,
			     NULL);

	if (!db->handle)
		return err_set(err, ERR_NO_SPACE, "no memory for a database connection");
	if (rc != SQLITE_OK)
		return db_sqlite_fail(db, rc, "open", err);
	if (configure(db, durable, err) < 0 || check_mark(db, mark, err) < 0)
		return -1;
	*ret_db = STEAL(db, NULL);
	return 0;
}

void db_free(struct db *db)
{
	if (!db)
		return;
	db_sqlite_drop_queries(db);
	/* The second form also takes connections whose opening failed half way. */
	sqlite3_close_v2(db->handle);
	end_turn(db); /* a transaction that was open is gone */
	write_turn_close(db->turn);
	free(db);
}

void db_freep(struct db **db)
{
	db_free(*db);
	*db = NULL;
}

int db_version(struct db *db, int64_t *ret_version, struct err *err)
{
	return pragma_int(db, "PRAGMA user_version", ret_version, err);
}

int db_set_version(struct db *db, int64_t version, struct err *err)
{
	char sql[64];

	sqlite3_snprintf(sizeof(sql), sql, "PRAGMA user_version = %lld", (long long)version);
	return pragma(db, sql, err);
}

int db_script(struct db *db, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : db_sqlite_fail(db, rc, "run script", err);
}

/* ---- transactions ---- */

static int begin(struct db *db, bool synced, struct err *err)
{
	assert(!has_turn(db));
	if (write_turn_take(db->turn, DB_BUSY_MS, err) < 0)
		return -1;
	atomic_store(&db->owner, &self);
	assert(!db_in_transaction(db));
	if (set_sync(db, synced, err) < 0 || db_exec(db, "BEGIN IMMEDIATE", NULL, err) < 0) {
		end_turn(db);
		return -1;
	}
	write_turn_pass(db->turn);
	return 0;
}

int db_begin(struct db *db, struct err *err)
{
	return begin(db, db->durable, err);
}

int db_begin_deferred(struct db *db, struct err *err)
{
	return begin(db, false, err);
}

void db_share(struct db *db)
{
	db->shared = true;
}

int db_begin_read(struct db *db, struct err *err)
{
	int64_t version;

	assert(!db_in_transaction(db));
	if (db_exec(db, "BEGIN DEFERRED", NULL, err) < 0)
		return -1;
	db->reading = true;
	/* The snapshot is taken by the first read: take it now, as the caller was told. */
	if (db_version(db, &version, err) < 0) {
		db_rollback(db);
		return -1;
	}
	return 0;
}

int db_commit(struct db *db, struct err *err)
{
	assert(db_in_transaction(db));
	if (db_exec(db, "COMMIT", NULL, err) < 0) {
		db_rollback(db);
		return -1;
	}
	db->reading = false;
	end_turn(db);
	return 0;
}

void db_rollback(struct db *db)
{
	struct err ignored;

	if (db->shared && !has_turn(db))
		return;
	db->reading = false;
	/* A statement that fails for want of space has rolled back already. If this
	 * fails, the connection is useless and its next use says so. */
	if (db_in_transaction(db))
		(void)!db_exec(db, "ROLLBACK", NULL, &ignored);
	end_turn(db);
}

bool db_in_transaction(const struct db *db)
{
	return sqlite3_get_autocommit(db->handle) == 0;
}

int db_savepoint(struct db *db, struct err *err)
{
	assert(db_in_transaction(db));
	return db_exec(db, "SAVEPOINT part", NULL, err);
}

int db_release(struct db *db, struct err *err)
{
	return db_exec(db, "RELEASE part", NULL, err);
}

int db_rollback_to(struct db *db, struct err *err)
{
	/* It leaves the savepoint open, as if it had just begun. */
	if (db_exec(db, "ROLLBACK TO part", NULL, err) < 0)
		return -1;
	return db_release(db, err);
}

/* ---- the journal ---- */

static int on_wal(void *ctx, sqlite3 *handle, const char *name, int pages)
{
	const struct db *db = ctx;

	db->on_commit(db->on_commit_ctx, pages);
	if (pages >= DB_WAL_LONG_PAGES)
		/* As SQLite does by itself: what does not work now works later. */
		(void)sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, NULL,
						NULL);
	return SQLITE_OK;
}

void db_watch_journal(struct db *db, db_journal_fn *fn, void *ctx)
{
	db->on_commit = fn;
	db->on_commit_ctx = ctx;
	if (fn)
		sqlite3_wal_hook(db->handle, on_wal, db);
	else
		sqlite3_wal_autocheckpoint(db->handle, DB_WAL_PAGES);
}

/* All who write wait meanwhile. */
static int on_busy_briefly(void *ctx, int looks)
{
	return looks < DB_BRIEF_MS / DB_LOOK_MS && on_busy(ctx, looks);
}

int db_move_journal(struct db *db, bool all, int64_t *ret_pages, struct err *err)
{
	int mode = all ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
	int pages = 0;
	int rc;

	if (all && write_turn_take(db->turn, DB_BUSY_MS, err) < 0)
		return -1;
	sqlite3_busy_handler(db->handle, on_busy_briefly, NULL);
	rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, mode, &pages, NULL);
	sqlite3_busy_handler(db->handle, on_busy, NULL);
	if (all)
		write_turn_end(db->turn);
	if (rc != SQLITE_OK && rc != SQLITE_BUSY) /* somebody else is at it, or reads for long */
		return db_sqlite_fail(db, rc, "move the journal", err);
	*ret_pages = pages;
	return 0;
}
