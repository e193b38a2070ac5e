/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteParameters: up to ten; those that are not there are listed.
 */
#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/ssm/parameter_call.h"

struct input {
	struct shape_list names;
};

static const struct shape_field fields[] = {
	TEXTS(struct input, names, "Names", 1, PARAMETER_NAMES, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int delete_all(struct call *call, const struct input *input, json_t *deleted,
		      json_t *invalid)
{
	const char *const *names = input->names.items;
	struct err err = ERR_INIT;

	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	for (size_t i = 0; i < input->names.count; i++) {
		int result = parameter_delete(call->state, call->caller.account, names[i], &err);

		if (result < 0 && err.code != ERR_NOT_FOUND)
			return call_fail_server(call, &err);
		out_push(result == 0 ? deleted : invalid, out_string(names[i]));
		err_clear(&err);
	}
	return db_commit(call->state, &err) < 0 ? call_fail_server(call, &err) : 0;
}

static int delete_parameters(struct call *call, const void *filled, json_t **ret_output)
{
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *deleted = out_list();
	json_t *invalid = out_list();

	out_put(output, "DeletedParameters", deleted);
	out_put(output, "InvalidParameters", invalid);
	if (delete_all(call, filled, deleted, invalid) < 0)
		return -1;
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_ssm_delete_parameters = {
	.service = "ssm",
	.name = "DeleteParameters",
	.shape = &shape,
	.handler = delete_parameters,
	.shape_error = "ValidationException",
};
