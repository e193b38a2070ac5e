/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of connections that have OAuth: fetched when they are first needed, and kept until they
 * expire, the server refuses one, or the connection changes. They are nowhere but in memory.
 */
#ifndef SLIPWAY_RELAY_TOKEN_H
#define SLIPWAY_RELAY_TOKEN_H

#include "relay/webhook.h"
#include "store/db.h"
#include "store/event_connection.h"

struct tokens;

/* Borrows both. */
struct tokens *tokens_new(struct webhook *webhook, struct db *db);
void tokens_free(struct tokens *tokens); /* after the webhook was closed; takes NULL */

enum token_state {
	TOKEN_READY,
	TOKEN_COMING, /* ask again when something has ended */
	TOKEN_FAILED, /* a moment ago, and it is not asked for again yet */
};
/* *ret_token until the next call, or *ret_why. @oauth is @connection's. */
enum token_state tokens_get(struct tokens *tokens, const struct event_connection *connection,
			    const struct connection_oauth *oauth, int64_t now_ms,
			    const char **ret_token, const char **ret_why);
/* A server has refused the token. true: it was not a new one, so another may be taken. */
bool tokens_refused(struct tokens *tokens, int64_t connection, int64_t now_ms);

#endif
