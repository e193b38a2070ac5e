/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StartTask: places tasks on container instances, and there are none. What runs a task
 * here is RunTask.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"

struct input {
	const char *cluster, *definition;
	struct shape_list instances; /* texts */
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, 0),
	TEXT(struct input, definition, "taskDefinition", 0, 0, SHAPE_REQUIRED),
	TEXTS(struct input, instances, "containerInstances", 0, 0, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int start_task(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct cluster cluster;

	(void)ret_output; /* there is no answer but an error */
	if (cluster_require(call, input->cluster, &cluster) < 0)
		return -1;
	if (input->instances.count == 0)
		return call_fail(call, "InvalidParameterException",
				 "Container instances cannot be empty.");
	return call_fail(call, "InvalidParameterException",
			 "No Container Instances were found in your cluster.");
}

const struct operation op_ecs_start_task = {
	.service = "ecs",
	.name = "StartTask",
	.shape = &shape,
	.handler = start_task,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
