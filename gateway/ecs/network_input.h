/* SPDX-License-Identifier: Apache-2.0 */
/*
 * networkConfiguration of a request: which subnet a task goes to and which security
 * groups guard it. Both are names that the configuration defines. Without one,
 * the defaults of the configuration are taken, unless it wants AWS's refusal.
 */
#ifndef SLIPWAY_GATEWAY_ECS_NETWORK_INPUT_H
#define SLIPWAY_GATEWAY_ECS_NETWORK_INPUT_H

#include "gateway/api.h"

struct awsvpc_input {
	struct shape_list subnets, groups; /* texts */
	int public_ip;			   /* index: ENABLED, DISABLED; -1: DISABLED */
};
struct network_input {
	struct awsvpc_input awsvpc;
	bool has_awsvpc;
};
extern const struct shape network_shape;

struct network_plan {
	const char *const *subnets; /* at least one; tasks are spread over them */
	size_t subnet_count;
	const char *groups_json; /* list of names */
	bool public_ip;
};

/* @given: false if the request has no networkConfiguration. */
int network_plan(struct call *call, const struct network_input *input, bool given,
		 struct network_plan *ret_plan) MUST_CHECK;

#endif
