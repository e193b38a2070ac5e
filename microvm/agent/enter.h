/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another program inside a container that runs: as its first one is, with its
 * user, rights, variables and folder, in its namespaces.
 */
#ifndef SLIPWAY_MICROVM_AGENT_ENTER_H
#define SLIPWAY_MICROVM_AGENT_ENTER_H

#include "microvm/agent/child.h"

struct enter {
	struct child child;	       /* task, index and filter count */
	const struct shape_list *args; /* texts: argv */
	int target;		       /* pidfd of the container's first process */
};

/* In a fork of the agent: becomes a process that ends as the program does. */
_Noreturn void enter_run(const struct enter *enter);

#endif
