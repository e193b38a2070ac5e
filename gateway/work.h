/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The requests of one connection that are complete and not answered: some wait,
 * some are with workers. A connection gets a few workers' turns at once and no
 * more, so that one with a hundred streams does not starve the others.
 */
#ifndef SLIPWAY_GATEWAY_WORK_H
#define SLIPWAY_GATEWAY_WORK_H

#include "gateway/server.h"

struct work_job;

/* An answered exchange, whose owner is the callee now; NULL if a request ended
 * that nobody waits for. */
typedef void work_answer_fn(void *ctx, struct exchange *exchange);

struct work {
	struct server *server;
	struct exchange *waiting, **waiting_last;
	struct work_job *working;
	int64_t working_count;
	work_answer_fn *answer;
	void *ctx;
};

void work_init(struct work *work, struct server *server, work_answer_fn *answer, void *ctx);
/* The connection goes: waiting requests are freed, running ones end without it. */
void work_done(struct work *work);

void work_add(struct work *work, struct exchange *exchange); /* takes it */
/* Nobody wants its answer any more. */
void work_abandon(struct work *work, struct exchange *exchange);
/* Give workers what they may have. May call `answer`, when too much is waiting. */
void work_dispatch(struct work *work);

/* How many requests share a durable write at most. */
#define WORK_WRITES_MAX 64
/* For jobs_new_batched() with the server as its context: makes server->writes. */
void work_write(void *ctx, void *const *jobs, size_t count);
bool work_is_empty(const struct work *work);

#endif
