/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteAttributes: attributes are of container instances, and there are none to find.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/attribute_input.h"
#include "gateway/ecs/cluster_json.h"

struct input {
	const char *cluster;
	struct shape_list attributes; /* struct attribute_input */
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, 0),
	LIST(struct input, attributes, "attributes", &attribute_shape, 0, ATTRIBUTES_MAX,
	     SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int delete_attributes(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct cluster cluster;

	(void)ret_output; /* there is no answer but an error */
	if (cluster_require(call, input->cluster, &cluster) < 0)
		return -1;
	if (input->attributes.count == 0)
		return call_fail(call, "InvalidParameterException", "Attributes cannot be empty.");
	return call_fail(call, "TargetNotFoundException",
			 "The specified target wasn't found. A cluster here has no container "
			 "instances.");
}

const struct operation op_ecs_delete_attributes = {
	.service = "ecs",
	.name = "DeleteAttributes",
	.shape = &shape,
	.handler = delete_attributes,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
