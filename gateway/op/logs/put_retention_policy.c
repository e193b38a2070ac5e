/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PutRetentionPolicy: after how many days the events of a group are dropped. The
 * API takes only certain numbers of days.
 */
#include "gateway/api_table.h"
#include "gateway/logs/log_names.h"

struct input {
	const char *group;
	int64_t days;
};

static const struct shape_field fields[] = {
	TEXT(struct input, group, "logGroupName", 0, 0, SHAPE_REQUIRED),
	INT(struct input, days, "retentionInDays", 0, 0, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static const int64_t allowed[] = {1,   3,   5,	 7,   14,   30,	  60,	90,   120,  150,  180,
				  365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

static int put_retention_policy(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct err err = ERR_INIT;
	bool known = false;

	(void)ret_output; /* {} */
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
		known = known || allowed[i] == input->days;
	if (log_group_name_check(call, "logGroupName", input->group) < 0)
		return -1;
	if (!known)
		return call_fail(
			call, "InvalidParameterException",
			"1 validation error detected: Value '%lld' at 'retentionInDays' "
			"failed to satisfy constraint: Member must satisfy enum value set: "
			"[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, "
			"1096, 1827, 2192, 2557, 2922, 3288, 3653]",
			(long long)input->days);
	if (log_group_retention(call->logs, call->caller.account, input->group, input->days, &err) <
	    0)
		return log_store_failed(call, &err);
	return 0;
}

const struct operation op_logs_put_retention_policy = {
	.service = "logs",
	.name = "PutRetentionPolicy",
	.shape = &shape,
	.handler = put_retention_policy,
	.shape_error = "InvalidParameterException",
};
