/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PutEvents: each entry is an event of its bus or an error of its own. What is answered with an
 * id is durable, with a delivery for each target of each rule that it matches. As the service
 * does, an event for a bus that does not exist is answered with an id, and nobody gets it.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/ident.h"
#include "core/log.h"
#include "events/event.h"
#include "gateway/api_table.h"
#include "gateway/events/accept.h"
#include "gateway/events/bus_name.h"
#include "gateway/events/room.h"
#include "gateway/json_out.h"

/* The service's own limit; larger events come by other ways. */
#define ENTRIES_SIZE_MAX (256u * 1024)

struct entry_input {
	const char *source, *detail_type, *detail, *bus;
	struct shape_list resources; /* texts */
	double time;		     /* seconds since 1970 */
	bool timed;
};
static const struct shape_field entry_fields[] = {
	{.name = "Time",
	 .type = SHAPE_REAL,
	 .flags = SHAPE_SEEN,
	 .offset = offsetof(struct entry_input, time),
	 .present_offset = offsetof(struct entry_input, timed)},
	TEXT(struct entry_input, source, "Source", 0, 0, 0),
	TEXT(struct entry_input, detail_type, "DetailType", 0, 0, 0),
	TEXT(struct entry_input, detail, "Detail", 0, 0, 0),
	TEXTS(struct entry_input, resources, "Resources", 0, 0, 0),
	TEXT(struct entry_input, bus, "EventBusName", 1, EVENT_BUS_GIVEN_MAX, 0),
	REFUSED("TraceHeader"),
};
static const struct shape entry_shape = SHAPE_OF(struct entry_input, entry_fields);

struct input {
	struct shape_list entries; /* struct entry_input */
};
static const struct shape_field fields[] = {
	LIST(struct input, entries, "Entries", &entry_shape, 1, REQUEST_BODY_MAX, SHAPE_REQUIRED),
	REFUSED("EndpointId"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

/* Those that were accepted and that somebody wants. */
struct accepted {
	struct event_entering entering[EVENT_ENTRIES_MAX];
	size_t count;
	int64_t depth; /* of all */
	bool room;     /* for more */
};

static enum call_written write_events(struct call *call, void *ctx)
{
	const struct accepted *accepted = ctx;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < accepted->count; i++) {
		if (event_enter_write(call->state, &accepted->entering[i], &err) == 0)
			continue;
		if (err.code == ERR_CONFLICT)
			return CALL_OUTDATED;
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	return CALL_WRITTEN;
}

static json_t *refusal_json(const char *code, const char *text)
{
	json_t *object = out_object();

	out_text(object, "ErrorCode", code);
	out_text(object, "ErrorMessage", text);
	return object;
}

static struct event_entry entry_of(const struct entry_input *input)
{
	double ms = floor(input->time * 1000);
	struct event_entry entry = {
		.source = input->source,
		.detail_type = input->detail_type,
		.detail = input->detail,
		.resources = input->resources.items,
		.resource_count = input->resources.count,
		.timed = input->timed,
		.time_ms = -1, /* before 1970: what no event may have */
	};

	if (ms >= 0 && ms < 1e15)
		entry.time_ms = (int64_t)ms;
	return entry;
}

/* The envelope, in the arena. */
static int make_event(struct call *call, const struct event_entry *entry, const char *id,
		      const char **ret_body)
{
	const struct event_place place = {.id = id,
					  .account = call->caller.account,
					  .region = call->options->region,
					  .now_ms = call->now_ms};
	AUTO(buf_done) struct buf body;
	struct err err = ERR_INIT;

	buf_init(&body, EVENT_TEXT_MAX);
	if (event_make(entry, &place, &body, &err) < 0)
		return call_fail_server(call, &err);
	*ret_body = arena_strndup(call->arena, (const char *)body.data, body.len);
	if (!*ret_body)
		return call_fail(call, "ValidationException", "The request is too large.");
	return 0;
}

/* Match it; what its rules cannot do with it is the entry's error. */
static int enter(struct call *call, const char *bus, const char *id, const char *body,
		 struct accepted *accepted, json_t **ret_entry)
{
	struct event_entering *entering = &accepted->entering[accepted->count];
	struct err err = ERR_INIT;

	*entering = (struct event_entering){.event = {.account = call->caller.account,
						      .bus = bus,
						      .id = id,
						      .received_ms = call->now_ms,
						      .body = body,
						      .depth = accepted->depth}};
	if (event_enter_match(call->options->events, call->state, call->arena, entering, &err) <
	    0) {
		if (err.code != ERR_LIMIT && err.code != ERR_INVALID)
			return call_fail_server(call, &err);
		*ret_entry = refusal_json("InvalidArgument", err.text);
		return 0;
	}
	if (!event_enter_is_empty(entering))
		accepted->count++;
	*ret_entry = out_object();
	out_text(*ret_entry, "EventId", id);
	return 0;
}

static int take_entry(struct call *call, const struct entry_input *input, struct accepted *accepted,
		      json_t **ret_entry)
{
	const struct event_entry entry = entry_of(input);
	enum event_refusal refusal = event_entry_check(&entry);
	char *id = arena_alloc(call->arena, IDENT_UUID_SIZE);
	struct err err = ERR_INIT;
	struct event_bus bus;
	const char *name;
	const char *body;

	if (refusal != EVENT_REFUSED_NONE) {
		*ret_entry = refusal_json(event_refusal_code(refusal), event_refusal_text(refusal));
		return 0;
	}
	if (!accepted->room) {
		*ret_entry = refusal_json(EVENT_NO_ROOM_CODE, EVENT_NO_ROOM);
		return 0;
	}
	if (!id)
		return call_fail(call, "ValidationException", "The request is too large.");
	ident_uuid(id);
	if (event_bus_name(call, input->bus, &name) < 0)
		name = ""; /* no bus has that name */
	if (event_bus_find(call->state, call->caller.account, name, call->arena, &bus, &err) < 0) {
		if (err.code != ERR_NOT_FOUND)
			return call_fail_server(call, &err);
		log_warn("event for no bus account=%s event=%s", call->caller.account, id);
		*ret_entry = out_object();
		out_text(*ret_entry, "EventId", id);
		return 0;
	}
	if (make_event(call, &entry, id, &body) < 0)
		return -1;
	return enter(call, bus.name, id, body, accepted, ret_entry);
}

static int check(struct call *call, const struct input *input)
{
	const struct entry_input *items = input->entries.items;
	struct event_entry entries[EVENT_ENTRIES_MAX];
	struct err err = ERR_INIT;

	if (input->entries.count > EVENT_ENTRIES_MAX)
		return call_fail(call, "ValidationException",
				 "1 validation error detected: Value '[%zu PutEventsRequestEntry]' "
				 "at 'entries' failed to satisfy constraint: Member must have "
				 "length less than or equal to %d",
				 input->entries.count, EVENT_ENTRIES_MAX);
	for (size_t i = 0; i < input->entries.count; i++)
		entries[i] = entry_of(&items[i]);
	if (event_entries_fit(entries, input->entries.count, ENTRIES_SIZE_MAX, &err) < 0)
		return call_fail(call, "ValidationException", "%s", err.text);
	return 0;
}

static int put_events(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	const struct entry_input *items = input->entries.items;
	AUTO(json_decrefp) json_t *output = out_object();
	struct accepted *accepted = arena_alloc(call->arena, sizeof(*accepted));
	json_t *list = out_list();
	struct err err = ERR_INIT;
	int64_t failed = 0;

	out_put(output, "Entries", list);
	if (!accepted)
		return call_fail(call, "ValidationException", "The request is too large.");
	if (check(call, input) < 0 || event_enter_depth(call, &accepted->depth) < 0)
		return -1;
	if (event_room_find(call->options, call->state, call->caller.account, &accepted->room,
			    &err) < 0)
		return call_fail_server(call, &err);
	for (size_t i = 0; i < input->entries.count; i++) {
		json_t *entry;

		if (take_entry(call, &items[i], accepted, &entry) < 0)
			return -1;
		failed += json_object_get(entry, "ErrorCode") != NULL;
		out_push(list, entry);
	}
	out_int(output, "FailedEntryCount", failed);
	if (accepted->count > 0)
		call_write(call, write_events, accepted);
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_events_put_events = {
	.service = "events",
	.name = "PutEvents",
	.shape = &shape,
	.handler = put_events,
	.shape_error = "ValidationException",
	.snapshot = true,
};
