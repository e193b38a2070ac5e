/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateConnection: its parameters are sealed before they are kept, and no answer has them.
 */
#include <string.h>

#include "core/ident.h"
#include "gateway/api_table.h"
#include "gateway/events/connection_call.h"
#include "gateway/json_out.h"

struct input {
	const char *name, *description;
	int kind;
	json_t *parameters;
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct input, description, "Description", 0, EVENT_DESCRIPTION_MAX, 0),
	WORD(struct input, kind, "AuthorizationType", connection_kind_words, SHAPE_REQUIRED),
	JSON(struct input, parameters, "AuthParameters", SHAPE_REQUIRED),
	REFUSED("InvocationConnectivityParameters"),
	REFUSED("KmsKeyIdentifier"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int refuse(struct call *call, const char *name, const struct err *err)
{
	if (err->code == ERR_EXISTS)
		return call_fail(call, "ResourceAlreadyExistsException",
				 "Connection %s already exists.", name);
	return call_fail_server(call, err);
}

static enum call_written write_connection(struct call *call, void *ctx)
{
	const struct event_connection *connection = ctx;
	struct err err = ERR_INIT;
	int64_t count;

	if (event_connection_create(call->state, call->options->secret_key, connection, &err) < 0) {
		(void)refuse(call, connection->name, &err);
		return CALL_REFUSED;
	}
	if (event_connection_count(call->state, connection->account, &count, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (count > EVENT_CONNECTIONS_MAX) {
		call_set_error(call, "LimitExceededException",
			       "The requested resource exceeds the maximum number allowed.");
		return CALL_REFUSED;
	}
	return CALL_WRITTEN;
}

static int create_connection(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct event_connection *connection = arena_alloc(call->arena, sizeof(*connection));
	char *uuid = arena_alloc(call->arena, IDENT_UUID_SIZE);
	struct event_connection_parameters parameters;
	json_t *output;

	if (!connection || !uuid)
		return call_fail(call, "ValidationException", "The request is too large.");
	if (event_name_check(call, "name", input->name) < 0 ||
	    event_connection_parameters(call, (enum connection_kind)input->kind, input->parameters,
					&parameters) < 0)
		return -1;
	ident_uuid(uuid);
	*connection = (struct event_connection){
		.account = call->caller.account,
		.name = input->name,
		.uuid = uuid,
		.description = input->description ? input->description : "",
		.kind = connection_kind_words[input->kind],
		.state = event_connection_state((enum connection_kind)input->kind),
		.reason = "",
		.shown = parameters.shown,
		.parameters = parameters.kept,
		.created_ms = call->now_ms,
		.modified_ms = call->now_ms,
	};
	if (strcmp(connection->state, EVENT_CONNECTION_AUTHORIZED) == 0)
		connection->authorized_ms = call->now_ms;
	call_write(call, write_connection, connection);
	output = event_connection_json(call, connection);
	(void)json_object_del(output, "LastAuthorizedTime"); /* of the others only */
	*ret_output = output;
	return 0;
}

const struct operation op_events_create_connection = {
	.service = "events",
	.name = "CreateConnection",
	.shape = &shape,
	.handler = create_connection,
	.shape_error = "ValidationException",
	.snapshot = true,
};
