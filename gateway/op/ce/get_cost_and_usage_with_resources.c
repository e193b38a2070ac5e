/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetCostAndUsageWithResources: GetCostAndUsage with a filter that must be there, as the API says.
 * Here both know the dimension RESOURCE_ID, and neither ends after 14 days.
 */
#include "gateway/api_table.h"
#include "gateway/ce/ce_usage.h"

static int get_cost_and_usage_with_resources(struct call *call, const void *filled,
					     json_t **ret_output)
{
	const struct ce_usage_input *input = filled;

	if (!input->filter || json_is_null(input->filter))
		return call_fail(call, "ValidationException", "Filter is required.");
	return ce_usage_answer(call, input, "GetCostAndUsageWithResources", ret_output);
}

const struct operation op_ce_get_cost_and_usage_with_resources = {
	.service = "ce",
	.name = "GetCostAndUsageWithResources",
	.shape = &ce_usage_shape,
	.handler = get_cost_and_usage_with_resources,
	.shape_error = "ValidationException",
	.snapshot = true,
};
