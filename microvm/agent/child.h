/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container's first process does between the clone and its program.
 */
#ifndef SLIPWAY_MICROVM_AGENT_CHILD_H
#define SLIPWAY_MICROVM_AGENT_CHILD_H

#include "microvm/agent/program.h"
#include "microvm/wire/message.h"

struct sock_fprog;

/* The one byte that says: prepared, the program comes now. What else is written
 * to the pipe is an error's text. */
#define CHILD_READY '\x01'

struct child {
	const struct wire_container *spec;
	const char *hostname; /* of the task */
	unsigned index;
	const struct sock_fprog *filter;
	int in, out, errors; /* its standard descriptors */
	int setup;	     /* the pipe to the agent */
	int terminal;	     /* the socket for its ends; -1: it has none */
	int buffer;	     /* the memory that output may wait in, to be filled; or -1 */
};

/* In a fork of the agent, or in a process that knows nothing but this (fresh.h). */
_Noreturn void child_run(const struct child *child);
/* In a fork of the agent: such a process goes on. */
_Noreturn void child_run_fresh(const struct child *child);

/* --- the parts that any other program inside the container needs as well --- */

/* No handler and no mask of the agent. */
int child_reset_signals(struct err *err) MUST_CHECK;
/* In the container's namespaces: its limits, user, rights and folder. Then *ret_env and
 * @ret_file are what to execute for @args. */
int child_become(const struct child *child, const struct shape_list *args, const char ***ret_env,
		 char ret_file[PROGRAM_PATH_SIZE], struct err *err) MUST_CHECK;
/* Returns only if it cannot be executed; why was written to stderr. */
void child_execute(const struct shape_list *args, const char *file, const char **env);

#endif
