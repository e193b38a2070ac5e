/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What connects a container with the agent: its standard descriptors, and the way on
 * which it says how far it has come.
 */
#ifndef SLIPWAY_MICROVM_AGENT_PIPES_H
#define SLIPWAY_MICROVM_AGENT_PIPES_H

#include "core/err.h"

/* Each: the reading end, the writing end; -1 where there is none. */
struct pipes {
	int in[2], out[2], errors[2], setup[2];
	int terminal[2]; /* a pair of sockets; the second is the container's */
};
#define PIPES_NONE                                                                                 \
	{                                                                                          \
		{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1},                                            \
		{                                                                                  \
			-1, -1                                                                     \
		}                                                                                  \
	}

/* @interactive: nothing comes from stdin, and it does not end. @terminal: the container makes its
 * descriptors itself, and sends the other ends. */
int pipes_make(struct pipes *pipes, bool interactive, bool terminal, struct err *err) MUST_CHECK;
/* Close what is left. */
void pipes_done(struct pipes *pipes);

#endif
