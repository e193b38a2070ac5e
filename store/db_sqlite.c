/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/db.h on SQLite, and the only file that knows sqlite3.h.
 *
 * A connection belongs to one thread, so SQLite's own locks are off. The journal is
 * a WAL: readers never wait, writers wait for each other up to DB_BUSY_MS, in the line
 * that store/write_turn.h is. Every
 * writing transaction takes the write lock when it begins (BEGIN IMMEDIATE): a
 * transaction that read first and then wanted to write could find its snapshot
 * outdated, which no waiting mends. For the same reason db_begin_read() refuses
 * writes, and nothing may write outside a transaction while one of its queries is
 * open.
 *
 * Prepared statements are cached by their text, in a small hash table. A cached
 * one that is in use is not shared: the second user gets a statement of its own,
 * which joins the cache. Texts are built from few fragments, so the cache does not
 * grow; DB_CACHE_MAX bounds it all the same.
 *
 * Binding cannot fail visibly: what goes wrong is kept and told by the next step.
 */
#include <sqlite3.h>

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "core/clock.h"
#include "store/db_private.h"
#include "store/write_turn.h"

#define DB_BUCKETS	  64
#define DB_HASHED_LETTERS 64
#define DB_CACHE_MAX	  256		     /* the modules here have about 100 texts */
#define DB_TEXT_MAX	  (16 * 1024 * 1024) /* a bound or stored value: the largest body is 10 MiB */
#define DB_WAL_KEEP_BYTES (64 * 1024 * 1024) /* a WAL that grew larger is cut back */
#define DB_WAL_LONG_PAGES 16000		     /* with a keeper: as long as it keeps up, never */
#define DB_WAL_PAGES	  1000		     /* SQLite's own */
#define DB_OPEN_RETRY_MS  5
#define DB_BRIEF_MS	  5
#define DB_LOOK_MS	  1 /* for the write lock, while another holds it */

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

/* ---- errors ---- */

static enum err_code code_of(sqlite3 *handle, int rc)
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

static int fail(struct db *db, int rc, const char *what, struct err *err)
{
	return err_set(err, code_of(db->handle, rc), "%s: %s", what, sqlite3_errmsg(db->handle));
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

	return rc == SQLITE_OK ? 0 : fail(db, rc, sql, err);
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
		if (code_of(db->handle, rc) != ERR_UNAVAILABLE || waited_ms >= DB_BUSY_MS)
			return fail(db, rc, "change to WAL", err);
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
		return fail(db, rc, "open", err);
	if (configure(db, durable, err) < 0 || check_mark(db, mark, err) < 0)
		return -1;
	*ret_db = STEAL(db, NULL);
	return 0;
}

static void query_free(struct db_query *query)
{
	sqlite3_finalize(query->stmt);
	free(query->sql);
	free(query);
}

void db_free(struct db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < DB_BUCKETS; i++) {
		while (db->buckets[i]) {
			struct db_query *query = db->buckets[i];

			db->buckets[i] = query->next;
			query_free(query);
		}
	}
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

	return rc == SQLITE_OK ? 0 : fail(db, rc, "run script", err);
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
		return fail(db, rc, "move the journal", err);
	*ret_pages = pages;
	return 0;
}

/* ---- queries ---- */

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
		return fail(db, rc, sql, err);
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
		return err_set(err, code_of(db->handle, query->bind_rc), "bind a value: %s",
			       sqlite3_errstr(query->bind_rc));
	assert(!db->reading || sqlite3_stmt_readonly(query->stmt));
	rc = sqlite3_step(query->stmt);
	if (rc == SQLITE_ROW)
		return 1;
	query->finished = true;
	if (rc != SQLITE_DONE) {
		(void)fail(db, rc, "database", err);
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
