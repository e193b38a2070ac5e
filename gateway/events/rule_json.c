/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rule is shown as it was put. Its schedule's times go on counting from where they did while
 * it is disabled.
 */
#include "gateway/events/rule_json.h"

#include "gateway/events/hub.h"
#include "gateway/events/rule_schedule.h"
#include "gateway/json_out.h"

static const struct shape_field fields[] = {
	TEXT(struct event_rule_input, name, "Name", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct event_rule_input, bus, "EventBusName", 1, EVENT_BUS_GIVEN_MAX, 0),
};
const struct shape event_rule_input_shape = SHAPE_OF(struct event_rule_input, fields);

json_t *event_rule_json(const struct call *call, const struct event_rule_record *rule)
{
	json_t *object = out_object();

	out_text(object, "Name", rule->key.name);
	out_text(object, "Arn", event_rule_arn(call, rule->key.bus, rule->key.name).text);
	out_text(object, "EventPattern", rule->pattern);
	out_text(object, "ScheduleExpression", rule->schedule);
	out_text(object, "State", rule->enabled ? "ENABLED" : "DISABLED");
	out_text(object, "Description", rule->description);
	out_text(object, "RoleArn", rule->role);
	out_text(object, "EventBusName", rule->key.bus);
	return object;
}

enum call_written event_rule_switch(struct call *call, const struct event_rule_input *input,
				    bool enabled)
{
	struct event_rule_record rule;
	struct err err = ERR_INIT;

	if (event_rule_require(call, input->bus, input->name, &rule) < 0)
		return CALL_REFUSED;
	if (rule.enabled == enabled)
		return CALL_WRITTEN;
	rule.enabled = enabled;
	if (event_rule_next(&rule, call->now_ms, &rule.due_ms, &err) < 0 ||
	    event_rule_put(call->state, &rule, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (rule.due_ms > 0)
		event_hub_stir();
	return CALL_WRITTEN;
}
