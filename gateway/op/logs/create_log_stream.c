/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateLogStream.
 */
#include "gateway/api_table.h"
#include "gateway/logs/log_names.h"

struct input {
	const char *group, *stream;
};

static const struct shape_field fields[] = {
	TEXT(struct input, group, "logGroupName", 0, 0, SHAPE_REQUIRED),
	TEXT(struct input, stream, "logStreamName", 0, 0, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int create_log_stream(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct err err = ERR_INIT;

	(void)ret_output; /* {} */
	if (log_group_name_check(call, "logGroupName", input->group) < 0 ||
	    log_stream_name_check(call, "logStreamName", input->stream) < 0)
		return -1;
	if (log_stream_create(call->logs, call->caller.account, input->group, input->stream,
			      call->now_ms, &err) == 0)
		return 0;
	if (err.code == ERR_EXISTS)
		return call_fail(call, "ResourceAlreadyExistsException",
				 "The specified log stream already exists");
	return log_store_failed(call, &err);
}

const struct operation op_logs_create_log_stream = {
	.service = "logs",
	.name = "CreateLogStream",
	.shape = &shape,
	.handler = create_log_stream,
	.shape_error = "InvalidParameterException",
};
