/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListConnections: by name, a page at a time.
 */
#include "gateway/api_table.h"
#include "gateway/events/connection_call.h"
#include "gateway/events/events_page.h"
#include "gateway/json_out.h"

static const char *const states[] = {
	"CREATING",    "UPDATING",	"DELETING", "AUTHORIZED",	   "DEAUTHORIZED",
	"AUTHORIZING", "DEAUTHORIZING", "ACTIVE",   "FAILED_CONNECTIVITY", NULL};

struct input {
	const char *prefix;
	int state;
	struct events_page_input page;
};
static const struct shape_field fields[] = {
	TEXT(struct input, prefix, "NamePrefix", 1, EVENT_NAME_MAX, 0),
	WORD(struct input, state, "ConnectionState", states, 0),
	EVENTS_PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static json_t *connection_json(const struct call *call, const struct event_connection *connection)
{
	json_t *object = event_connection_json(call, connection);

	out_text(object, "Name", connection->name);
	out_text(object, "StateReason", connection->reason);
	out_text(object, "AuthorizationType", connection->kind);
	return object;
}

static int list_connections(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *list = out_list();
	struct event_connection *connections;
	struct events_page page;
	struct err err = ERR_INIT;
	size_t count;

	out_put(output, "Connections", list);
	if (events_page_begin(call, &input->page, "ListConnections", &page) < 0)
		return -1;
	if (event_connection_list(call->state, call->caller.account,
				  input->prefix ? input->prefix : "",
				  input->state < 0 ? NULL : states[input->state], page.after,
				  page.size + 1, call->arena, &connections, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > page.size) {
		count = page.size;
		if (events_page_more(call, &page, connections[count - 1].name, output) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++)
		out_push(list, connection_json(call, &connections[i]));
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_events_list_connections = {
	.service = "events",
	.name = "ListConnections",
	.shape = &shape,
	.handler = list_connections,
	.shape_error = "ValidationException",
	.snapshot = true,
};
