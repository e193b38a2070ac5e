/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's output on its way to the router of the task's logs. The container never waits:
 * what the router does not take is kept, up to so many bytes, and then dropped.
 */
#ifndef SLIPWAY_MICROVM_AGENT_FORWARDER_H
#define SLIPWAY_MICROVM_AGENT_FORWARDER_H

#include "core/loop.h"
#include "microvm/wire/message.h"

/* So long after the container's end the router may still take what is kept. */
#define FORWARDER_GRACE_MS 5000

struct forwarder;

struct forwarder_options {
	struct loop *loop;
	const char *socket;		/* a path; copied */
	const struct wire_route *route; /* borrowed for ever, as the name */
	const char *container_name;
	loop_fn *on_idle; /* after forwarder_finish(), once */
	void *ctx;
};

struct forwarder *forwarder_new(const struct forwarder_options *options);

/* Whole lines, or a part of a long one. Nothing after forwarder_finish() until
 * forwarder_renew(). */
void forwarder_take(struct forwarder *forwarder, const struct wire_output *piece);
/* No more will come: on_idle is called, from the loop, when all is handed over or is given up. */
void forwarder_finish(struct forwarder *forwarder);
/* Whether on_idle was called. */
bool forwarder_is_idle(const struct forwarder *forwarder);
/* Another run of the container begins. */
void forwarder_renew(struct forwarder *forwarder);

#endif
