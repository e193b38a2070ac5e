/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A terminal of a container or of a command in it: made by the process that gets it, among
 * the container's own devices, read and written by the agent.
 */
#ifndef SLIPWAY_MICROVM_AGENT_TERMINAL_H
#define SLIPWAY_MICROVM_AGENT_TERMINAL_H

#include "core/err.h"

enum terminal_of {
	TERMINAL_OF_CONTAINER, /* /dev/console too; the agent gets both ends */
	TERMINAL_OF_COMMAND,   /* the agent gets the reading end */
};

/* In the container's root: the standard descriptors become a new terminal, whose ends go to
 * the agent by @socket. */
int terminal_make(int socket, enum terminal_of of, struct err *err) MUST_CHECK;
/* As the leader of a session, which the terminal of the standard descriptors then is for. */
int terminal_own(struct err *err) MUST_CHECK;

/* In the agent: the reading end, non-blocking, and of a container's the other, which has to
 * stay open for as long as anything may come. Of a command's there is no other (@ret_slave is
 * NULL): reading fails once the terminal has no user. */
int terminal_take(int socket, int *ret_master, int *ret_slave, struct err *err) MUST_CHECK;

void terminal_resize(int fd, int64_t rows, int64_t columns);

#endif
