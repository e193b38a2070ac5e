/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PutLogEvents: a batch for one stream, in the order of time. Events that are too
 * old, too new or past the group's retention are left out and their places told;
 * the rest is written. Sequence tokens are given and not looked at, as the service does today.
 */
#include <stdio.h>

#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/logs/log_names.h"

#define EVENTS_MAX  10000 /* the API's limits, from here on */
#define BATCH_BYTES (1024 * 1024)
#define EVENT_EXTRA 26 /* bytes counted for each event beside its message */
#define DAY_MS	    (INT64_C(24) * 3600 * 1000)
#define SPAN_MS	    DAY_MS /* of one batch */
#define OLD_MS	    (14 * DAY_MS)
#define NEW_MS	    (INT64_C(2) * 3600 * 1000)

struct put_event {
	int64_t timestamp;
	const char *message;
};
static const struct shape_field event_fields[] = {
	INT(struct put_event, timestamp, "timestamp", 0, INT64_MAX, SHAPE_REQUIRED),
	TEXT(struct put_event, message, "message", 1, LOGS_MESSAGE_MAX, SHAPE_REQUIRED),
};
static const struct shape event_shape = SHAPE_OF(struct put_event, event_fields);

struct input {
	const char *group, *stream, *token;
	struct shape_list events;
};
static const struct shape_field fields[] = {
	TEXT(struct input, group, "logGroupName", 0, 0, SHAPE_REQUIRED),
	TEXT(struct input, stream, "logStreamName", 0, 0, SHAPE_REQUIRED),
	LIST(struct input, events, "logEvents", &event_shape, 1, EVENTS_MAX, SHAPE_REQUIRED),
	TEXT(struct input, token, "sequenceToken", 0, 0, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int check_batch(struct call *call, const struct put_event *events, size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		bytes += __builtin_strlen(events[i].message) + EVENT_EXTRA;
		if (i > 0 && events[i].timestamp < events[i - 1].timestamp)
			return call_fail(call, "InvalidParameterException",
					 "Log events in a single PutLogEvents request must be in "
					 "chronological order.");
	}
	if (bytes > BATCH_BYTES)
		return call_fail(call, "InvalidParameterException",
				 "Upload too large: %zu bytes exceeds limit of %d", bytes,
				 BATCH_BYTES);
	if (events[count - 1].timestamp - events[0].timestamp > SPAN_MS)
		return call_fail(call, "InvalidParameterException",
				 "The batch of log events in a single PutLogEvents request cannot "
				 "span more than 24 hours.");
	return 0;
}

/* The events from *ret_first up to (not including) *ret_last are taken. */
static void choose(const struct call *call, const struct log_group *group,
		   const struct put_event *events, size_t count, size_t *ret_first,
		   size_t *ret_last, json_t *output)
{
	size_t old = 0, expired = 0, last = count;
	int64_t kept_ms = group->retention_days * DAY_MS;

	while (old < count && events[old].timestamp < call->now_ms - OLD_MS)
		old++;
	while (kept_ms > 0 && expired < count && events[expired].timestamp < call->now_ms - kept_ms)
		expired++;
	while (last > 0 && events[last - 1].timestamp > call->now_ms + NEW_MS)
		last--;
	if (old > 0 || expired > 0 || last < count) {
		json_t *rejected = out_object();
		if (last < count)
			out_int(rejected, "tooNewLogEventStartIndex", (int64_t)last);
		if (old > 0)
			out_int(rejected, "tooOldLogEventEndIndex", (int64_t)old);
		if (expired > 0)
			out_int(rejected, "expiredLogEventEndIndex", (int64_t)expired);
		out_put(output, "rejectedLogEventsInfo", rejected);
	}
	*ret_first = old > expired ? old : expired;
	*ret_last = last;
}

static int append(struct call *call, const struct input *input, size_t first, size_t last)
{
	const struct put_event *events = input->events.items;
	struct log_event *taken = arena_alloc(call->arena, (last - first) * sizeof(*taken));
	struct err err = ERR_INIT;

	if (taken == NULL)
		return call_fail(call, "InvalidParameterException", "The request is too large.");
	for (size_t i = first; i < last; i++)
		taken[i - first] = (struct log_event){
			.timestamp_ms = events[i].timestamp,
			.message = events[i].message,
			.message_len = __builtin_strlen(events[i].message),
		};
	if (log_append(call->logs, call->caller.account, input->group, input->stream, taken,
		       last - first, call->now_ms, &err) < 0)
		return log_store_failed(call, &err);
	return 0;
}

static int put_log_events(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	struct log_group group;
	size_t first = 0, last = 0;

	if (log_group_name_check(call, "logGroupName", input->group) < 0 ||
	    log_stream_name_check(call, "logStreamName", input->stream) < 0 ||
	    check_batch(call, input->events.items, input->events.count) < 0 ||
	    log_group_require(call, input->group, &group) < 0 ||
	    log_stream_require(call, input->group, input->stream) < 0)
		return -1;
	choose(call, &group, input->events.items, input->events.count, &first, &last, output);
	if (first < last && append(call, input, first, last) < 0)
		return -1;
	out_textf(output, "nextSequenceToken", "%056lld", (long long)call->now_ms);
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_logs_put_log_events = {
	.service = "logs",
	.name = "PutLogEvents",
	.shape = &shape,
	.handler = put_log_events,
	.shape_error = "InvalidParameterException",
};
