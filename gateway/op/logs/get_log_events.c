/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetLogEvents: a page of one stream, oldest first, in either direction. At the
 * end the same token is answered for ever, so a client that follows asks again
 * with it and misses nothing.
 */
#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/logs/log_names.h"
#include "gateway/logs/log_place.h"
#include "gateway/logs/log_text.h"

#define EVENTS_MAX 10000	 /* of a page: the API's, and its default */
#define BYTES_MAX  (1024 * 1024) /* of a page: the API's */

struct input {
	const char *group, *identifier, *stream, *token;
	int64_t start_ms, end_ms, limit;
	bool limited, from_head;
};

static const struct shape_field fields[] = {
	TEXT(struct input, group, "logGroupName", 0, 0, 0),
	TEXT(struct input, identifier, "logGroupIdentifier", 0, 0, 0),
	TEXT(struct input, stream, "logStreamName", 0, 0, SHAPE_REQUIRED),
	INT(struct input, start_ms, "startTime", 0, INT64_MAX, 0),
	INT(struct input, end_ms, "endTime", 0, INT64_MAX, 0),
	TEXT(struct input, token, "nextToken", 0, 0, 0),
	INT_SEEN(struct input, limit, limited, "limit", 1, EVENTS_MAX),
	BOOL(struct input, from_head, "startFromHead", 0),
	REFUSED("unmask"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static json_t *event_json(const struct log_event *event)
{
	json_t *object = out_object();

	out_int(object, "timestamp", event->timestamp_ms);
	out_put(object, "message", log_text_json(event->message, event->message_len));
	out_int(object, "ingestionTime", event->ingestion_ms);
	return object;
}

/* Where the next pages begin: behind the last event, and before the first. */
static void put_tokens(json_t *output, const struct log_query *query,
		       const struct log_event *events, size_t count)
{
	char token[LOG_PLACE_SIZE];
	struct log_place first = {query->before_ms, query->before_id};
	struct log_place last = {query->after_ms, query->after_id};

	if (count > 0) {
		first = (struct log_place){events[0].timestamp_ms, events[0].id};
		last = (struct log_place){events[count - 1].timestamp_ms, events[count - 1].id};
	} else if (query->newest_first && query->before_id != 0) {
		last = first; /* forward from where there is nothing further back */
	} else if (!query->newest_first) {
		first = last;
	}
	/* (0, 0) would mean the very end; before the first event there is nothing. */
	if (first.ms == 0 && first.id == 0)
		first.id = 1;
	out_text(output, "nextForwardToken", log_place_token('f', last, token));
	out_text(output, "nextBackwardToken", log_place_token('b', first, token));
}

static int set_place(struct call *call, const struct input *input, struct log_query *query)
{
	struct log_place place;
	struct err err = ERR_INIT;
	char direction = 0;

	query->newest_first = !input->from_head;
	if (input->token == NULL)
		return 0;
	if (log_place_read(input->token, &direction, &place, &err) < 0)
		return call_fail(call, "InvalidParameterException", "%s", err.text);
	query->newest_first = direction == 'b';
	if (direction == 'b') {
		query->before_ms = place.ms;
		query->before_id = place.id;
	} else {
		query->after_ms = place.ms;
		query->after_id = place.id;
	}
	return 0;
}

static int get_log_events(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	struct log_event *events = NULL;
	struct err err = ERR_INIT;
	size_t count = 0;
	struct log_query query = {
		.account = call->caller.account,
		.streams = &input->stream,
		.stream_count = 1,
		.start_ms = input->start_ms,
		.end_ms = input->end_ms,
		.limit = input->limited ? (size_t)input->limit : EVENTS_MAX,
		.byte_limit = BYTES_MAX,
	};

	if (log_group_name(call, input->group, input->identifier, &query.group) < 0 ||
	    log_stream_name_check(call, "logStreamName", input->stream) < 0 ||
	    set_place(call, input, &query) < 0)
		return -1;
	struct log_group group;
	if (log_group_require(call, query.group, &group) < 0 ||
	    log_stream_require(call, query.group, input->stream) < 0)
		return -1;
	if (log_read(call->logs, &query, call->arena, &events, &count, &err) < 0)
		return log_store_failed(call, &err);
	for (size_t i = 0; query.newest_first && i < count / 2; i++) {
		struct log_event held = events[i];
		events[i] = events[count - 1 - i];
		events[count - 1 - i] = held;
	}
	json_t *list = out_list();
	for (size_t i = 0; i < count; i++)
		out_push(list, event_json(&events[i]));
	out_put(output, "events", list);
	put_tokens(output, &query, events, count);
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_logs_get_log_events = {
	.service = "logs",
	.name = "GetLogEvents",
	.shape = &shape,
	.handler = get_log_events,
	.shape_error = "InvalidParameterException",
};
