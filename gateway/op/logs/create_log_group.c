/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateLogGroup. Encryption keys and group classes are refused: events lie in the
 * operator's own disk, in one class.
 */
#include "gateway/api_table.h"
#include "gateway/logs/log_names.h"

struct input {
	const char *group;
	int class_index;
};

static const char *const classes[] = {"STANDARD", NULL};
static const struct shape_field fields[] = {
	TEXT(struct input, group, "logGroupName", 0, 0, SHAPE_REQUIRED),
	WORD(struct input, class_index, "logGroupClass", classes, 0),
	REFUSED("kmsKeyId"),
	REFUSED("tags"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int create_log_group(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct err err = ERR_INIT;

	(void)ret_output; /* {} */
	if (log_group_name_check(call, "logGroupName", input->group) < 0)
		return -1;
	if (log_group_create(call->logs, call->caller.account, input->group, call->now_ms, &err) ==
	    0)
		return 0;
	if (err.code == ERR_EXISTS)
		return call_fail(call, "ResourceAlreadyExistsException",
				 "The specified log group already exists");
	return call_fail_server(call, &err);
}

const struct operation op_logs_create_log_group = {
	.service = "logs",
	.name = "CreateLogGroup",
	.shape = &shape,
	.handler = create_log_group,
	.shape_error = "InvalidParameterException",
};
