/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UntagResource: removes tags by key; a key that is not there is no error. Tags
 * that the platform gave ("aws:...") stay.
 */
#include <strings.h>

#include "gateway/api_table.h"
#include "gateway/ecs/tag_target.h"
#include "gateway/ecs/tags_input.h"

struct input {
	const char *arn;
	struct shape_list keys; /* texts */
};

static const struct shape_field fields[] = {
	TEXT(struct input, arn, "resourceArn", 0, 0, SHAPE_REQUIRED),
	TEXTS(struct input, keys, "tagKeys", 0, TAGS_MAX, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int untag_resource(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	const char *const *keys = input->keys.items;
	struct err err = ERR_INIT;
	struct ecs_arn arn;

	(void)ret_output; /* the answer is {} */
	for (size_t i = 0; i < input->keys.count; i++) {
		if (strncasecmp(keys[i], "aws:", 4) == 0)
			return call_fail(call, "InvalidParameterException",
					 "tagKeys[%zu] must not begin with aws:.", i);
	}
	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (tag_target(call, input->arn, &arn) < 0)
		return -1;
	if (tag_remove(call->state, arn.text, keys, input->keys.count, &err) < 0 ||
	    db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	return 0;
}

const struct operation op_ecs_untag_resource = {
	.service = "ecs",
	.name = "UntagResource",
	.shape = &shape,
	.handler = untag_resource,
	.shape_error = "InvalidParameterException",
};
