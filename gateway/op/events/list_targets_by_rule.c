/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListTargetsByRule: the targets as they were put, by id, a page at a time.
 */
#include "gateway/api_table.h"
#include "gateway/events/bus_name.h"
#include "gateway/events/events_page.h"
#include "gateway/json_out.h"

struct input {
	const char *rule, *bus;
	struct events_page_input page;
};
static const struct shape_field fields[] = {
	TEXT(struct input, rule, "Rule", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct input, bus, "EventBusName", 1, EVENT_BUS_GIVEN_MAX, 0),
	EVENTS_PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int list_targets_by_rule(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *list = out_list();
	struct event_target_record *targets;
	struct event_rule_record rule;
	struct events_page page;
	struct err err = ERR_INIT;
	size_t count;

	out_put(output, "Targets", list);
	if (events_page_begin(call, &input->page, "ListTargetsByRule", &page) < 0 ||
	    event_rule_require(call, input->bus, input->rule, &rule) < 0)
		return -1;
	if (event_target_list(call->state, &rule.key, page.after, page.size + 1, call->arena,
			      &targets, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > page.size) {
		count = page.size;
		if (events_page_more(call, &page, targets[count - 1].id, output) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++)
		out_push(list, out_stored_object(targets[i].body));
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_events_list_targets_by_rule = {
	.service = "events",
	.name = "ListTargetsByRule",
	.shape = &shape,
	.handler = list_targets_by_rule,
	.shape_error = "ValidationException",
	.snapshot = true,
};
