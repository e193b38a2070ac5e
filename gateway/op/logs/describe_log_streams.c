/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeLogStreams: of one group, by name or by the time of the last event.
 */
#include <stdio.h>

#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/logs/log_names.h"
#include "gateway/page_token.h"

#define LIMIT_MAX 50 /* the API's, and its default */
#define LIST_NAME "DescribeLogStreams"

struct input {
	const char *group, *identifier, *prefix, *token;
	int order;
	bool descending, limited;
	int64_t limit;
};

enum { ORDER_NAME, ORDER_TIME };
static const char *const orders[] = {"LogStreamName", "LastEventTime", NULL};
static const struct shape_field fields[] = {
	TEXT(struct input, group, "logGroupName", 0, 0, 0),
	TEXT(struct input, identifier, "logGroupIdentifier", 0, 0, 0),
	TEXT(struct input, prefix, "logStreamNamePrefix", 0, LOG_NAME_MAX, 0),
	WORD(struct input, order, "orderBy", orders, 0),
	BOOL(struct input, descending, "descending", 0),
	TEXT(struct input, token, "nextToken", 0, 0, 0),
	INT_SEEN(struct input, limit, limited, "limit", 1, LIMIT_MAX),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static json_t *stream_json(const struct call *call, const char *group,
			   const struct log_stream *stream)
{
	const char *arn = log_group_arn(call, group);
	json_t *object = out_object();

	out_text(object, "logStreamName", stream->name);
	out_int(object, "creationTime", stream->created_ms);
	if (stream->last_event_ms > 0) {
		out_int(object, "firstEventTimestamp", stream->first_event_ms);
		out_int(object, "lastEventTimestamp", stream->last_event_ms);
		out_int(object, "lastIngestionTime", stream->last_ingestion_ms);
	}
	out_textf(object, "arn", "%s:log-stream:%s", arn != NULL ? arn : "", stream->name);
	out_int(object, "storedBytes", stream->stored_bytes);
	return object;
}

/* Tokens hold how many streams the pages before had: the order changes as events come. */
static int read_offset(struct call *call, const char *token, int64_t *ret_offset)
{
	struct err err = ERR_INIT;
	const char *last = NULL;
	char *end = NULL;

	if (token == NULL)
		return 0;
	if (page_token_read(call->arena, LIST_NAME, token, &last, &err) == 0) {
		long long value = strtoll(last, &end, 10);
		if (end != last && *end == '\0' && value >= 0) {
			*ret_offset = value;
			return 0;
		}
	}
	return call_fail(call, "InvalidParameterException", "The specified nextToken is invalid.");
}

static int describe_log_streams(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	size_t limit = input->limited ? (size_t)input->limit : LIMIT_MAX;
	const char *group = NULL, *token = NULL;
	struct log_stream *streams = NULL;
	struct err err = ERR_INIT;
	int64_t offset = 0;
	size_t count = 0;

	if (log_group_name(call, input->group, input->identifier, &group) < 0 ||
	    read_offset(call, input->token, &offset) < 0)
		return -1;
	if (input->order == ORDER_TIME && input->prefix != NULL)
		return call_fail(call, "InvalidParameterException",
				 "Cannot order by LastEventTime with a logStreamNamePrefix.");
	if (log_stream_list(call->logs, call->caller.account, group, input->prefix,
			    input->order == ORDER_TIME, input->descending, offset, limit + 1,
			    call->arena, &streams, &count, &err) < 0)
		return log_store_failed(call, &err);
	if (count > limit) {
		char next[24];
		count = limit;
		snprintf(next, sizeof(next), "%lld", (long long)offset + (long long)limit);
		if (page_token_make(call->arena, LIST_NAME, next, &token, &err) < 0)
			return call_fail_server(call, &err);
	}
	json_t *list = out_list();
	for (size_t i = 0; i < count; i++)
		out_push(list, stream_json(call, group, &streams[i]));
	out_put(output, "logStreams", list);
	out_text(output, "nextToken", token);
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_logs_describe_log_streams = {
	.service = "logs",
	.name = "DescribeLogStreams",
	.shape = &shape,
	.handler = describe_log_streams,
	.shape_error = "InvalidParameterException",
};
