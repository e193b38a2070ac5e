/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListApiDestinations: by name, a page at a time.
 */
#include "gateway/api_table.h"
#include "gateway/events/connection_call.h"
#include "gateway/events/events_page.h"
#include "gateway/json_out.h"

struct input {
	const char *prefix, *connection;
	struct events_page_input page;
};
static const struct shape_field fields[] = {
	TEXT(struct input, prefix, "NamePrefix", 1, EVENT_NAME_MAX, 0),
	TEXT(struct input, connection, "ConnectionArn", 1, EVENT_BUS_GIVEN_MAX, 0),
	EVENTS_PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int list_api_destinations(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *list = out_list();
	struct event_api_destination *destinations;
	struct events_page page;
	struct err err = ERR_INIT;
	size_t count;

	out_put(output, "ApiDestinations", list);
	if (events_page_begin(call, &input->page, "ListApiDestinations", &page) < 0)
		return -1;
	if (event_api_destination_list(call->state, call->caller.account,
				       input->prefix ? input->prefix : "", input->connection,
				       page.after, page.size + 1, call->arena, &destinations,
				       &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > page.size) {
		count = page.size;
		if (events_page_more(call, &page, destinations[count - 1].name, output) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++)
		out_push(list, event_destination_json(call, &destinations[i]));
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_events_list_api_destinations = {
	.service = "events",
	.name = "ListApiDestinations",
	.shape = &shape,
	.handler = list_api_destinations,
	.shape_error = "ValidationException",
	.snapshot = true,
};
