/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The output of one container, from its pipes or its terminal on, run after run.
 */
#ifndef SLIPWAY_MICROVM_AGENT_OUTPUT_H
#define SLIPWAY_MICROVM_AGENT_OUTPUT_H

#include "microvm/agent/pipes.h"
#include "microvm/agent/stream.h"

struct output_options {
	struct loop *loop;
	struct session *session;
	const struct wire_container *spec; /* borrowed for ever */
	unsigned index;			   /* of the container */
	loop_fn *on_drained;		   /* one of its streams is */
	void *ctx;
};

struct output {
	struct output_options options;
	int fds[2];		     /* until streams[] have them */
	int terminal_socket;	     /* where its ends come from; -1: it has none */
	int terminal_fd;	     /* its other end, so that nobody's closing ends it; or -1 */
	int buffer_fd;		     /* the memory below, until it is mapped; or -1. See child.c */
	struct joiner joiner;	     /* of lines to events; used if it has a pattern */
	struct spool spool;	     /* output that waits; used if its size is not 0 */
	struct stream *streams[2];   /* NULL before output_begin() */
	struct forwarder *forwarder; /* who takes it instead of the session, or NULL */
	unsigned drained;	     /* of the two */
};

void output_init(struct output *output, const struct output_options *options);

/* Before a process of the container is made. */
int output_make(struct output *output, struct err *err) MUST_CHECK;
/* After that: ours of the pipes. */
void output_take_ends(struct output *output, struct pipes *pipes);
/* The process is ready to become the container's program. */
void output_begin(struct output *output);
/* The session has room. */
void output_go_on(struct output *output);
/* No process is left that could write. */
void output_finish(struct output *output);
/* Everything was handed to the session. */
bool output_is_drained(const struct output *output);
/* It is, and nothing is needed any more. */
void output_end(struct output *output);
/* As output_init() left it: for another run, or after a start that failed. Not from on_drained. */
void output_renew(struct output *output);

#endif
