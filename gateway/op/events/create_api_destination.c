/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateApiDestination: an endpoint that is the target of rules. Nobody connects to it before
 * there is something to send.
 */
#include <string.h>

#include "core/ident.h"
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
	TEXT(struct input, connection, "ConnectionArn", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct input, endpoint, "InvocationEndpoint", 1, EVENT_ENDPOINT_MAX, SHAPE_REQUIRED),
	WORD(struct input, method, "HttpMethod", event_destination_methods, SHAPE_REQUIRED),
	INT_SEEN(struct input, rate, has_rate, "InvocationRateLimitPerSecond", 1, INT32_MAX),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static enum call_written write_destination(struct call *call, void *ctx)
{
	struct event_api_destination *destination = ctx;
	struct event_connection connection;
	struct err err = ERR_INIT;
	int64_t count;

	if (event_connection_of_arn(call, destination->connection_arn, &connection) < 0)
		return CALL_REFUSED;
	destination->connection = connection.number;
	if (event_api_destination_create(call->state, destination, &err) < 0) {
		if (err.code == ERR_EXISTS)
			call_set_error(call, "ResourceAlreadyExistsException",
				       "An api-destination '%s' already exists.",
				       destination->name);
		else
			call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (event_api_destination_count(call->state, destination->account, &count, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (count > EVENT_DESTINATIONS_MAX) {
		call_set_error(call, "LimitExceededException",
			       "The requested resource exceeds the maximum number allowed.");
		return CALL_REFUSED;
	}
	return CALL_WRITTEN;
}

static int create_api_destination(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct event_api_destination *destination = arena_alloc(call->arena, sizeof(*destination));
	char *uuid = arena_alloc(call->arena, IDENT_UUID_SIZE);
	struct event_connection connection;

	if (!destination || !uuid)
		return call_fail(call, "ValidationException", "The request is too large.");
	if (event_name_check(call, "name", input->name) < 0 ||
	    event_endpoint_check(call, "InvocationEndpoint", input->endpoint) < 0 ||
	    event_connection_of_arn(call, input->connection, &connection) < 0)
		return -1;
	ident_uuid(uuid);
	*destination = (struct event_api_destination){
		.account = call->caller.account,
		.name = input->name,
		.uuid = uuid,
		.description = input->description ? input->description : "",
		.connection_arn = input->connection,
		.endpoint = input->endpoint,
		.method = event_destination_methods[input->method],
		.rate = input->has_rate ? input->rate : EVENT_RATE_DEFAULT,
		.created_ms = call->now_ms,
		.modified_ms = call->now_ms,
		.is_authorized = strcmp(connection.state, EVENT_CONNECTION_DEAUTHORIZED) != 0,
	};
	call_write(call, write_destination, destination);
	*ret_output = event_destination_answer(call, destination);
	return 0;
}

const struct operation op_events_create_api_destination = {
	.service = "events",
	.name = "CreateApiDestination",
	.shape = &shape,
	.handler = create_api_destination,
	.shape_error = "ValidationException",
	.snapshot = true,
};
