/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListTagsForResource: of a rule or a bus.
 */
#include "gateway/api_table.h"
#include "gateway/events/bus_name.h"
#include "gateway/events/tags.h"
#include "gateway/json_out.h"

struct input {
	const char *arn;
};
static const struct shape_field fields[] = {
	TEXT(struct input, arn, "ResourceARN", 1, 1600, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int list_tags_for_resource(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct event_arn arn;
	json_t *list;

	if (event_tagged_require(call, input->arn, &arn) < 0 ||
	    event_tags_json(call, arn.text, &list) < 0)
		return -1;
	*ret_output = out_object();
	out_put(*ret_output, "Tags", list);
	return 0;
}

const struct operation op_events_list_tags_for_resource = {
	.service = "events",
	.name = "ListTagsForResource",
	.shape = &shape,
	.handler = list_tags_for_resource,
	.shape_error = "ValidationException",
	.snapshot = true,
};
