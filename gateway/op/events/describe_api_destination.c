/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeApiDestination: it is active while its connection has parameters.
 */
#include "gateway/api_table.h"
#include "gateway/events/connection_call.h"
#include "gateway/json_out.h"

struct input {
	const char *name;
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int describe_api_destination(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct event_api_destination destination;
	json_t *output;

	if (event_destination_require(call, input->name, &destination) < 0)
		return -1;
	output = event_destination_json(call, &destination);
	out_text(output, "Description", destination.description);
	*ret_output = output;
	return 0;
}

const struct operation op_events_describe_api_destination = {
	.service = "events",
	.name = "DescribeApiDestination",
	.shape = &shape,
	.handler = describe_api_destination,
	.shape_error = "ValidationException",
	.snapshot = true,
};
