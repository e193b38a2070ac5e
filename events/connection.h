/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How requests to an API destination are authorized: the AuthParameters of connections.
 */
#ifndef SLIPWAY_EVENTS_CONNECTION_H
#define SLIPWAY_EVENTS_CONNECTION_H

#include "core/shape.h"

#define CONNECTION_KINDS(X)	 X(BASIC) X(OAUTH_CLIENT_CREDENTIALS) X(API_KEY)
#define CONNECTION_AS_KIND(name) CONNECTION_##name,
enum connection_kind { CONNECTION_KINDS(CONNECTION_AS_KIND) CONNECTION_KIND_COUNT };
/* The API's words, with a NULL at the end. */
extern const char *const connection_kind_words[];
/* CONNECTION_KIND_COUNT: none of that name. */
enum connection_kind connection_kind_of(const char *word);

struct connection_parameter {
	const char *key, *value;
	bool is_secret;
};
struct connection_http {
	struct shape_list headers, query, body; /* struct connection_parameter */
};
struct connection_basic {
	const char *user, *password;
};
struct connection_client {
	const char *id, *secret;
};
struct connection_oauth {
	struct connection_client client;
	const char *endpoint;
	int method; /* index into connection_token_methods */
	struct connection_http http;
};
extern const char *const connection_token_methods[]; /* NULL at the end */
struct connection_key {
	const char *name, *value;
};
struct connection {
	struct connection_basic basic;
	struct connection_oauth oauth;
	struct connection_key key;
	bool has_basic, has_oauth, has_key;
	struct connection_http http; /* of every request */
};
extern const struct shape connection_shape;

/* What was filled is right, and what @kind needs. ERR_INVALID names the member. */
int connection_check(enum connection_kind kind, const struct connection *connection,
		     struct err *err) MUST_CHECK;

/* The same parameters without what is secret: a new object. */
json_t *connection_shown(const json_t *parameters);

/* "https://HOST/...", which the API takes. ERR_INVALID says what is wrong, without a subject. */
int connection_endpoint_check(const char *url, struct err *err) MUST_CHECK;

/* The header may be set by those who use an API destination; those that say how a request is
 * carried may not. */
bool connection_header_name_ok(const char *name);
bool connection_header_value_ok(const char *value);

#endif
