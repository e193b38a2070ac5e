/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteApiDestination: targets that mean it stay, and what comes for them becomes dead letters.
 */
#include "gateway/api_table.h"
#include "gateway/events/connection_call.h"

struct input {
	const char *name;
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static enum call_written write_destination(struct call *call, void *ctx)
{
	const char *name = ctx;
	struct event_api_destination destination;
	struct err err = ERR_INIT;

	if (event_destination_require(call, name, &destination) < 0)
		return CALL_REFUSED;
	if (event_api_destination_delete(call->state, call->caller.account, name, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	return CALL_WRITTEN;
}

static int delete_api_destination(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;

	(void)ret_output; /* {} */
	call_write(call, write_destination, (void *)(uintptr_t)input->name);
	return 0;
}

const struct operation op_events_delete_api_destination = {
	.service = "events",
	.name = "DeleteApiDestination",
	.shape = &shape,
	.handler = delete_api_destination,
	.shape_error = "ValidationException",
	.snapshot = true,
};
