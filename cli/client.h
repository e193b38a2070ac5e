/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of the API, as any other: HTTPS with signed JSON 1.1 requests to the
 * endpoint of the environment (SLIPWAY_ENDPOINT, AWS_ACCESS_KEY_ID,
 * AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_CA_BUNDLE), or, where SLIPWAY_ENDPOINT is
 * not set or a state folder is named, of the file STATE/env.sh which `slipway up`
 * writes. The home of libcurl.
 */
#ifndef SLIPWAY_CLI_CLIENT_H
#define SLIPWAY_CLI_CLIENT_H

#include <jansson.h>

#include "core/err.h"

struct client;

/* @state: the --state option, or NULL. */
int client_open(const char *state, struct client **ret_client, struct err *err) MUST_CHECK;
void client_free(struct client *client);
void client_freep(struct client **client);

/* Call @operation ("RunTask") of @service ("ecs", "logs"). Takes @input. The error
 * text of a refusal is "TYPE: message" (ERR_INVALID); of a connection that fails
 * ERR_UNAVAILABLE. */
int client_call(struct client *client, const char *service, const char *operation, json_t *input,
		json_t **ret_output, struct err *err) MUST_CHECK;

/* GET /healthz: ERR_UNAVAILABLE until the gateway answers 200. */
int client_health(struct client *client, struct err *err) MUST_CHECK;

/* A member of an answer: its text, or "" if it is absent or no text. Borrowed. */
const char *client_text(const json_t *object, const char *member);

#endif
