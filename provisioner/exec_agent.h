/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One command, as its agent is spoken to about it. Nothing that a client does can fill the way to
 * the agent, which the task lives by.
 */
#ifndef SLIPWAY_PROVISIONER_EXEC_AGENT_H
#define SLIPWAY_PROVISIONER_EXEC_AGENT_H

#include "microvm/wire/exec.h"
#include "store/exec_link.h"
#include "store/task.h"

struct flow;
struct loop_timer;
struct run;

struct exec_agent {
	struct flow *flow;
	char task[TASK_ID_SIZE];
	uint32_t id;	  /* the agent's number of it */
	size_t room;	  /* bytes of input that the agent takes now */
	size_t taken;	  /* bytes of output that found their reader, which was not said yet */
	bool input_ended; /* that is said once, and nothing behind it */
	bool has_size;	  /* @size is newer than what the agent knows */
	struct exec_link_size size;
	struct loop_timer *pace; /* until the next size may go */
};

/* Start the command of @words, except its id, in @run. An error: nothing was started. */
int exec_agent_start(struct exec_agent *agent, struct run *run, struct wire_exec_start *words,
		     struct err *err) MUST_CHECK;
/* At most @room bytes and EXEC_LINK_PIECE. */
int exec_agent_input(struct exec_agent *agent, const uint8_t *bytes, size_t len, struct err *err)
	MUST_CHECK;
int exec_agent_end_input(struct exec_agent *agent, struct err *err) MUST_CHECK;
void exec_agent_resize(struct exec_agent *agent, struct exec_link_size size);
void exec_agent_taken(struct exec_agent *agent, size_t bytes);
/* The agent takes @bytes of input more. */
void exec_agent_has_room(struct exec_agent *agent, size_t bytes);
/* Nobody wants it any more. */
void exec_agent_end(const struct exec_agent *agent);

void exec_agent_done(struct exec_agent *agent);

#endif
