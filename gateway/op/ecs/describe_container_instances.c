/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeContainerInstances: there are none, so every one that is asked for is
 * MISSING.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/failures_json.h"
#include "gateway/json_out.h"

#define INSTANCES_MAX 100 /* the API's */

struct input {
	const char *cluster;
	struct shape_list instances, include; /* texts */
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, 0),
	TEXTS(struct input, instances, "containerInstances", 0, INSTANCES_MAX, SHAPE_REQUIRED),
	TEXTS(struct input, include, "include", 0, 0, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int check_include(struct call *call, const struct shape_list *include)
{
	const char *const *names = include->items;

	for (size_t i = 0; i < include->count; i++) {
		if (strcmp(names[i], "TAGS") != 0 &&
		    strcmp(names[i], "CONTAINER_INSTANCE_HEALTH") != 0)
			return call_fail(
				call, "InvalidParameterException",
				"include should be one of [TAGS,CONTAINER_INSTANCE_HEALTH]");
	}
	return 0;
}

static int describe_container_instances(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	const char *const *names = input->instances.items;
	struct cluster cluster;
	json_t *failures;

	if (input->instances.count == 0)
		return call_fail(call, "InvalidParameterException",
				 "Container instances cannot be empty.");
	if (check_include(call, &input->include) < 0 ||
	    cluster_require(call, input->cluster, &cluster) < 0)
		return -1;
	failures = out_list();
	for (size_t i = 0; i < input->instances.count; i++)
		out_push(failures, failure_json(names[i], "MISSING"));
	*ret_output = out_object();
	out_put(*ret_output, "containerInstances", out_list());
	out_put(*ret_output, "failures", failures);
	return 0;
}

const struct operation op_ecs_describe_container_instances = {
	.service = "ecs",
	.name = "DescribeContainerInstances",
	.shape = &shape,
	.handler = describe_container_instances,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
