/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PutRule: a new rule, or all of one that is there: what the request leaves out is gone, but its
 * targets and tags stay. A schedule that is given again as it was goes on where it is, so that
 * who puts his rules again and again does not put their times off.
 */
#include <string.h>

#include "events/pattern.h"
#include "events/schedule.h"
#include "gateway/api_table.h"
#include "gateway/events/bus_name.h"
#include "gateway/events/hub.h"
#include "gateway/events/made_event.h"
#include "gateway/events/order.h"
#include "gateway/events/rule_schedule.h"
#include "gateway/events/tags.h"
#include "gateway/json_out.h"

#define RULES_MAX 300 /* of a bus; the API's quota */

static const char *const states[] = {"ENABLED", "DISABLED",
				     "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", NULL};
enum { STATE_ENABLED, STATE_DISABLED, STATE_CLOUDTRAIL };

struct input {
	const char *name, *schedule, *pattern, *description, *role, *bus;
	int state;
	struct shape_list tags; /* struct tag */
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct input, schedule, "ScheduleExpression", 0, SCHEDULE_TEXT_MAX, 0),
	TEXT(struct input, pattern, "EventPattern", 0, EVENT_PATTERN_GIVEN_MAX, 0),
	WORD(struct input, state, "State", states, 0),
	TEXT(struct input, description, "Description", 0, EVENT_DESCRIPTION_MAX, 0),
	TEXT(struct input, role, "RoleArn", 1, 1600, 0),
	LIST(struct input, tags, "Tags", &event_tag_shape, 0, 0, 0),
	TEXT(struct input, bus, "EventBusName", 1, EVENT_BUS_GIVEN_MAX, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

struct put {
	const struct input *input;
	struct event_rule_record rule;
};

/* What of the rule before stays; fails where a new one is one too many. */
static int look_before(struct call *call, struct event_rule_record *rule, bool *ret_new)
{
	struct event_rule_record before;
	struct err err = ERR_INIT;
	int64_t count;

	*ret_new = false;
	if (event_rule_find(call->state, &rule->key, call->arena, &before, &err) == 0) {
		if (rule->schedule && before.schedule &&
		    strcmp(rule->schedule, before.schedule) == 0)
			rule->based_ms = before.based_ms;
		return 0;
	}
	if (err.code != ERR_NOT_FOUND)
		return call_fail_server(call, &err);
	*ret_new = true;
	if (event_rule_count(call->state, rule->key.account, rule->key.bus, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count >= RULES_MAX)
		return call_fail(call, "LimitExceededException",
				 "The requested resource exceeds the maximum number allowed.");
	return 0;
}

static enum call_written write_rule(struct call *call, void *ctx)
{
	struct put *put = ctx;
	struct event_rule_record rule = put->rule;
	struct err err = ERR_INIT;
	struct event_bus bus;
	bool is_new;

	if (event_bus_require(call, rule.key.bus, &bus) < 0 ||
	    look_before(call, &rule, &is_new) < 0)
		return CALL_REFUSED;
	if (event_rule_next(&rule, call->now_ms, &rule.due_ms, &err) < 0 ||
	    event_rule_put(call->state, &rule, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (is_new && event_tags_put(call, event_rule_arn(call, bus.name, rule.key.name).text,
				     &put->input->tags) < 0)
		return CALL_REFUSED;
	if (rule.due_ms > 0)
		event_hub_stir();
	return CALL_WRITTEN;
}

static int check_schedule(struct call *call, const char *text, const char *bus)
{
	struct schedule schedule;
	struct err err = ERR_INIT;

	if (schedule_check_bus(bus, &err) < 0 ||
	    schedule_parse(text, SCHEDULE_OF_RULE, &schedule, &err) < 0)
		return call_fail(call, "ValidationException", "%s", err.text);
	return 0;
}

static int check_pattern(struct call *call, const char *text, bool *ret_ignores_tasks)
{
	AUTO(event_pattern_freep) struct event_pattern *pattern = NULL;

	if (event_pattern_read(call, text, &pattern) < 0)
		return -1;
	*ret_ignores_tasks = !event_pattern_may_want(pattern, EVENT_SOURCE_ECS) &&
			     !event_pattern_may_want(pattern, EVENT_SOURCE_SLIPWAY);
	return 0;
}

static int check(struct call *call, const struct input *input, const char *bus,
		 bool *ret_ignores_tasks)
{
	*ret_ignores_tasks = false;
	if (event_name_check(call, "name", input->name) < 0)
		return -1;
	if (!shape_given(input->pattern) && !shape_given(input->schedule))
		return call_fail(call, "ValidationException",
				 "Parameter(s) EventPattern or ScheduleExpression must be "
				 "specified.");
	if (input->state == STATE_CLOUDTRAIL)
		return call_fail(call, "ValidationException",
				 "State %s is not supported by this Slipway yet.",
				 states[STATE_CLOUDTRAIL]);
	if (shape_given(input->pattern) &&
	    check_pattern(call, input->pattern, ret_ignores_tasks) < 0)
		return -1;
	if (shape_given(input->schedule) && check_schedule(call, input->schedule, bus) < 0)
		return -1;
	if (event_tags_check(call, &input->tags) < 0)
		return -1;
	return event_order_check(call, &input->tags, true);
}

static int put_rule(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct put *put = arena_alloc(call->arena, sizeof(*put));
	bool ignores_tasks;
	const char *bus;
	json_t *output;

	if (!put)
		return call_fail(call, "ValidationException", "The request is too large.");
	if (event_bus_name(call, input->bus, &bus) < 0 ||
	    check(call, input, bus, &ignores_tasks) < 0)
		return -1;
	put->input = input;
	put->rule = (struct event_rule_record){
		.key = {call->caller.account, bus, input->name},
		.pattern = shape_given(input->pattern) ? input->pattern : NULL,
		.schedule = shape_given(input->schedule) ? input->schedule : NULL,
		.enabled = input->state != STATE_DISABLED,
		.ignores_tasks = ignores_tasks,
		.description = input->description ? input->description : "",
		.role = input->role ? input->role : "",
		.based_ms = call->now_ms,
	};
	call_write(call, write_rule, put);
	output = out_object();
	out_text(output, "RuleArn", event_rule_arn(call, bus, input->name).text);
	*ret_output = output;
	return 0;
}

const struct operation op_events_put_rule = {
	.service = "events",
	.name = "PutRule",
	.shape = &shape,
	.handler = put_rule,
	.shape_error = "ValidationException",
	.snapshot = true,
};
