/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that people run in containers (ExecuteCommand), from the request to the end:
 * who, when, what, for how long.
 */
#ifndef SLIPWAY_STORE_EXEC_SESSION_H
#define SLIPWAY_STORE_EXEC_SESSION_H

#include "core/arena.h"
#include "core/digest.h"
#include "store/db.h"

#define EXEC_ID_SIZE	 33    /* 32 lower-case hex digits and the zero */
#define EXEC_TOKEN_SIZE	 65    /* 64 of them */
#define EXEC_COMMAND_MAX 65536 /* bytes of a command line */
#define EXEC_TOKEN_MS	 60000 /* a token is good for so long */
#define EXEC_BEGIN_MS	 30000 /* from the use of the token to the start of the command */

struct exec_session {
	const char *id, *task;
	int64_t container; /* position */
	const char *command, *account, *access_key;
	int64_t created_ms;
};

/* @token is kept as its digest. In the caller's transaction. */
int exec_session_insert(struct db *db, const struct exec_session *session, const char *token,
			struct err *err) MUST_CHECK;

/* Use the token: ERR_DENIED unless it is this session's, fresh and unused. */
int exec_session_open(struct db *db, const char *id, const char *token, int64_t now_ms,
		      struct err *err) MUST_CHECK;

/* The command is to be started: ERR_DENIED unless the session was opened with this token a
 * moment ago and its command was not started yet. Texts live in @arena. */
int exec_session_begin(struct db *db, const char *id, const char *token, int64_t now_ms,
		       struct arena *arena, struct exec_session *ret_session, struct err *err)
	MUST_CHECK;

int exec_session_end(struct db *db, const char *id, int64_t exit_code, const char *reason,
		     int64_t now_ms, struct err *err) MUST_CHECK;

/* All that begun and did not end: each is told to @ended. */
typedef void exec_session_ended_fn(void *ctx, const char *id, const char *task);
int exec_session_end_all(struct db *db, int64_t exit_code, const char *reason, int64_t now_ms,
			 exec_session_ended_fn *ended, void *ctx, struct err *err) MUST_CHECK;

#endif
