/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TagResource: adds tags, or gives those of the same key a new value.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/tag_target.h"
#include "gateway/ecs/tags_input.h"

struct input {
	const char *arn;
	struct shape_list tags; /* struct tag */
};

static const struct shape_field fields[] = {
	TEXT(struct input, arn, "resourceArn", 0, 0, SHAPE_REQUIRED),
	LIST(struct input, tags, "tags", &tag_shape, 0, 0, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int tag_resource(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct err err = ERR_INIT;
	struct ecs_arn arn;

	(void)ret_output; /* the answer is {} */
	if (tags_check(call, "InvalidParameterException", &input->tags) < 0)
		return -1;
	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (tag_target(call, input->arn, &arn) < 0 ||
	    tags_put(call, "InvalidParameterException", arn.text, input->tags.items,
		     input->tags.count) < 0)
		return -1;
	if (db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	return 0;
}

const struct operation op_ecs_tag_resource = {
	.service = "ecs",
	.name = "TagResource",
	.shape = &shape,
	.handler = tag_resource,
	.shape_error = "InvalidParameterException",
};
