/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListArchives: by name, a page at a time. All are enabled.
 */
#include "gateway/api_table.h"
#include "gateway/events/archive_call.h"
#include "gateway/events/events_page.h"
#include "gateway/json_out.h"

static const char *const states[] = {"ENABLED",	      "DISABLED",      "CREATING", "UPDATING",
				     "CREATE_FAILED", "UPDATE_FAILED", NULL};
enum { STATE_ENABLED };

struct input {
	const char *prefix, *source;
	int state;
	struct events_page_input page;
};
static const struct shape_field fields[] = {
	TEXT(struct input, prefix, "NamePrefix", 1, EVENT_ARCHIVE_NAME_MAX, 0),
	TEXT(struct input, source, "EventSourceArn", 1, EVENT_BUS_GIVEN_MAX, 0),
	WORD(struct input, state, "State", states, 0),
	EVENTS_PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int list(struct call *call, const struct input *input, const char *bus, json_t *output)
{
	json_t *list = json_object_get(output, "Archives");
	struct event_archive *archives;
	struct events_page page;
	struct err err = ERR_INIT;
	size_t count;

	if (events_page_begin(call, &input->page, "ListArchives", &page) < 0)
		return -1;
	if (event_archive_list(call->state, call->caller.account, bus,
			       input->prefix ? input->prefix : "", page.after, page.size + 1,
			       call->arena, &archives, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > page.size) {
		count = page.size;
		if (events_page_more(call, &page, archives[count - 1].name, output) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++)
		out_push(list, event_archive_json(call, &archives[i]));
	return 0;
}

static int list_archives(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	const char *bus = NULL;

	out_put(output, "Archives", out_list());
	if (event_one_filter(call, "ListArchives", input->prefix != NULL, input->source != NULL,
			     input->state >= 0) < 0 ||
	    (input->source && event_bus_of_arn(call, "EventSourceArn", input->source, &bus) < 0))
		return -1;
	if (input->state <= STATE_ENABLED && list(call, input, bus, output) < 0)
		return -1;
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_events_list_archives = {
	.service = "events",
	.name = "ListArchives",
	.shape = &shape,
	.handler = list_archives,
	.shape_error = "ValidationException",
	.snapshot = true,
};
