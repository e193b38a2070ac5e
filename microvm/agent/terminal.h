/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's terminal: made by its first process among its own devices, read by
 * the agent.
 */
#ifndef SLIPWAY_MICROVM_AGENT_TERMINAL_H
#define SLIPWAY_MICROVM_AGENT_TERMINAL_H

#include "core/err.h"

/* In the container's first process, in its root and as leader of a session: its
 * standard descriptors become a new terminal, whose ends go to the agent by @socket. */
int terminal_make(int socket, struct err *err) MUST_CHECK;

/* In the agent: the reading end, non-blocking, and the other, which has to stay open for as long
 * as anything may come. */
int terminal_take(int socket, int *ret_master, int *ret_slave, struct err *err) MUST_CHECK;

#endif
