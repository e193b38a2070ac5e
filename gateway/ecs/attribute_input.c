/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of checks is the API's: the cluster first, then the attributes.
 */
#include "gateway/ecs/attribute_input.h"

#include "gateway/ecs/cluster_json.h"

#define ATTRIBUTES_MAX 10 /* the API's, of one call */

static const char *const target_words[] = {"container-instance", NULL};

struct attribute_input {
	const char *name, *value, *target_id;
	int target_type; /* index: container-instance */
};
static const struct shape_field attribute_fields[] = {
	TEXT(struct attribute_input, name, "name", 0, 0, SHAPE_REQUIRED),
	TEXT(struct attribute_input, value, "value", 0, 0, 0),
	WORD(struct attribute_input, target_type, "targetType", target_words, 0),
	TEXT(struct attribute_input, target_id, "targetId", 0, 0, 0),
};
static const struct shape attribute_shape = SHAPE_OF(struct attribute_input, attribute_fields);

struct input {
	const char *cluster;
	struct shape_list attributes; /* struct attribute_input */
};
static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, 0),
	LIST(struct input, attributes, "attributes", &attribute_shape, 0, ATTRIBUTES_MAX,
	     SHAPE_REQUIRED),
};
const struct shape attributes_shape = SHAPE_OF(struct input, fields);

int attributes_refuse(struct call *call, const void *filled, json_t **ret_output)
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
