/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TestEventPattern: whether an event, which must have what all events have, matches a pattern.
 * It asks a machine of one rule, which is what a bus would ask.
 */
#include <string.h>

#include "events/event.h"
#include "events/json_text.h"
#include "events/machine.h"
#include "gateway/api_table.h"
#include "gateway/json_out.h"

#define PATTERN_MAX 4096

struct input {
	const char *pattern, *event;
};
static const struct shape_field fields[] = {
	TEXT(struct input, pattern, "EventPattern", 0, PATTERN_MAX, SHAPE_REQUIRED),
	TEXT(struct input, event, "Event", 0, 0, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int fail_event(struct call *call, const char *reason)
{
	return call_fail(call, "ValidationException",
			 "Parameter Event is not valid. Reason: %.512s.", reason);
}

static int check_event(struct call *call, const char *text, struct buf *event)
{
	static const char *const wanted[] = {"id",     "account",   "source",	  "time",
					     "region", "resources", "detail-type"};
	struct err err = ERR_INIT;

	if (json_text_minify(text, strlen(text), event, &err) < 0)
		return fail_event(call, err.text);
	const struct json_slice whole = {(const char *)event->data, event->len};

	if (json_slice_kind(whole) != '{')
		return fail_event(call, "it must be a JSON object");
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		struct json_slice value;

		if (!json_slice_member(whole, wanted[i], &value))
			return call_fail(call, "ValidationException",
					 "Parameter Event is not valid. Reason: %s is a required "
					 "member of an event.",
					 wanted[i]);
	}
	return 0;
}

static int match(struct call *call, const struct input *input, const struct buf *event,
		 bool *ret_match)
{
	AUTO(event_pattern_freep) struct event_pattern *pattern = NULL;
	AUTO(event_machine_unrefp) struct event_machine *machine = NULL;
	AUTO(event_match_freep) struct event_match *room = event_match_new();
	struct event_rule rule = {.name = "it"};
	struct err err = ERR_INIT;
	const char *const *names;
	size_t count;

	if (event_pattern_new(input->pattern, strlen(input->pattern), &pattern, &err) < 0)
		return call_fail(call, "InvalidEventPatternException", "%s", err.text);
	rule.pattern = pattern;
	if (event_machine_new(&rule, 1, &machine, &err) < 0)
		return call_fail(call, "InvalidEventPatternException", "%s", err.text);
	if (event_machine_match(machine, room, (const char *)event->data, event->len, &names,
				&count, &err) < 0)
		return fail_event(call, err.text);
	*ret_match = count > 0;
	return 0;
}

static int test_event_pattern(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(buf_done) struct buf event;
	bool matches;

	buf_init(&event, EVENT_TEXT_MAX);
	if (check_event(call, input->event, &event) < 0 || match(call, input, &event, &matches) < 0)
		return -1;
	*ret_output = out_object();
	out_bool(*ret_output, "Result", matches);
	return 0;
}

const struct operation op_events_test_event_pattern = {
	.service = "events",
	.name = "TestEventPattern",
	.shape = &shape,
	.handler = test_event_pattern,
	.shape_error = "ValidationException",
	.snapshot = true,
};
