/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RegisterContainerInstance: every machine here is the platform's own.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"

struct input {
	const char *cluster;
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int register_container_instance(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct cluster cluster;

	(void)ret_output; /* there is no answer but an error */
	if (cluster_require(call, input->cluster, &cluster) < 0)
		return -1;
	return call_fail(call, "InvalidParameterException",
			 "Container instances cannot be registered here: tasks run on Fargate.");
}

const struct operation op_ecs_register_container_instance = {
	.service = "ecs",
	.name = "RegisterContainerInstance",
	.shape = &shape,
	.handler = register_container_instance,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
