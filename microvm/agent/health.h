/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health checks of one container: a program that is run inside of it from time to
 * time, and what its exit codes mean.
 */
#ifndef SLIPWAY_MICROVM_AGENT_HEALTH_H
#define SLIPWAY_MICROVM_AGENT_HEALTH_H

#include <signal.h>

#include "core/loop.h"
#include "microvm/agent/child.h"
#include "microvm/agent/session.h"

struct health;

struct health_options {
	struct loop *loop;
	struct session *session;
	const struct wire_task *task; /* borrowed for ever */
	unsigned index;
	const struct sock_fprog *filter; /* borrowed for ever */
	loop_fn *on_change;		 /* the status is another one */
	loop_fn *on_idle;		 /* after health_end(): no process of a check is left */
	void *ctx;
};

/* NULL if the container has no check. Lives as long as the machine. */
struct health *health_new(const struct health_options *options);

/* All take NULL: a container without a check. */

/* The container's first process is @pid: check it, from UNKNOWN on. */
void health_begin(struct health *health, pid_t pid);
/* No more checks; one that runs is killed. */
void health_end(struct health *health);
enum wire_health_status health_status(const struct health *health);
/* Whether a check's process is there. */
bool health_is_busy(const struct health *health);
bool health_is_process(const struct health *health, pid_t pid);
void health_process_ended(struct health *health, const siginfo_t *info);
/* The session has room again. */
void health_go_on(struct health *health);

#endif
