/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EnableRule: from now on; what fell due meanwhile is not made up for.
 */
#include "gateway/api_table.h"
#include "gateway/events/rule_json.h"

static enum call_written write_rule(struct call *call, void *ctx)
{
	return event_rule_switch(call, ctx, true);
}

static int enable_rule(struct call *call, const void *filled, json_t **ret_output)
{
	(void)ret_output; /* {} */
	call_write(call, write_rule, (void *)(uintptr_t)filled);
	return 0;
}

const struct operation op_events_enable_rule = {
	.service = "events",
	.name = "EnableRule",
	.shape = &event_rule_input_shape,
	.handler = enable_rule,
	.shape_error = "ValidationException",
	.snapshot = true,
};
