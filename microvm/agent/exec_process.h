/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process of a command in a container, and what goes between it and the agent.
 */
#ifndef SLIPWAY_MICROVM_AGENT_EXEC_PROCESS_H
#define SLIPWAY_MICROVM_AGENT_EXEC_PROCESS_H

#include <sys/types.h>

#include "core/shape.h"
#include "microvm/wire/message.h"

struct sock_fprog;

struct exec_process_words {
	const struct wire_task *task;
	const struct sock_fprog *filter;
	pid_t container; /* the first process of it; 0: it does not run */
	unsigned index;	 /* of the container */
	unsigned slot;	 /* names the command's cgroup */
	bool terminal;
	const struct shape_list *args;
};

/* The agent's ends, each -1 where there is none; the caller closes them. */
struct exec_process {
	pid_t pid;
	int setup_fd;	     /* what it tells until it has become its program, see enter.h */
	int terminal_socket; /* its terminal comes over it, see terminal.h */
	int in_fd, out_fd, errors_fd;
};

/* ERR_NOT_FOUND: the container does not run. */
int exec_process_start(const struct exec_process_words *words, struct exec_process *ret_process,
		       struct err *err) MUST_CHECK;

#endif
