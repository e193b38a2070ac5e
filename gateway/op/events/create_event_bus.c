/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateEventBus. What a bus of AWS may have beside its rules (keys, logs, queues of its own)
 * is refused: events lie in this machine's store.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/events/bus_name.h"
#include "gateway/events/order.h"
#include "gateway/events/tags.h"
#include "gateway/json_out.h"

#define BUSES_MAX 100 /* of an account, beside the default one; the API's quota */

struct input {
	const char *name, *description;
	struct shape_list tags; /* struct tag */
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, EVENT_BUS_NAME_MAX, SHAPE_REQUIRED),
	TEXT(struct input, description, "Description", 0, EVENT_DESCRIPTION_MAX, 0),
	LIST(struct input, tags, "Tags", &event_tag_shape, 0, 0, 0),
	REFUSED("EventSourceName"),
	REFUSED("KmsKeyIdentifier"),
	REFUSED("DeadLetterConfig"),
	REFUSED("LogConfig"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static enum call_written write_bus(struct call *call, void *ctx)
{
	const struct input *input = ctx;
	const struct event_bus bus = {input->name, input->description ? input->description : "",
				      call->now_ms};
	struct err err = ERR_INIT;
	int64_t count;

	if (event_bus_count(call->state, call->caller.account, &count, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (event_bus_create(call->state, call->caller.account, &bus, &err) < 0) {
		if (err.code == ERR_EXISTS)
			call_set_error(call, "ResourceAlreadyExistsException",
				       "Event bus %s already exists.", input->name);
		else
			call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (count >= BUSES_MAX) {
		call_set_error(call, "LimitExceededException",
			       "The requested resource exceeds the maximum number allowed.");
		return CALL_REFUSED;
	}
	if (event_tags_put(call, event_bus_arn(call, input->name).text, &input->tags) < 0)
		return CALL_REFUSED;
	return CALL_WRITTEN;
}

static int create_event_bus(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	json_t *output;

	if (!event_name_ok(input->name))
		return call_fail(call, "ValidationException",
				 "1 validation error detected: Value '%s' at 'name' failed to "
				 "satisfy constraint: Member must satisfy regular expression "
				 "pattern: [/\\.\\-_A-Za-z0-9]+",
				 input->name);
	if (event_tags_check(call, &input->tags) < 0 ||
	    event_order_check(call, &input->tags, false) < 0)
		return -1;
	call_write(call, write_bus, (void *)(uintptr_t)input);
	output = out_object();
	out_text(output, "EventBusArn", event_bus_arn(call, input->name).text);
	out_text(output, "Description", input->description);
	*ret_output = output;
	return 0;
}

const struct operation op_events_create_event_bus = {
	.service = "events",
	.name = "CreateEventBus",
	.shape = &shape,
	.handler = create_event_bus,
	.shape_error = "ValidationException",
	.snapshot = true,
};
