/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TagResource: adds tags to a rule or a bus, or gives those of the same key a new value.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/events/bus_name.h"
#include "gateway/events/order.h"
#include "gateway/events/tags.h"

struct input {
	const char *arn;
	struct shape_list tags; /* struct tag */
};
static const struct shape_field fields[] = {
	TEXT(struct input, arn, "ResourceARN", 1, 1600, SHAPE_REQUIRED),
	LIST(struct input, tags, "Tags", &event_tag_shape, 0, 0, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static enum call_written write_tags(struct call *call, void *ctx)
{
	const struct input *input = ctx;
	struct event_arn arn;

	if (event_tagged_require(call, input->arn, &arn) < 0 ||
	    event_tags_put(call, arn.text, &input->tags) < 0)
		return CALL_REFUSED;
	return CALL_WRITTEN;
}

static int tag_resource(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;

	(void)ret_output; /* {} */
	if (event_tags_check(call, &input->tags) < 0 ||
	    event_order_check(call, &input->tags, !strstr(input->arn, ":event-bus/")) < 0)
		return -1;
	call_write(call, write_tags, (void *)(uintptr_t)input);
	return 0;
}

const struct operation op_events_tag_resource = {
	.service = "events",
	.name = "TagResource",
	.shape = &shape,
	.handler = tag_resource,
	.shape_error = "ValidationException",
	.snapshot = true,
};
