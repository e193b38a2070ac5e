/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UpdateApiDestination: what the request leaves out stays. What is on its way goes where the
 * destination leads when it is sent.
 */
#include "gateway/api_table.h"
#include "gateway/events/connection_call.h"
#include "gateway/json_out.h"

struct input {
	const char *name, *description, *connection, *endpoint;
	int method;
	int64_t rate;
	bool has_rate;
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct input, description, "Description", 0, EVENT_DESCRIPTION_MAX, 0),
	TEXT(struct input, connection, "ConnectionArn", 1, EVENT_BUS_GIVEN_MAX, 0),
	TEXT(struct input, endpoint, "InvocationEndpoint", 1, EVENT_ENDPOINT_MAX, 0),
	WORD(struct input, method, "HttpMethod", event_destination_methods, 0),
	INT_SEEN(struct input, rate, has_rate, "InvocationRateLimitPerSecond", 1, INT32_MAX),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int change(struct call *call, const struct input *input,
		  struct event_api_destination *destination)
{
	struct event_connection connection;

	if (event_destination_require(call, input->name, destination) < 0)
		return -1;
	if (input->connection) {
		if (event_connection_of_arn(call, input->connection, &connection) < 0)
			return -1;
		destination->connection = connection.number;
		destination->connection_arn = input->connection;
	}
	if (input->description)
		destination->description = input->description;
	if (input->endpoint)
		destination->endpoint = input->endpoint;
	if (input->method >= 0)
		destination->method = event_destination_methods[input->method];
	if (input->has_rate)
		destination->rate = input->rate;
	destination->modified_ms = call->now_ms;
	return 0;
}

static enum call_written write_destination(struct call *call, void *ctx)
{
	struct event_api_destination destination;
	struct err err = ERR_INIT;

	if (change(call, ctx, &destination) < 0)
		return CALL_REFUSED;
	if (event_api_destination_update(call->state, &destination, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	return CALL_WRITTEN;
}

static int update_api_destination(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct event_api_destination destination;

	if ((input->endpoint &&
	     event_endpoint_check(call, "InvocationEndpoint", input->endpoint) < 0) ||
	    change(call, input, &destination) < 0)
		return -1;
	call_write(call, write_destination, (void *)(uintptr_t)input);
	*ret_output = event_destination_answer(call, &destination);
	return 0;
}

const struct operation op_events_update_api_destination = {
	.service = "events",
	.name = "UpdateApiDestination",
	.shape = &shape,
	.handler = update_api_destination,
	.shape_error = "ValidationException",
	.snapshot = true,
};
