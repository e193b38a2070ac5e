/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListRules: the rules of a bus by name, a page at a time.
 */
#include "gateway/api_table.h"
#include "gateway/events/events_page.h"
#include "gateway/events/rule_json.h"
#include "gateway/json_out.h"

struct input {
	const char *prefix, *bus;
	struct events_page_input page;
};
static const struct shape_field fields[] = {
	TEXT(struct input, prefix, "NamePrefix", 1, EVENT_NAME_MAX, 0),
	TEXT(struct input, bus, "EventBusName", 1, EVENT_BUS_GIVEN_MAX, 0),
	EVENTS_PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int list_rules(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *list = out_list();
	struct event_rule_record *rules;
	struct events_page page;
	struct event_bus bus;
	struct err err = ERR_INIT;
	size_t count;

	out_put(output, "Rules", list);
	if (events_page_begin(call, &input->page, "ListRules", &page) < 0 ||
	    event_bus_require(call, input->bus, &bus) < 0)
		return -1;
	if (event_rule_list(call->state, call->caller.account, bus.name,
			    input->prefix ? input->prefix : "", page.after, page.size + 1,
			    call->arena, &rules, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > page.size) {
		count = page.size;
		if (events_page_more(call, &page, rules[count - 1].key.name, output) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++)
		out_push(list, event_rule_json(call, &rules[i]));
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_events_list_rules = {
	.service = "events",
	.name = "ListRules",
	.shape = &shape,
	.handler = list_rules,
	.shape_error = "ValidationException",
	.snapshot = true,
};
