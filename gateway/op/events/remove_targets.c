/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RemoveTargets: ids that the rule does not have are removed already. Force is for rules that
 * services manage, of which there are none.
 */
#include "gateway/api_table.h"
#include "gateway/events/bus_name.h"
#include "gateway/json_out.h"

struct input {
	const char *rule, *bus;
	struct shape_list ids; /* texts */
	bool force;
};
static const struct shape_field fields[] = {
	TEXT(struct input, rule, "Rule", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct input, bus, "EventBusName", 1, EVENT_BUS_GIVEN_MAX, 0),
	TEXTS(struct input, ids, "Ids", 1, 100, SHAPE_REQUIRED),
	BOOL(struct input, force, "Force", 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static enum call_written write_targets(struct call *call, void *ctx)
{
	const struct input *input = ctx;
	const char *const *ids = input->ids.items;
	struct event_rule_record rule;
	struct err err = ERR_INIT;

	if (event_rule_require(call, input->bus, input->rule, &rule) < 0)
		return CALL_REFUSED;
	for (size_t i = 0; i < input->ids.count; i++) {
		if (event_target_remove(call->state, &rule.key, ids[i], &err) < 0) {
			call_set_server_error(call, &err);
			return CALL_REFUSED;
		}
	}
	return CALL_WRITTEN;
}

static int remove_targets(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	const char *const *ids = input->ids.items;
	json_t *output;

	for (size_t i = 0; i < input->ids.count; i++) {
		if (event_name_check(call, "ids", ids[i]) < 0)
			return -1;
	}
	call_write(call, write_targets, (void *)(uintptr_t)input);
	output = out_object();
	out_int(output, "FailedEntryCount", 0);
	out_put(output, "FailedEntries", out_list());
	*ret_output = output;
	return 0;
}

const struct operation op_events_remove_targets = {
	.service = "events",
	.name = "RemoveTargets",
	.shape = &shape,
	.handler = remove_targets,
	.shape_error = "ValidationException",
	.snapshot = true,
};
