/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another program inside a container that runs: as its first one is, with its
 * user, rights, variables and folder, in its namespaces.
 */
#ifndef SLIPWAY_MICROVM_AGENT_ENTER_H
#define SLIPWAY_MICROVM_AGENT_ENTER_H

#include "microvm/agent/child.h"

/* A program that nobody speaks with. */
#define ENTER_ALONE ((struct enter_ends){-1, -1, -1, -1, -1})
struct enter_ends {
	int in, out, errors; /* its standard descriptors; -1: /dev/null */
	int terminal;	     /* a socket: they are a new terminal, whose end goes there; or -1 */
	int setup;	     /* CHILD_READY or an error's text is written there; or -1 */
};

struct enter {
	struct child child;	       /* all but its descriptors counts */
	const struct shape_list *args; /* texts: argv */
	int target;		       /* pidfd of the container's first process */
	struct enter_ends ends;
};

/* In a fork of the agent: becomes a process that ends as the program does. */
_Noreturn void enter_run(const struct enter *enter);
/* The same in a process that knows nothing but this (fresh.h). */
_Noreturn void enter_go_on(const struct enter *enter);

#endif
