/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands that people run in the task's containers: see microvm/wire/exec.h.
 */
#ifndef SLIPWAY_MICROVM_AGENT_EXEC_H
#define SLIPWAY_MICROVM_AGENT_EXEC_H

#include <signal.h>

#include "microvm/agent/session.h"

struct execs;
struct sock_fprog;

struct execs_options {
	struct loop *loop;
	struct session *session;
	const struct wire_task *task;	 /* borrowed for ever */
	const struct sock_fprog *filter; /* borrowed for ever */
	/* The first process of container @index; 0 if it does not run. */
	pid_t (*container_pid)(void *ctx, size_t index);
	void *ctx;
};

struct execs *execs_new(const struct execs_options *options); /* as long as the machine */

/* A frame of the host about commands; nonsense is ignored. */
void execs_take(struct execs *execs, const struct frame *frame);
/* Another host is there, which knows of none: all end. */
void execs_end_all(struct execs *execs);
/* A process has ended: whether it was a command's. */
bool execs_process_ended(struct execs *execs, const siginfo_t *info);
/* The session has room for talk again. */
void execs_go_on(struct execs *execs);

#endif
