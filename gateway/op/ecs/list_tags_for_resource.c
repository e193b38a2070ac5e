/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListTagsForResource: the tags of a cluster, a task or a task definition.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/tag_target.h"
#include "gateway/ecs/tags_input.h"
#include "gateway/json_out.h"

struct input {
	const char *arn;
};

static const struct shape_field fields[] = {
	TEXT(struct input, arn, "resourceArn", 0, 0, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int list_tags_for_resource(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct ecs_arn arn;
	json_t *tags;

	if (tag_target(call, input->arn, &arn) < 0 || tags_json(call, arn.text, &tags) < 0)
		return -1;
	*ret_output = out_object();
	out_put(*ret_output, "tags", tags);
	return 0;
}

const struct operation op_ecs_list_tags_for_resource = {
	.service = "ecs",
	.name = "ListTagsForResource",
	.shape = &shape,
	.handler = list_tags_for_resource,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
