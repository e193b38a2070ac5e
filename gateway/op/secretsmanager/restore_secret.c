/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RestoreSecret: one that was to be deleted stays.
 */
#include "gateway/api_table.h"
#include "gateway/secretsmanager/secret_call.h"

struct input {
	const char *id;
};

static const struct shape_field fields[] = {
	TEXT(struct input, id, "SecretId", 1, SECRET_ID_MAX, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int restore_secret(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct secret secret;
	struct err err = ERR_INIT;

	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (secret_require(call, input->id, true, &secret) < 0)
		return -1;
	if (secret_restore(call->state, call->caller.account, secret.name, &err) < 0 ||
	    db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	*ret_output = secret_answer(call, &secret);
	return 0;
}

const struct operation op_secretsmanager_restore_secret = {
	.service = "secretsmanager",
	.name = "RestoreSecret",
	.shape = &shape,
	.handler = restore_secret,
	.shape_error = "ValidationException",
};
