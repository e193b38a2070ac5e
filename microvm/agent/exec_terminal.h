/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal of a command: made in the container, among its own terminals, and read
 * and written by the agent.
 */
#ifndef SLIPWAY_MICROVM_AGENT_EXEC_TERMINAL_H
#define SLIPWAY_MICROVM_AGENT_EXEC_TERMINAL_H

#include "core/err.h"

/* In the container, as the leader of a session: the standard descriptors become a new
 * terminal, whose other end goes to the agent by @socket. */
int exec_terminal_make(int socket, struct err *err) MUST_CHECK;

/* In the agent: that end, non-blocking. Reading it fails once the terminal has no user. */
int exec_terminal_take(int socket, int *ret_fd, struct err *err) MUST_CHECK;

void exec_terminal_resize(int fd, int64_t rows, int64_t columns);

#endif
