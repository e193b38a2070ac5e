/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteConnection: it is gone at once, and its parameters with it. API destinations that use it
 * are inactive until they get another.
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

static enum call_written write_connection(struct call *call, void *ctx)
{
	const char *name = ctx;
	struct event_connection connection;
	struct err err = ERR_INIT;

	if (event_connection_require(call, name, &connection) < 0)
		return CALL_REFUSED;
	if (event_connection_delete(call->state, call->caller.account, name, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	return CALL_WRITTEN;
}

static int delete_connection(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct event_connection connection;

	if (event_connection_require(call, input->name, &connection) < 0)
		return -1;
	call_write(call, write_connection, (void *)(uintptr_t)input->name);
	connection.state = "DELETING";
	*ret_output = event_connection_json(call, &connection);
	return 0;
}

const struct operation op_events_delete_connection = {
	.service = "events",
	.name = "DeleteConnection",
	.shape = &shape,
	.handler = delete_connection,
	.shape_error = "ValidationException",
	.snapshot = true,
};
