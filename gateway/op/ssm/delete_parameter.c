/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteParameter: a parameter with all its versions.
 */
#include "gateway/api_table.h"
#include "gateway/ssm/parameter_call.h"

struct input {
	const char *name;
};

static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, 2048, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int delete_parameter(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct err err = ERR_INIT;

	(void)ret_output; /* {} */
	if (parameter_delete(call->state, call->caller.account, input->name, &err) == 0)
		return 0;
	if (err.code == ERR_NOT_FOUND)
		return parameter_fail_missing(call, input->name);
	return call_fail_server(call, &err);
}

const struct operation op_ssm_delete_parameter = {
	.service = "ssm",
	.name = "DeleteParameter",
	.shape = &shape,
	.handler = delete_parameter,
	.shape_error = "ValidationException",
};
