/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UpdateSecret: description, key, and a new current version if a value comes along.
 */
#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/secretsmanager/secret_call.h"

struct input {
	const char *id, *description, *key_id;
	struct secret_value_input value;
};

static const struct shape_field fields[] = {
	TEXT(struct input, id, "SecretId", 1, SECRET_ID_MAX, SHAPE_REQUIRED),
	TEXT(struct input, description, "Description", 0, SECRET_TEXT_MAX, 0),
	TEXT(struct input, key_id, "KmsKeyId", 0, SECRET_TEXT_MAX, 0),
	SECRET_VALUE_FIELDS(struct input, value),
	REFUSED("Type"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int update(struct call *call, const struct input *input, bool given, struct secret *secret,
		  struct secret_version *version)
{
	struct err err = ERR_INIT;

	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (secret_require(call, input->id, false, secret) < 0 ||
	    (given && secret_value_put(call, secret, &input->value, NULL, version) < 0))
		return -1;
	if (secret_change(call->state, call->caller.account, secret->name, input->description,
			  input->key_id, call->now_ms, &err) < 0 ||
	    db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	return 0;
}

static int update_secret(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct secret_version version = {.id = ""};
	struct secret secret;
	bool given;

	if (secret_value_check(call, &input->value, &given) < 0 ||
	    update(call, input, given, &secret, &version) < 0)
		return -1;
	*ret_output = secret_answer(call, &secret);
	out_text(*ret_output, "VersionId", version.id);
	return 0;
}

const struct operation op_secretsmanager_update_secret = {
	.service = "secretsmanager",
	.name = "UpdateSecret",
	.shape = &shape,
	.handler = update_secret,
	.shape_error = "ValidationException",
};
