/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetParameters: up to ten by name; those that are not there are listed.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/ssm/parameter_call.h"

struct input {
	struct shape_list names;
	bool decrypt;
};

static const struct shape_field fields[] = {
	TEXTS(struct input, names, "Names", 1, PARAMETER_NAMES, SHAPE_REQUIRED),
	BOOL(struct input, decrypt, "WithDecryption", 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

/* A version that is not there makes the name invalid, and not the request. */
static int look_up(struct call *call, const char *name, bool decrypt,
		   struct parameter *ret_parameter, bool *ret_found)
{
	if (parameter_look_up(call, name, decrypt, ret_parameter, ret_found) == 0)
		return 0;
	if (strcmp(call->error.type, "ParameterVersionNotFound") != 0)
		return -1;
	*ret_found = false;
	return 0;
}

static int get_parameters(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	const char *const *names = input->names.items;
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *parameters = out_list();
	json_t *invalid = out_list();

	out_put(output, "Parameters", parameters);
	out_put(output, "InvalidParameters", invalid);
	for (size_t i = 0; i < input->names.count; i++) {
		struct parameter parameter;
		bool found;

		if (look_up(call, names[i], input->decrypt, &parameter, &found) < 0)
			return -1;
		if (found)
			out_push(parameters, parameter_json(call, &parameter));
		else
			out_push(invalid, out_string(names[i]));
	}
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_ssm_get_parameters = {
	.service = "ssm",
	.name = "GetParameters",
	.shape = &shape,
	.handler = get_parameters,
	.shape_error = "ValidationException",
	.snapshot = true,
};
