/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeEventBus: by name or ARN; without one, the default bus, which has no times.
 */
#include "gateway/api_table.h"
#include "gateway/events/bus_json.h"
#include "gateway/json_out.h"

struct input {
	const char *name;
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, EVENT_BUS_GIVEN_MAX, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int describe_event_bus(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct event_bus bus;

	if (event_bus_require(call, input->name, &bus) < 0)
		return -1;
	*ret_output = event_bus_json(call, &bus);
	return 0;
}

const struct operation op_events_describe_event_bus = {
	.service = "events",
	.name = "DescribeEventBus",
	.shape = &shape,
	.handler = describe_event_bus,
	.shape_error = "ValidationException",
	.snapshot = true,
};
