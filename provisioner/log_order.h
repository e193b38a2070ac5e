/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What logConfiguration and firelensConfiguration of a task's containers become for the agent.
 */
#ifndef SLIPWAY_PROVISIONER_LOG_ORDER_H
#define SLIPWAY_PROVISIONER_LOG_ORDER_H

#include "provisioner/task_order.h"

/* ERR_INVALID with a text for the user. */
int log_order_check(const struct task *task, const struct task_spec *spec, struct err *err)
	MUST_CHECK;

/* The members of one container that say what becomes of its output, or of that of others. */
int log_order_fill(const struct task_order_input *input, size_t index, struct arena *arena,
		   struct wire_container *to, struct err *err) MUST_CHECK;

#endif
