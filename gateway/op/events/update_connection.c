/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UpdateConnection: what the request leaves out of the parameters stays, down to a single Username;
 * with another AuthorizationType those of the one before go. Tokens that were had before are not
 * used any more.
 */
#include <string.h>

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
	WORD(struct input, kind, "AuthorizationType", connection_kind_words, 0),
	JSON(struct input, parameters, "AuthParameters", 0),
	REFUSED("InvocationConnectivityParameters"),
	REFUSED("KmsKeyIdentifier"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

struct update {
	const struct input *input;
	struct event_connection connection; /* what the answer shows */
};

/* Members of @to that @from has as well are put in their place; objects are merged. */
static void merge(json_t *to, const json_t *from)
{
	json_t *given = (json_t *)(uintptr_t)from; /* iteration takes no const */
	const char *name;
	json_t *value;

	json_object_foreach (given, name, value) {
		json_t *before = json_object_get(to, name);

		if (json_is_null(value))
			continue;
		if (json_is_object(value) && json_is_object(before))
			merge(before, value);
		else
			out_put(to, name, json_deep_copy(value));
	}
}

static json_t *merged(const struct event_connection *before, enum connection_kind kind,
		      const json_t *given)
{
	static const char *const own[] = {"BasicAuthParameters", "OAuthParameters",
					  "ApiKeyAuthParameters"};
	json_t *parameters = out_stored_object(before->parameters);

	if (connection_kind_of(before->kind) != kind) {
		for (size_t i = 0; i < ARRAY_LEN(own); i++)
			(void)json_object_del(parameters, own[i]); /* or it was not there */
	}
	merge(parameters, given);
	return parameters;
}

/* The connection as it will be. */
static int change(struct call *call, const struct input *input, struct event_connection *connection)
{
	enum connection_kind kind = connection_kind_of(connection->kind);
	struct event_connection_parameters parameters;
	AUTO(json_decrefp) json_t *whole = NULL;

	if (input->kind >= 0)
		kind = (enum connection_kind)input->kind;
	if (input->description)
		connection->description = input->description;
	connection->modified_ms = call->now_ms;
	if (!input->parameters && input->kind < 0)
		return 0;
	if (input->parameters && !json_is_object(input->parameters))
		return call_fail(call, "ValidationException", "AuthParameters must be an object");
	whole = merged(connection, kind, input->parameters);
	if (event_connection_parameters(call, kind, whole, &parameters) < 0)
		return -1;
	connection->kind = connection_kind_words[kind];
	connection->parameters = parameters.kept;
	connection->shown = parameters.shown;
	connection->state = event_connection_state(kind);
	connection->reason = "";
	if (strcmp(connection->state, EVENT_CONNECTION_AUTHORIZED) == 0)
		connection->authorized_ms = call->now_ms;
	return 0;
}

static int find(struct call *call, const char *name, struct event_connection *ret_connection)
{
	struct err err = ERR_INIT;

	if (event_connection_find(call->state, call->options->secret_key, call->caller.account,
				  name, call->arena, ret_connection, &err) == 0)
		return 0;
	return err.code == ERR_NOT_FOUND ? event_connection_missing(call, name)
					 : call_fail_server(call, &err);
}

/* Once more, as another may have changed it. */
static enum call_written write_connection(struct call *call, void *ctx)
{
	const struct update *update = ctx;
	struct event_connection connection;
	struct err err = ERR_INIT;

	if (find(call, update->input->name, &connection) < 0)
		return CALL_REFUSED;
	if (connection.revision != update->connection.revision)
		return CALL_OUTDATED;
	if (event_connection_update(call->state, call->options->secret_key, &update->connection,
				    &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	return CALL_WRITTEN;
}

static int update_connection(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct update *update = arena_alloc(call->arena, sizeof(*update));

	if (!update)
		return call_fail(call, "ValidationException", "The request is too large.");
	update->input = input;
	if (event_name_check(call, "name", input->name) < 0 ||
	    find(call, input->name, &update->connection) < 0 ||
	    change(call, input, &update->connection) < 0)
		return -1;
	call_write(call, write_connection, update);
	*ret_output = event_connection_json(call, &update->connection);
	return 0;
}

const struct operation op_events_update_connection = {
	.service = "events",
	.name = "UpdateConnection",
	.shape = &shape,
	.handler = update_connection,
	.shape_error = "ValidationException",
	.snapshot = true,
};
