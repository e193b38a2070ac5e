/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection: a socket, its TLS, the protocol that was agreed on, and the
 * requests of it that workers have.
 */
#ifndef SLIPWAY_GATEWAY_CONN_H
#define SLIPWAY_GATEWAY_CONN_H

#include "gateway/server.h"

struct conn;
typedef void conn_closed_fn(void *ctx, struct conn *conn);

/*
 * Takes @fd (non-blocking) whatever happens; @server is borrowed. @closed is
 * called once, last, when the connection is over: it frees with conn_free().
 */
int conn_new(struct server *server, int fd, const char *peer, conn_closed_fn *closed, void *ctx,
	     struct conn **ret_conn, struct err *err) MUST_CHECK;
/* At any time; its jobs go on without it. */
void conn_free(struct conn *conn);

/* To be called a few times a second: enforces the deadlines. May close it. */
void conn_tick(struct conn *conn, int64_t now_ms);
/* Finish what was asked, take nothing new, then close. May close it at once. */
void conn_drain(struct conn *conn);

/* No request is open. */
bool conn_is_idle(const struct conn *conn);
/* Boot-time clock: when the last byte came. */
int64_t conn_active_ms(const struct conn *conn);

#endif
