/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteLogGroup: the group with its streams and events.
 */
#include "gateway/api_table.h"
#include "gateway/logs/log_names.h"

struct input {
	const char *group;
};

static const struct shape_field fields[] = {
	TEXT(struct input, group, "logGroupName", 0, 0, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int delete_log_group(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct err err = ERR_INIT;

	(void)ret_output; /* {} */
	if (log_group_name_check(call, "logGroupName", input->group) < 0)
		return -1;
	if (log_group_delete(call->logs, call->caller.account, input->group, &err) < 0)
		return log_store_failed(call, &err);
	return 0;
}

const struct operation op_logs_delete_log_group = {
	.service = "logs",
	.name = "DeleteLogGroup",
	.shape = &shape,
	.handler = delete_log_group,
	.shape_error = "InvalidParameterException",
};
