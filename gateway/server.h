/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all connections share. It belongs to the loop's thread, but for the
 * handler, which workers call.
 */
#ifndef SLIPWAY_GATEWAY_SERVER_H
#define SLIPWAY_GATEWAY_SERVER_H

#include "core/jobs.h"
#include "gateway/protocol.h"
#include "gateway/tls.h"

/* Every limit on what peers can take; the rows of options.c say why each number. */
struct server_limits {
	struct protocol_limits protocol;
	int64_t connections;	      /* in all */
	int64_t connections_per_peer; /* from one address, or one IPv6 /64 */
	int64_t handshake_ms;
	int64_t stall_ms;	     /* a peer that reads nothing */
	int64_t output_bytes;	     /* encrypted bytes that wait on a connection */
	int64_t jobs_per_connection; /* requests of one connection that are worked on at once */
};

struct server {
	struct loop *loop;
	struct jobs *jobs;
	struct tls_server *tls;
	struct server_limits limits;
	struct body_memory budget; /* request bodies of all connections */
	/* Answer @request; called on worker threads, may block. NULL: it is answered; else
	 * what is left to be written before the answer may leave. */
	void *(*handle)(void *ctx, unsigned worker, const struct request *request,
			struct response *response);
	/* Write what several calls of `handle` left; one at a time, on the thread of `writes`. */
	void (*write)(void *ctx, void *const *left, size_t count);
	/* It is written: true; false: `handle` is to be called again. On the loop. */
	bool (*written)(void *ctx, void *left);
	struct jobs *writes; /* see work_write() */
	void *handle_ctx;
	const char *exec_socket; /* see struct protocol_host */
	int64_t log_second;	 /* of the boot-time clock */
	unsigned log_lines;	 /* about peers, in that second */
	size_t in_work;		 /* jobs that were submitted and did not come back */
};

/* Lines about what peers do wrong: so many a second, or a peer could fill the disk.
 * The counters of metrics.h count them all. */
#define SERVER_LOG_LINES 20
bool server_may_log(struct server *server);

#endif
