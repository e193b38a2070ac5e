/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListRuleNamesByTarget: which rules of a bus have a target with exactly this ARN.
 */
#include "gateway/api_table.h"
#include "gateway/events/bus_name.h"
#include "gateway/events/events_page.h"
#include "gateway/json_out.h"

struct input {
	const char *arn, *bus;
	struct events_page_input page;
};
static const struct shape_field fields[] = {
	TEXT(struct input, arn, "TargetArn", 1, 1600, SHAPE_REQUIRED),
	TEXT(struct input, bus, "EventBusName", 1, EVENT_BUS_GIVEN_MAX, 0),
	EVENTS_PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int list_rule_names_by_target(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *list = out_list();
	struct events_page page;
	struct event_bus bus;
	struct err err = ERR_INIT;
	const char **names;
	size_t count;

	out_put(output, "RuleNames", list);
	if (events_page_begin(call, &input->page, "ListRuleNamesByTarget", &page) < 0 ||
	    event_bus_require(call, input->bus, &bus) < 0)
		return -1;
	if (event_target_rules(call->state, call->caller.account, bus.name, input->arn, page.after,
			       page.size + 1, call->arena, &names, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > page.size) {
		count = page.size;
		if (events_page_more(call, &page, names[count - 1], output) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++)
		out_push(list, out_string(names[i]));
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_events_list_rule_names_by_target = {
	.service = "events",
	.name = "ListRuleNamesByTarget",
	.shape = &shape,
	.handler = list_rule_names_by_target,
	.shape_error = "ValidationException",
	.snapshot = true,
};
