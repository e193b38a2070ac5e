/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The request that an event becomes on its way to an API destination, and the one that gets the
 * token which a connection may need. Nothing is sent here.
 */
#ifndef SLIPWAY_EVENTS_WEBHOOK_REQUEST_H
#define SLIPWAY_EVENTS_WEBHOOK_REQUEST_H

#include "core/buf.h"
#include "events/connection.h"
#include "events/webhook_target.h"

#define WEBHOOK_TOKEN_MAX (16 * 1024) /* characters of a token */

struct webhook_header {
	const char *name, *value;
};
/* All texts are the arena's that it was made in. */
struct webhook_request {
	const char *method, *url;
	const struct webhook_header *headers;
	size_t header_count;
	const char *body; /* NULL: none */
	size_t body_len;
};

struct webhook_order {
	const char *endpoint, *method;
	const struct webhook_target *target;
	const struct connection *connection;
	const char *token; /* of OAuth; NULL for other kinds */
	struct json_slice event;
	struct input_facts facts;
	const char *key; /* the same for each attempt of a delivery, and for no other delivery */
};

/* ERR_INVALID, ERR_NOT_FOUND (nothing is at InputPath): this event can never be sent so.
 * ERR_LIMIT: it is too large. */
int webhook_request_make(const struct webhook_order *order, struct arena *arena,
			 struct webhook_request *ret_request, struct err *err) MUST_CHECK;

/* ERR_LIMIT. */
int webhook_token_request_make(const struct connection_oauth *oauth, struct arena *arena,
			       struct webhook_request *ret_request, struct err *err) MUST_CHECK;
/* What the server answers: the token, the arena's, and for how many seconds it is good (0: it does
 * not say). ERR_INVALID. */
int webhook_token_read(const char *answer, size_t len, struct arena *arena, const char **ret_token,
		       int64_t *ret_life_s, struct err *err) MUST_CHECK;

#endif
