/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections: how requests to an API destination are authorized. Their parameters lie sealed, as
 * secrets do; beside them lies what answers may show.
 *
 * Writers run inside the caller's transaction.
 */
#ifndef SLIPWAY_STORE_EVENT_CONNECTION_H
#define SLIPWAY_STORE_EVENT_CONNECTION_H

#include "core/arena.h"
#include "core/seal.h"
#include "store/db.h"

/* Those of the API that a connection is ever in here. */
#define EVENT_CONNECTION_AUTHORIZED   "AUTHORIZED"
#define EVENT_CONNECTION_AUTHORIZING  "AUTHORIZING" /* a token is yet to be had */
#define EVENT_CONNECTION_DEAUTHORIZED "DEAUTHORIZED"

struct event_connection {
	int64_t number; /* given by event_connection_create() */
	const char *account, *name, *uuid, *description;
	const char *kind; /* "BASIC", "API_KEY", "OAUTH_CLIENT_CREDENTIALS" */
	const char *state, *reason;
	const char *shown;	/* JSON */
	const char *parameters; /* JSON; NULL: there are none, or they were not asked for */
	int64_t created_ms, modified_ms, authorized_ms;
	int64_t revision; /* of the parameters */
};

/* ERR_EXISTS; ERR_UNAVAILABLE without a key. */
int event_connection_create(struct db *db, const struct seal_key *key,
			    const struct event_connection *connection, struct err *err) MUST_CHECK;
/* All but its name, number and creation. Its revision is one more than it says. ERR_NOT_FOUND. */
int event_connection_update(struct db *db, const struct seal_key *key,
			    const struct event_connection *connection, struct err *err) MUST_CHECK;
/* @key: NULL to leave the parameters closed; else @arena should be a secret one.
 * ERR_NOT_FOUND. */
int event_connection_find(struct db *db, const struct seal_key *key, const char *account,
			  const char *name, struct arena *arena,
			  struct event_connection *ret_connection, struct err *err) MUST_CHECK;
int event_connection_by_number(struct db *db, const struct seal_key *key, int64_t number,
			       struct arena *arena, struct event_connection *ret_connection,
			       struct err *err) MUST_CHECK;
/* Names behind @after in order, those with @prefix; in @state, NULL: in any. */
int event_connection_list(struct db *db, const char *account, const char *prefix, const char *state,
			  const char *after, size_t limit, struct arena *arena,
			  struct event_connection **ret_connections, size_t *ret_count,
			  struct err *err) MUST_CHECK;
/* Those of all accounts that wait for a token. */
int event_connections_waiting(struct db *db, size_t limit, struct arena *arena,
			      struct event_connection **ret_connections, size_t *ret_count,
			      struct err *err) MUST_CHECK;
/* ERR_NOT_FOUND. */
int event_connection_delete(struct db *db, const char *account, const char *name, struct err *err)
	MUST_CHECK;
int event_connection_count(struct db *db, const char *account, int64_t *ret_count, struct err *err)
	MUST_CHECK;

/* How asking for a token ended. Nothing if its parameters have changed since @revision. */
int event_connection_set_state(struct db *db, int64_t number, int64_t revision, const char *state,
			       const char *reason, int64_t authorized_ms, struct err *err)
	MUST_CHECK;

#endif
