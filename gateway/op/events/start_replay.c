/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StartReplay: what an archive has from a time to another goes to the rules of its bus again, or
 * to some of them. What the archive gets later is not part of it. The thread of events does it
 * (gateway/events/replay.h).
 */
#include <math.h>
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/events/archive_call.h"
#include "gateway/events/hub.h"
#include "gateway/json_out.h"

#define RUNNING_MAX 10	/* of an account; the API's quota */
#define FILTERS_MAX 300 /* as many rules as a bus may have */
#define SECONDS_MAX 1e12

struct destination {
	const char *arn;
	struct shape_list filters; /* texts */
	json_t *filters_json;
};
struct input {
	const char *name, *description, *source;
	double from, to; /* seconds since 1970 */
	bool has_from, has_to;
	struct destination destination;
};
#define TIME(s, f, seen, n)                                                                        \
	{                                                                                          \
		.name = n, .type = SHAPE_REAL, .flags = SHAPE_REQUIRED | SHAPE_SEEN,               \
		.offset = offsetof(s, f), .present_offset = offsetof(s, seen)                      \
	}
static const struct shape_field destination_fields[] = {
	TEXT(struct destination, arn, "Arn", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
	TEXTS(struct destination, filters, "FilterArns", 0, FILTERS_MAX, 0),
	JSON(struct destination, filters_json, "FilterArns", 0),
};
static const struct shape destination_shape = SHAPE_OF(struct destination, destination_fields);
static const struct shape_field fields[] = {
	TEXT(struct input, name, "ReplayName", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct input, description, "Description", 0, EVENT_DESCRIPTION_MAX, 0),
	TEXT(struct input, source, "EventSourceArn", 1, EVENT_BUS_GIVEN_MAX, SHAPE_REQUIRED),
	TIME(struct input, from, has_from, "EventStartTime"),
	TIME(struct input, to, has_to, "EventEndTime"),
	OBJECT(struct input, destination, "Destination", &destination_shape, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int find_archive(struct call *call, const char *arn, struct event_replay *replay)
{
	struct event_archive archive;

	if (event_archive_of_arn(call, arn, &archive) < 0)
		return -1;
	if (strcmp(archive.bus, replay->bus) != 0)
		return call_fail(call, "ValidationException",
				 "Parameter Destination.Arn is not valid. Reason: Cross event bus "
				 "replay is not permitted.");
	replay->archive = archive.number;
	replay->archive_name = archive.name;
	return 0;
}

static enum call_written write_replay(struct call *call, void *ctx)
{
	struct event_replay *replay = ctx;
	struct event_replay *running;
	struct err err = ERR_INIT;
	struct event_archive archive;
	size_t count;

	if (event_archive_require(call, replay->archive_name, &archive) < 0)
		return CALL_REFUSED;
	if (event_archive_newest(call->state, &replay->until_number, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (event_replay_create(call->state, replay, &err) < 0) {
		if (err.code == ERR_EXISTS)
			call_set_error(call, "ResourceAlreadyExistsException",
				       "Replay %s already exists.", replay->name);
		else
			call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (event_replays_running(call->state, replay->account, call->arena, &running, &count,
				  &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	if (count > RUNNING_MAX) {
		call_set_error(call, "LimitExceededException",
			       "The requested resource exceeds the maximum number allowed.");
		return CALL_REFUSED;
	}
	event_hub_stir();
	return CALL_WRITTEN;
}

/* A filter is a rule of the bus; that it exists is not asked, as rules come and go. */
static int check_filters(struct call *call, const struct destination *destination, const char *bus)
{
	const char *const *arns = destination->filters.items;
	struct event_arn prefix = event_rule_arn(call, bus, "");
	size_t len = strlen(prefix.text);

	for (size_t i = 0; i < destination->filters.count; i++) {
		if (strncmp(arns[i], prefix.text, len) != 0 || !event_name_ok(arns[i] + len))
			return call_fail(call, "ValidationException",
					 "Parameter Destination.FilterArns is not valid. Reason: "
					 "%.512s is not the ARN of a rule of event bus %s.",
					 arns[i], bus);
	}
	return 0;
}

static int64_t ms_of(double seconds)
{
	if (!(seconds > -SECONDS_MAX))
		return INT64_MIN / 2;
	return seconds < SECONDS_MAX ? (int64_t)floor(seconds * 1000) : INT64_MAX / 2;
}

static int check(struct call *call, const struct input *input, struct event_replay *replay)
{
	if (event_name_check(call, "replayName", input->name) < 0 ||
	    event_bus_of_arn(call, "Destination.Arn", input->destination.arn, &replay->bus) < 0 ||
	    find_archive(call, input->source, replay) < 0 ||
	    check_filters(call, &input->destination, replay->bus) < 0)
		return -1;
	if (replay->from_ms >= replay->to_ms)
		return call_fail(call, "ValidationException",
				 "Parameter EventEndTime is not valid. Reason: EventStartTime must "
				 "be before EventEndTime.");
	return 0;
}

static int start_replay(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct event_replay *replay = arena_alloc(call->arena, sizeof(*replay));
	json_t *output;

	if (!replay)
		return call_fail(call, "ValidationException", "The request is too large.");
	*replay = (struct event_replay){
		.account = call->caller.account,
		.name = input->name,
		.description = input->description ? input->description : "",
		.filter = "[]",
		.from_ms = ms_of(input->from),
		.to_ms = ms_of(input->to),
		.state = EVENT_REPLAY_STARTING,
		.reason = "",
		.started_ms = call->now_ms,
	};
	if (check(call, input, replay) < 0)
		return -1;
	if (input->destination.filters.count > 0 &&
	    call_keep_text(call, input->destination.filters_json, &replay->filter) < 0)
		return -1;
	call_write(call, write_replay, replay);
	output = out_object();
	out_text(output, "ReplayArn", event_replay_arn(call, replay->name).text);
	out_text(output, "State", event_replay_state_name(replay->state));
	out_time(output, "ReplayStartTime", replay->started_ms);
	*ret_output = output;
	return 0;
}

const struct operation op_events_start_replay = {
	.service = "events",
	.name = "StartReplay",
	.shape = &shape,
	.handler = start_replay,
	.shape_error = "ValidationException",
	.snapshot = true,
};
