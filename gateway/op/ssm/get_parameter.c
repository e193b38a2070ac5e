/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetParameter: one parameter by name, NAME:VERSION or ARN. Without WithDecryption what is
 * secure is answered as it lies in the store.
 */
#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/ssm/parameter_call.h"

struct input {
	const char *name;
	bool decrypt;
};

static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, 2048, SHAPE_REQUIRED),
	BOOL(struct input, decrypt, "WithDecryption", 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int get_parameter(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct parameter parameter;
	json_t *output;
	bool found;

	if (parameter_look_up(call, input->name, input->decrypt, &parameter, &found) < 0)
		return -1;
	if (!found)
		return parameter_fail_missing(call, input->name);
	output = out_object();
	out_put(output, "Parameter", parameter_json(call, &parameter));
	*ret_output = output;
	return 0;
}

const struct operation op_ssm_get_parameter = {
	.service = "ssm",
	.name = "GetParameter",
	.shape = &shape,
	.handler = get_parameter,
	.shape_error = "ValidationException",
	.snapshot = true,
};
