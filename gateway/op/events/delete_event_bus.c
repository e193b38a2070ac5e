/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteEventBus: one that has rules stays, and so does the default one.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/events/bus_name.h"
#include "store/tag.h"

struct input {
	const char *name;
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, EVENT_BUS_NAME_MAX, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static enum call_written delete_bus(struct call *call, void *ctx)
{
	const char *name = ctx;
	struct err err = ERR_INIT;

	if (event_bus_delete(call->state, call->caller.account, name, &err) == 0 &&
	    tag_clear(call->state, event_bus_arn(call, name).text, &err) == 0)
		return CALL_WRITTEN;
	if (err.code == ERR_NOT_FOUND)
		(void)event_bus_missing(call, name);
	else if (err.code == ERR_CONFLICT)
		call_set_error(call, "ValidationException",
			       "Event bus %s can't be deleted since it has rules.", name);
	else
		call_set_server_error(call, &err);
	return CALL_REFUSED;
}

static int delete_event_bus(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	const char *name;

	(void)ret_output; /* {} */
	if (event_bus_name(call, input->name, &name) < 0)
		return -1;
	if (strcmp(name, EVENT_BUS_DEFAULT) == 0)
		return call_fail(call, "ValidationException", "Cannot delete event bus %s.", name);
	call_write(call, delete_bus, (void *)(uintptr_t)name);
	return 0;
}

const struct operation op_events_delete_event_bus = {
	.service = "events",
	.name = "DeleteEventBus",
	.shape = &shape,
	.handler = delete_event_bus,
	.shape_error = "ValidationException",
	.snapshot = true,
};
