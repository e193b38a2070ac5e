/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client tokens of RunTask: which tasks a request made, so that its retry makes
 * none. A token is remembered for 24 hours, or until one hour after the last of its
 * tasks stopped, or until one of them is no longer known; then it is free. (A task is not
 * forgotten while its token holds: store/task_forget.h.) Tokens
 * past 24 hours are removed whenever one is put.
 */
#include "store/record.h"
#include "store/task.h"

#define TOKEN_LIFE_MS	    (24 * 60 * 60 * 1000LL)
#define TOKEN_AFTER_STOP_MS (60 * 60 * 1000LL)
#define TOKEN_CLEAN_BATCH   "100" /* at most so many a put: more than are put, yet a short lock */

struct token {
	const char *account, *cluster, *token;
};

static void bind_token(struct db_query *query, const struct token *token)
{
	db_bind_text(query, 1, token->account);
	db_bind_text(query, 2, token->cluster);
	db_bind_text(query, 3, token->token);
}

/*
 * Whether a token that is there still holds at @now_ms. A task that is missing counts
 * as one that stopped long ago; tasks that are not stopped keep it until its 24 hours end.
 */
static int token_holds(struct db *db, const struct token *token, int64_t created_ms, int64_t now_ms,
		       bool *ret_holds, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t total, missing, unfinished, last_stop_ms;
	int rc;

	if (db_query(db,
		     "SELECT COUNT(*),"
		     " COALESCE(SUM(CASE WHEN task.id IS NULL THEN 1 ELSE 0 END), 0),"
		     " COALESCE(SUM(CASE WHEN task.state <> 'STOPPED' THEN 1 ELSE 0 END), 0),"
		     " COALESCE(MAX(task.stopped_ms), 0)"
		     " FROM run_token_task LEFT JOIN task ON task.id = run_token_task.task"
		     " WHERE run_token_task.account = ?1 AND run_token_task.cluster = ?2"
		     " AND run_token_task.token = ?3",
		     &query, err) < 0)
		return -1;
	bind_token(query, token);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	total = db_int(query, 0);
	missing = db_int(query, 1);
	unfinished = db_int(query, 2);
	last_stop_ms = db_int(query, 3);
	*ret_holds = now_ms < created_ms + TOKEN_LIFE_MS && missing == 0 &&
		     (total == 0 || unfinished > 0 || now_ms < last_stop_ms + TOKEN_AFTER_STOP_MS);
	return 0;
}

static int token_tasks(struct db *db, const struct token *token, struct arena *arena,
		       const char ***ret_ids, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT task FROM run_token_task"
		     " WHERE account = ?1 AND cluster = ?2 AND token = ?3 ORDER BY position",
		     &query, err) < 0)
		return -1;
	bind_token(query, token);
	return record_texts(query, arena, ret_ids, ret_count, err);
}

static int find(struct db *db, const struct token *token, int64_t now_ms, struct arena *arena,
		const char **ret_request, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct record_row row = {.arena = arena};
	const char *request;
	bool holds = false;
	int rc;

	if (db_query(db,
		     "SELECT request, created_ms FROM run_token"
		     " WHERE account = ?1 AND cluster = ?2 AND token = ?3",
		     &query, err) < 0)
		return -1;
	row.query = query;
	bind_token(query, token);
	rc = db_step(query, err);
	if (rc < 0 ||
	    (rc == 1 && token_holds(db, token, db_int(query, 1), now_ms, &holds, err) < 0))
		return -1;
	if (!holds)
		return err_set(err, ERR_NOT_FOUND, "the token is free");
	request = record_text(&row, 0);
	if (record_row_check(&row, err) < 0)
		return -1;
	*ret_request = request;
	return 0;
}

int run_token_holds(struct db *db, const char *account, const char *cluster, const char *token_text,
		    int64_t now_ms, bool *ret_holds, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	const struct token token = {account, cluster, token_text};
	int64_t created_ms;

	if (db_query(db,
		     "SELECT created_ms FROM run_token"
		     " WHERE account = ?1 AND cluster = ?2 AND token = ?3",
		     &query, err) < 0)
		return -1;
	bind_token(query, &token);
	if (record_int(query, -1, &created_ms, err) < 0)
		return -1;
	*ret_holds = false;
	return created_ms < 0 ? 0 : token_holds(db, &token, created_ms, now_ms, ret_holds, err);
}

int run_token_find(struct db *db, const char *account, const char *cluster, const char *token_text,
		   int64_t now_ms, struct arena *arena, const char **ret_request,
		   const char ***ret_ids, size_t *ret_count, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	const struct token token = {account, cluster, token_text};
	const char *request, **ids;
	size_t count;

	if (record_scope_begin_read(&scope, db, err) < 0 ||
	    find(db, &token, now_ms, arena, &request, err) < 0 ||
	    token_tasks(db, &token, arena, &ids, &count, err) < 0 ||
	    record_scope_commit(&scope, err) < 0)
		return -1;
	*ret_request = request;
	*ret_ids = ids;
	*ret_count = count;
	return 0;
}

/* Rows of tasks go with their token (ON DELETE CASCADE). */
static int remove_old(struct db *db, int64_t now_ms, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "DELETE FROM run_token WHERE (account, cluster, token) IN"
		     " (SELECT account, cluster, token FROM run_token WHERE created_ms <= ?1"
		     " ORDER BY created_ms LIMIT " TOKEN_CLEAN_BATCH ")",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, now_ms - TOKEN_LIFE_MS);
	return db_run(query, NULL, err);
}

/* ERR_EXISTS while the token holds; one that is free again makes room. */
static int remove_free(struct db *db, const struct token *token, int64_t now_ms, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(64u * 1024 * 1024);
	struct db_query *query;
	const char *request;

	if (find(db, token, now_ms, arena, &request, err) == 0)
		return err_set(err, ERR_EXISTS, "the token is in use");
	if (err->code != ERR_NOT_FOUND)
		return -1;
	err_clear(err);
	if (db_query(db, "DELETE FROM run_token WHERE account = ?1 AND cluster = ?2 AND token = ?3",
		     &query, err) < 0)
		return -1;
	bind_token(query, token);
	return db_run(query, NULL, err);
}

static int insert(struct db *db, const struct token *token, const char *request, int64_t now_ms,
		  struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO run_token (account, cluster, token, request, created_ms)"
		     " VALUES (?1, ?2, ?3, ?4, ?5)",
		     &query, err) < 0)
		return -1;
	bind_token(query, token);
	db_bind_text(query, 4, request);
	db_bind_int(query, 5, now_ms);
	return db_run(query, NULL, err);
}

static int insert_task(struct db *db, const struct token *token, size_t position, const char *id,
		       struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO run_token_task (account, cluster, token, position, task)"
		     " VALUES (?1, ?2, ?3, ?4, ?5)",
		     &query, err) < 0)
		return -1;
	bind_token(query, token);
	db_bind_int(query, 4, (int64_t)position);
	db_bind_text(query, 5, id);
	return db_run(query, NULL, err);
}

int run_token_put(struct db *db, const char *account, const char *cluster, const char *token_text,
		  const char *request, const char *const *ids, size_t count, int64_t now_ms,
		  struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	const struct token token = {account, cluster, token_text};

	if (record_scope_begin(&scope, db, err) < 0 || remove_old(db, now_ms, err) < 0 ||
	    remove_free(db, &token, now_ms, err) < 0 ||
	    insert(db, &token, request, now_ms, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (insert_task(db, &token, i, ids[i], err) < 0)
			return -1;
	}
	return record_scope_commit(&scope, err);
}
