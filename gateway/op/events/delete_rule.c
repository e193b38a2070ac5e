/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteRule: one that is not there is gone already; one that has targets stays. Force is for
 * rules that services manage, of which there are none.
 */
#include "gateway/api_table.h"
#include "gateway/events/bus_name.h"
#include "store/tag.h"

struct input {
	const char *name, *bus;
	bool force;
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct input, bus, "EventBusName", 1, EVENT_BUS_GIVEN_MAX, 0),
	BOOL(struct input, force, "Force", 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static enum call_written write_rule(struct call *call, void *ctx)
{
	const struct input *input = ctx;
	struct err err = ERR_INIT;
	struct event_bus bus;
	int64_t targets;

	if (event_bus_require(call, input->bus, &bus) < 0)
		return CALL_REFUSED;
	const struct event_rule_key key = {call->caller.account, bus.name, input->name};

	if (event_target_count(call->state, &key, &targets, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (targets > 0) {
		call_set_error(call, "ValidationException",
			       "Rule can't be deleted since it has targets.");
		return CALL_REFUSED;
	}
	if (event_rule_delete(call->state, &key, &err) < 0 && err.code != ERR_NOT_FOUND) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (tag_clear(call->state, event_rule_arn(call, bus.name, input->name).text, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	return CALL_WRITTEN;
}

static int delete_rule(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;

	(void)ret_output; /* {} */
	if (event_name_check(call, "name", input->name) < 0)
		return -1;
	call_write(call, write_rule, (void *)(uintptr_t)input);
	return 0;
}

const struct operation op_events_delete_rule = {
	.service = "events",
	.name = "DeleteRule",
	.shape = &shape,
	.handler = delete_rule,
	.shape_error = "ValidationException",
	.snapshot = true,
};
