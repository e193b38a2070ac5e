/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sockets that listen, and all connections that came from them.
 */
#ifndef SLIPWAY_GATEWAY_LISTENER_H
#define SLIPWAY_GATEWAY_LISTENER_H

#include "gateway/server.h"

struct listener;

#define LISTENER_SOCKETS_MAX 8

/* @addresses: "127.0.0.1:8443", "[::1]:8443", several with commas; port 0 takes a
 * free one. @server is borrowed. */
int listener_open(struct server *server, const char *addresses, struct listener **ret_listener,
		  struct err *err) MUST_CHECK;
void listener_free(struct listener *listener); /* takes NULL; ends all connections */

/* Accept nothing more; connections finish what they have. @done is called once,
 * when none is left or @grace_ms have passed. */
void listener_stop(struct listener *listener, int64_t grace_ms, loop_fn *done, void *ctx);

size_t listener_connections(const struct listener *listener);
/* "127.0.0.1:8443": socket @index as it is bound; NULL when there are fewer. */
const char *listener_address(const struct listener *listener, size_t index);

#endif
