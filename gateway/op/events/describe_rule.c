/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeRule: all of a rule but its targets and tags.
 */
#include "gateway/api_table.h"
#include "gateway/events/rule_json.h"
#include "gateway/json_out.h"

static int describe_rule(struct call *call, const void *filled, json_t **ret_output)
{
	const struct event_rule_input *input = filled;
	struct event_rule_record rule;
	json_t *output;

	if (event_rule_require(call, input->bus, input->name, &rule) < 0)
		return -1;
	output = event_rule_json(call, &rule);
	out_text(output, "CreatedBy", call->caller.account);
	*ret_output = output;
	return 0;
}

const struct operation op_events_describe_rule = {
	.service = "events",
	.name = "DescribeRule",
	.shape = &event_rule_input_shape,
	.handler = describe_rule,
	.shape_error = "ValidationException",
	.snapshot = true,
};
