/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One output stream of one container: from the pipe to the session, in order.
 * Without a spool nothing is lost, and the container writes no faster than hosts
 * take it. With one it never waits.
 */
#ifndef SLIPWAY_MICROVM_AGENT_STREAM_H
#define SLIPWAY_MICROVM_AGENT_STREAM_H

#include "core/loop.h"
#include "microvm/agent/forwarder.h"
#include "microvm/agent/joiner.h"
#include "microvm/agent/session.h"
#include "microvm/agent/spool.h"

struct stream;

struct stream_options {
	struct loop *loop;
	struct session *session;
	unsigned container, stream;  /* as in wire_output */
	bool terminal;		     /* it is read from a terminal, not from a pipe */
	struct spool *spool;	     /* of both streams, borrowed; NULL: the container waits */
	struct joiner *joiner;	     /* of both streams, borrowed; NULL: each line is an event */
	struct forwarder *forwarder; /* who takes all of it, borrowed; NULL: the session */
	loop_fn *on_drained;	     /* once: everything was handed to the session */
	void *ctx;
};

/* Takes @fd (the reading end, non-blocking), which is closed when it is drained. */
struct stream *stream_new(const struct stream_options *options, int fd);
/* Only a drained one, and not from on_drained. Takes NULL. */
void stream_free(struct stream *stream);
/* The session has room again. */
void stream_go_on(struct stream *stream);
/* No process is left that could write: what is in the pipe is the rest. */
void stream_finish(struct stream *stream);

#endif
