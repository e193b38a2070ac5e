/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TagResource: adds tags to a group, or gives those of the same key a new value.
 */
#include "gateway/api_table.h"
#include "gateway/events/tags.h"
#include "gateway/rest.h"
#include "gateway/scheduler/schedule_name.h"

struct input {
	const char *arn;
	struct shape_list tags; /* struct tag */
};
static const struct shape_field fields[] = {
	TEXT(struct input, arn, "ResourceArn", 1, 1011, SHAPE_REQUIRED),
	LIST(struct input, tags, "Tags", &event_tag_shape, 0, 0, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static enum call_written write_tags(struct call *call, void *ctx)
{
	const struct input *input = ctx;
	struct schedule_arn arn;

	if (schedule_tagged_require(call, input->arn, &arn) < 0 ||
	    event_tags_put(call, arn.text, &input->tags) < 0)
		return CALL_REFUSED;
	return CALL_WRITTEN;
}

static int tag_resource(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;

	(void)ret_output; /* {} */
	if (event_tags_check(call, &input->tags) < 0)
		return -1;
	call_write(call, write_tags, (void *)(uintptr_t)input);
	return 0;
}

static const struct rest_route route = {
	.method = "POST",
	.path = "/tags/{ResourceArn}",
};
const struct operation op_scheduler_tag_resource = {
	.service = "scheduler",
	.name = "TagResource",
	.shape = &shape,
	.handler = tag_resource,
	.shape_error = SCHEDULE_VALIDATION,
	.snapshot = true,
	.route = &route,
};
