/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListReplays: by name, a page at a time.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/events/archive_call.h"
#include "gateway/events/events_page.h"
#include "gateway/json_out.h"

#define AS_WORD(name, ended) #name,
static const char *const states[] = {EVENT_REPLAY_STATES(AS_WORD) NULL};

struct input {
	const char *prefix, *source;
	int state;
	struct events_page_input page;
};
static const struct shape_field fields[] = {
	TEXT(struct input, prefix, "NamePrefix", 1, EVENT_NAME_MAX, 0),
	TEXT(struct input, source, "EventSourceArn", 1, EVENT_BUS_GIVEN_MAX, 0),
	WORD(struct input, state, "State", states, 0),
	EVENTS_PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

/* Replays outlive their archives, so what the ARN names need not be there. */
static int make_filter(struct call *call, const struct input *input,
		       struct event_replay_filter *ret_filter)
{
	struct event_arn prefix = event_archive_arn(call, "");
	size_t len = strlen(prefix.text);

	if (event_one_filter(call, "ListReplays", input->prefix != NULL, input->source != NULL,
			     input->state >= 0) < 0)
		return -1;
	if (input->source && strncmp(input->source, prefix.text, len) != 0)
		return call_fail(call, "ValidationException",
				 "Parameter EventSourceArn is not valid. Reason: Must contain an "
				 "archive ARN.");
	*ret_filter = (struct event_replay_filter){
		.prefix = input->prefix,
		.archive_name = input->source ? input->source + len : NULL,
		.state = input->state < 0 ? EVENT_REPLAY_STATE_COUNT
					  : (enum event_replay_state)input->state,
	};
	return 0;
}

static int list_replays(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *list = out_list();
	struct event_replay_filter filter;
	struct event_replay *replays;
	struct events_page page;
	struct err err = ERR_INIT;
	size_t count;

	out_put(output, "Replays", list);
	if (make_filter(call, input, &filter) < 0 ||
	    events_page_begin(call, &input->page, "ListReplays", &page) < 0)
		return -1;
	if (event_replay_list(call->state, call->caller.account, &filter, page.after, page.size + 1,
			      call->arena, &replays, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > page.size) {
		count = page.size;
		if (events_page_more(call, &page, replays[count - 1].name, output) < 0)
			return -1;
	}
	for (size_t i = 0; i < count; i++)
		out_push(list, event_replay_json(call, &replays[i]));
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_events_list_replays = {
	.service = "events",
	.name = "ListReplays",
	.shape = &shape,
	.handler = list_replays,
	.shape_error = "ValidationException",
	.snapshot = true,
};
