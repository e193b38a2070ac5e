/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FilterLogEvents: events of a group across its streams, in the order of time,
 * those that match a pattern. One call looks at a bounded number of events; an answer may
 * therefore be short, or empty, and still have a nextToken, as the service's own may.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/logs/log_filter.h"
#include "gateway/logs/log_names.h"
#include "gateway/logs/log_place.h"
#include "gateway/logs/log_text.h"

#define EVENTS_MAX  10000	  /* of a page: the API's, and its default */
#define BYTES_MAX   (1024 * 1024) /* of a page: the API's */
#define STREAMS_MAX 100		  /* named in a request: the API's */
#define READ_STEP   2000	  /* events that one read of the store brings */
#define LOOKED_MAX  40000	  /* events that one call looks at: some 20 ms of a worker */

struct input {
	const char *group, *identifier, *prefix, *pattern, *token;
	struct shape_list streams;
	int64_t start_ms, end_ms, limit;
	bool ended, limited, interleaved;
};

static const struct shape_field fields[] = {
	TEXT(struct input, group, "logGroupName", 0, 0, 0),
	TEXT(struct input, identifier, "logGroupIdentifier", 0, 0, 0),
	TEXTS(struct input, streams, "logStreamNames", 1, STREAMS_MAX, 0),
	TEXT(struct input, prefix, "logStreamNamePrefix", 1, LOG_NAME_MAX, 0),
	INT(struct input, start_ms, "startTime", 0, INT64_MAX, 0),
	INT_SEEN(struct input, end_ms, ended, "endTime", 0, INT64_MAX - 1),
	TEXT(struct input, pattern, "filterPattern", 0, LOG_FILTER_MAX, 0),
	TEXT(struct input, token, "nextToken", 0, 0, 0),
	INT_SEEN(struct input, limit, limited, "limit", 1, EVENTS_MAX),
	BOOL(struct input, interleaved, "interleaved", 0), /* always so */
	REFUSED("unmask"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static json_t *event_json(const struct log_event *event)
{
	char id[LOG_EVENT_ID_SIZE];
	json_t *object = out_object();

	out_text(object, "logStreamName", event->stream);
	out_int(object, "timestamp", event->timestamp_ms);
	out_put(object, "message", log_text_json(event->message, event->message_len));
	out_int(object, "ingestionTime", event->ingestion_ms);
	out_text(object, "eventId", log_event_id(event, id));
	return object;
}

struct search {
	const struct log_filter *filter;
	struct log_query query; /* after_* moves on as events are looked at */
	size_t wanted, looked, bytes;
	bool more; /* there may be events behind the last one looked at */
	json_t *found;
};

/* Look at one batch; true if the search goes on. */
static bool take_batch(struct search *search, const struct log_event *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (json_array_size(search->found) == search->wanted ||
		    search->bytes >= BYTES_MAX) {
			search->more = true;
			return false;
		}
		search->query.after_ms = events[i].timestamp_ms;
		search->query.after_id = events[i].id;
		search->looked++;
		if (!log_filter_matches(search->filter, events[i].message, events[i].message_len))
			continue;
		search->bytes += events[i].message_len;
		out_push(search->found, event_json(&events[i]));
	}
	if (count == 0) {
		search->more = false;
		return false;
	}
	search->more = true;
	return search->looked < LOOKED_MAX;
}

static int run_search(struct call *call, struct search *search)
{
	struct err err = ERR_INIT;

	for (;;) {
		/* The events of a batch end with it: the request's arena is not theirs. */
		AUTO(arena_freep) struct arena *batch = arena_new(REQUEST_ARENA_MAX);
		struct log_event *events = NULL;
		size_t count = 0;
		if (log_read(call->logs, &search->query, batch, &events, &count, &err) < 0)
			return log_store_failed(call, &err);
		if (!take_batch(search, events, count))
			return 0;
	}
}

static int check_streams(struct call *call, const struct input *input, const char *group)
{
	const char *const *names = input->streams.items;

	if (input->streams.count > 0 && input->prefix != NULL)
		return call_fail(call, "InvalidParameterException",
				 "logStreamNames and logStreamNamePrefix are mutually exclusive "
				 "parameters.");
	for (size_t i = 0; i < input->streams.count; i++) {
		if (log_stream_name_check(call, "logStreamNames", names[i]) < 0 ||
		    log_stream_require(call, group, names[i]) < 0)
			return -1;
	}
	return 0;
}

static int filter_log_events(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	struct log_place place = {0, 0};
	struct log_filter filter;
	struct log_group group;
	struct err err = ERR_INIT;
	const char *name = NULL;
	char direction = 'f', token[LOG_PLACE_SIZE];

	if (log_group_name(call, input->group, input->identifier, &name) < 0)
		return -1;
	if (log_filter_parse(input->pattern, call->arena, &filter, &err) < 0)
		return call_fail(call, "InvalidParameterException", "%s", err.text);
	if (input->token != NULL &&
	    (log_place_read(input->token, &direction, &place, &err) < 0 || direction != 'f'))
		return call_fail(call, "InvalidParameterException",
				 "The specified nextToken is invalid.");
	if (log_group_require(call, name, &group) < 0 || check_streams(call, input, name) < 0)
		return -1;
	struct search search = {
		.filter = &filter,
		.wanted = input->limited ? (size_t)input->limit : EVENTS_MAX,
		.found = out_list(),
		.query = {.account = call->caller.account,
			  .group = name,
			  .streams = input->streams.items,
			  .stream_count = input->streams.count,
			  .stream_prefix = input->prefix,
			  .start_ms = input->start_ms,
			  .end_ms = input->ended ? input->end_ms + 1 : 0, /* ours is exclusive */
			  .after_ms = place.ms,
			  .after_id = place.id,
			  .limit = READ_STEP},
	};
	out_put(output, "events", search.found);
	if (run_search(call, &search) < 0)
		return -1;
	out_put(output, "searchedLogStreams", out_list());
	if (search.more)
		out_text(output, "nextToken",
			 log_place_token(
				 'f',
				 (struct log_place){search.query.after_ms, search.query.after_id},
				 token));
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_logs_filter_log_events = {
	.service = "logs",
	.name = "FilterLogEvents",
	.shape = &shape,
	.handler = filter_log_events,
	.shape_error = "InvalidParameterException",
};
