/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeConnection: everything but what is secret.
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

static int describe_connection(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct event_connection connection;
	json_t *output;

	if (event_connection_require(call, input->name, &connection) < 0)
		return -1;
	output = event_connection_json(call, &connection);
	out_text(output, "Name", connection.name);
	out_text(output, "Description", connection.description);
	out_text(output, "StateReason", connection.reason);
	out_text(output, "AuthorizationType", connection.kind);
	out_put(output, "AuthParameters", out_stored_object(connection.shown));
	*ret_output = output;
	return 0;
}

const struct operation op_events_describe_connection = {
	.service = "events",
	.name = "DescribeConnection",
	.shape = &shape,
	.handler = describe_connection,
	.shape_error = "ValidationException",
	.snapshot = true,
};
