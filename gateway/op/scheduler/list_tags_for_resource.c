/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListTagsForResource: the tags of a group.
 */
#include "gateway/api_table.h"
#include "gateway/events/tags.h"
#include "gateway/json_out.h"
#include "gateway/rest.h"
#include "gateway/scheduler/schedule_name.h"

struct input {
	const char *arn;
};
static const struct shape_field fields[] = {
	TEXT(struct input, arn, "ResourceArn", 1, 1011, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int list_tags_for_resource(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct schedule_arn arn;
	json_t *list;

	if (schedule_tagged_require(call, input->arn, &arn) < 0 ||
	    event_tags_json(call, arn.text, &list) < 0)
		return -1;
	*ret_output = out_object();
	out_put(*ret_output, "Tags", list);
	return 0;
}

static const struct rest_route route = {
	.method = "GET",
	.path = "/tags/{ResourceArn}",
};
const struct operation op_scheduler_list_tags_for_resource = {
	.service = "scheduler",
	.name = "ListTagsForResource",
	.shape = &shape,
	.handler = list_tags_for_resource,
	.shape_error = SCHEDULE_VALIDATION,
	.snapshot = true,
	.route = &route,
};
