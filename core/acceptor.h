/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A socket that listens, on a loop. Where the process has no descriptor left it waits a
 * moment, since a connection that nobody can take would be told of in every turn.
 */
#ifndef SLIPWAY_CORE_ACCEPTOR_H
#define SLIPWAY_CORE_ACCEPTOR_H

#include "core/err.h"
#include "core/loop.h"

struct acceptor;

/* Somebody has come. Takes the descriptor, which is non-blocking and closes on exec. May not
 * free the acceptor. */
typedef void acceptor_fn(void *ctx, int fd);

/* Takes @listen_fd on success. */
int acceptor_new(struct loop *loop, int listen_fd, acceptor_fn *taken, void *ctx,
		 struct acceptor **ret_acceptor, struct err *err) MUST_CHECK;
/* Whoever comes waits in the kernel meanwhile. */
void acceptor_pause(struct acceptor *acceptor, bool pause);
/* Closes the socket. Takes NULL. */
void acceptor_free(struct acceptor *acceptor);

#endif
