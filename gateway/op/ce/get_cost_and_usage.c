/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetCostAndUsage: costs and usage of a period by hour, day or month, up to two keys and a
 * filter.
 */
#include "gateway/api_table.h"
#include "gateway/ce/ce_usage.h"

static int get_cost_and_usage(struct call *call, const void *filled, json_t **ret_output)
{
	return ce_usage_answer(call, filled, "GetCostAndUsage", ret_output);
}

const struct operation op_ce_get_cost_and_usage = {
	.service = "ce",
	.name = "GetCostAndUsage",
	.shape = &ce_usage_shape,
	.handler = get_cost_and_usage,
	.shape_error = "ValidationException",
	.snapshot = true,
};
