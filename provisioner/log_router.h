/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container that routes its task's logs (firelensConfiguration): the configuration that is
 * made for it, and what it and those that send to it are given.
 */
#ifndef SLIPWAY_PROVISIONER_LOG_ROUTER_H
#define SLIPWAY_PROVISIONER_LOG_ROUTER_H

#include "microvm/wire/message.h"
#include "provisioner/task_order.h"

/* Whether the container's output goes to the router. */
bool log_router_has_sender(const struct spec_container *container);
/* The volume that router and agent share is one behind the task's own; this many. */
size_t log_router_volumes(const struct task_spec *spec);

/* ERR_INVALID: one router and no more, if anybody sends; options that make no sense. */
int log_router_check(const struct task_spec *spec, struct err *err) MUST_CHECK;

/* The members of a router or a sender; nothing for others. */
int log_router_fill(const struct task_order_input *input, size_t index, struct arena *arena,
		    struct wire_container *to, struct err *err) MUST_CHECK;

#endif
