/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListEventBuses: by name, a page at a time.
 */
#include "gateway/api_table.h"
#include "gateway/events/bus_json.h"
#include "gateway/events/events_page.h"
#include "gateway/json_out.h"

struct input {
	const char *prefix;
	struct events_page_input page;
};
static const struct shape_field fields[] = {
	TEXT(struct input, prefix, "NamePrefix", 1, EVENT_BUS_NAME_MAX, 0),
	EVENTS_PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int list_event_buses(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *list = out_list();
	struct event_bus *buses;
	struct events_page page;
	struct err err = ERR_INIT;
	size_t count;

	out_put(output, "EventBuses", list);
	if (events_page_begin(call, &input->page, "ListEventBuses", &page) < 0)
		return -1;
	if (event_bus_list(call->state, call->caller.account, input->prefix ? input->prefix : "",
			   page.after, page.size + 1, call->arena, &buses, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > page.size) {
		count = page.size;
		if (events_page_more(call, &page, buses[count - 1].name, output) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++)
		out_push(list, event_bus_json(call, &buses[i]));
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_events_list_event_buses = {
	.service = "events",
	.name = "ListEventBuses",
	.shape = &shape,
	.handler = list_event_buses,
	.shape_error = "ValidationException",
	.snapshot = true,
};
