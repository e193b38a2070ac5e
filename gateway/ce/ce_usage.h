/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What GetCostAndUsage and GetCostAndUsageWithResources share: all but their names.
 */
#ifndef SLIPWAY_GATEWAY_CE_USAGE_H
#define SLIPWAY_GATEWAY_CE_USAGE_H

#include "gateway/ce/ce_question.h"

#define CE_USAGE_PAGE 1000 /* groups and empty buckets of a page */

struct ce_usage_input {
	struct ce_period_input period;
	int granularity;
	struct shape_list metrics, groups;
	const json_t *filter;
	const char *token;
};
extern const struct shape ce_usage_shape;

/* @list names the operation in page tokens. */
int ce_usage_answer(struct call *call, const struct ce_usage_input *input, const char *list,
		    json_t **ret_output) MUST_CHECK;

#endif
