/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each step is one UPDATE that asks for the step before it, so of two that come at once
 * one finds nothing left to do. Tokens are compared as digests in constant time.
 */
#include "store/exec_session.h"

#include <string.h>

#include "store/record.h"

int exec_session_insert(struct db *db, const struct exec_session *session, const char *token,
			struct err *err)
{
	char hash[SHA256_HEX_SIZE];
	struct db_query *query;

	sha256_hex(token, strlen(token), hash);
	if (db_query(db,
		     "INSERT INTO exec_session (id, task, container, command, account, access_key,"
		     " token_hash, created_ms, opened_ms, begun_ms, ended_ms, exit_code, reason)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0, 0, 0, '')",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, session->id);
	db_bind_text(query, 2, session->task);
	db_bind_int(query, 3, session->container);
	db_bind_text(query, 4, session->command);
	db_bind_text(query, 5, session->account);
	db_bind_text(query, 6, session->access_key);
	db_bind_text(query, 7, hash);
	db_bind_int(query, 8, session->created_ms);
	return db_run(query, NULL, err);
}

static int deny(struct err *err)
{
	return err_set(err, ERR_DENIED, "the session's token is wrong, used or too old");
}

static int check_token(struct db *db, const char *id, const char *token, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	char hash[SHA256_HEX_SIZE];
	const char *kept;
	int rc;

	if (db_query(db, "SELECT token_hash FROM exec_session WHERE id = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	sha256_hex(token, strlen(token), hash);
	kept = rc == 1 ? db_text(query, 0) : "";
	if (strlen(kept) != strlen(hash) || !bytes_equal_constant_time(kept, hash, strlen(hash)))
		return deny(err);
	return 0;
}

static int step(struct db *db, const char *sql, const char *id, int64_t now_ms, int64_t since_ms,
		struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db, sql, &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	db_bind_int(query, 2, now_ms);
	db_bind_int(query, 3, since_ms);
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed == 1 ? 0 : deny(err);
}

int exec_session_open(struct db *db, const char *id, const char *token, int64_t now_ms,
		      struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};

	if (record_scope_begin(&scope, db, err) < 0 || check_token(db, id, token, err) < 0 ||
	    step(db,
		 "UPDATE exec_session SET opened_ms = ?2"
		 " WHERE id = ?1 AND opened_ms = 0 AND created_ms > ?3",
		 id, now_ms, now_ms - EXEC_TOKEN_MS, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

static int read_session(struct db *db, const char *id, struct arena *arena,
			struct exec_session *ret_session, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct record_row row = {.arena = arena};
	int rc;

	if (db_query(db,
		     "SELECT id, task, container, command, account, access_key, created_ms"
		     " FROM exec_session WHERE id = ?1",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	rc = db_step(query, err);
	if (rc <= 0)
		return rc < 0 ? -1 : deny(err);
	row.query = query;
	*ret_session = (struct exec_session){
		.id = record_text(&row, 0),
		.task = record_text(&row, 1),
		.container = db_int(query, 2),
		.command = record_text(&row, 3),
		.account = record_text(&row, 4),
		.access_key = record_text(&row, 5),
		.created_ms = db_int(query, 6),
	};
	return record_row_check(&row, err);
}

int exec_session_begin(struct db *db, const char *id, const char *token, int64_t now_ms,
		       struct arena *arena, struct exec_session *ret_session, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};

	if (record_scope_begin(&scope, db, err) < 0 || check_token(db, id, token, err) < 0 ||
	    step(db,
		 "UPDATE exec_session SET begun_ms = ?2"
		 " WHERE id = ?1 AND begun_ms = 0 AND opened_ms > ?3",
		 id, now_ms, now_ms - EXEC_BEGIN_MS, err) < 0 ||
	    read_session(db, id, arena, ret_session, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

int exec_session_end(struct db *db, const char *id, int64_t exit_code, const char *reason,
		     int64_t now_ms, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE exec_session SET ended_ms = ?2, exit_code = ?3, reason = ?4"
		     " WHERE id = ?1 AND ended_ms = 0",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	db_bind_int(query, 2, now_ms);
	db_bind_int(query, 3, exit_code);
	db_bind_text(query, 4, reason);
	return db_run(query, NULL, err);
}

int exec_session_end_all(struct db *db, int64_t exit_code, const char *reason, int64_t now_ms,
			 exec_session_ended_fn *ended, void *ctx, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    db_query(db,
		     "UPDATE exec_session SET ended_ms = ?1, exit_code = ?2, reason = ?3"
		     " WHERE begun_ms > 0 AND ended_ms = 0 RETURNING id, task",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, now_ms);
	db_bind_int(query, 2, exit_code);
	db_bind_text(query, 3, reason);
	while ((rc = db_step(query, err)) == 1)
		ended(ctx, db_text(query, 0), db_text(query, 1));
	db_done(STEAL(query, NULL));
	return rc < 0 ? -1 : record_scope_commit(&scope, err);
}
