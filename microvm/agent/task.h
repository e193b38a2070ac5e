/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one task of this machine, from the host's TASK to the last EXITED.
 */
#ifndef SLIPWAY_MICROVM_AGENT_TASK_H
#define SLIPWAY_MICROVM_AGENT_TASK_H

#include <signal.h>

#include "microvm/agent/session.h"

struct metadata;
struct sock_fprog;
struct task;

/* Lives as long as the machine. */
struct task *task_new(struct loop *loop);
/* All are borrowed for ever. Before this no task is taken. */
void task_set_up(struct task *task, struct session *session, struct metadata *metadata,
		 const struct sock_fprog *filter);
/* The host's PREPARE: ignored when there is a task. */
void task_prepare(struct task *task);
/* The host's TASK. A second one is ignored, and so is one while preparing. */
void task_begin(struct task *task, const struct frame *frame);
/* The host's EVENT_PART: a piece of what the task was launched for, before its TASK. */
void task_take_event(struct task *task, const struct frame *frame);
/* The host's CREDENTIALS: they replace those that came with TASK. */
void task_take_credentials(struct task *task, const struct frame *frame);
/* All containers shall stop, gracefully; those that wait are not started. */
void task_stop(struct task *task);
/* A child of the agent is dead. */
void task_process_ended(struct task *task, const siginfo_t *info);
/* The session has room for output again. */
void task_go_on(struct task *task);

/* Of commands in its containers: a frame about one; talk may go on; the host knows of none. */
void task_take_exec(struct task *task, const struct frame *frame);
void task_talk_on(struct task *task);
void task_end_execs(struct task *task);

#endif
