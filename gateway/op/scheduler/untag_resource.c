/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UntagResource: keys that a group does not have are gone already.
 */
#include "gateway/api_table.h"
#include "gateway/rest.h"
#include "gateway/scheduler/schedule_name.h"
#include "store/tag.h"

struct input {
	const char *arn;
	struct shape_list keys; /* texts */
};
static const struct shape_field fields[] = {
	TEXT(struct input, arn, "ResourceArn", 1, 1011, SHAPE_REQUIRED),
	TEXTS(struct input, keys, "TagKeys", 0, 200, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static enum call_written write_tags(struct call *call, void *ctx)
{
	const struct input *input = ctx;
	struct schedule_arn arn;
	struct err err = ERR_INIT;

	if (schedule_tagged_require(call, input->arn, &arn) < 0)
		return CALL_REFUSED;
	if (tag_remove(call->state, arn.text, input->keys.items, input->keys.count, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	return CALL_WRITTEN;
}

static int untag_resource(struct call *call, const void *filled, json_t **ret_output)
{
	(void)ret_output; /* {} */
	call_write(call, write_tags, (void *)(uintptr_t)filled);
	return 0;
}

static const struct rest_parameter parameters[] = {{"TagKeys", "TagKeys", REST_TEXTS}};
static const struct rest_route route = {
	.method = "DELETE",
	.path = "/tags/{ResourceArn}",
	.parameters = parameters,
	.parameter_count = ARRAY_LEN(parameters),
};
const struct operation op_scheduler_untag_resource = {
	.service = "scheduler",
	.name = "UntagResource",
	.shape = &shape,
	.handler = untag_resource,
	.shape_error = SCHEDULE_VALIDATION,
	.snapshot = true,
	.route = &route,
};
