/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetSecretValue: the current version, or one that is named by id or stage.
 */
#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/secretsmanager/secret_call.h"

struct input {
	const char *id, *version, *stage;
};

static const struct shape_field fields[] = {
	TEXT(struct input, id, "SecretId", 1, SECRET_ID_MAX, SHAPE_REQUIRED),
	TEXT(struct input, version, "VersionId", SECRET_TOKEN_MIN, SECRET_TOKEN_MAX, 0),
	TEXT(struct input, stage, "VersionStage", 1, 256, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int fail(struct call *call, const struct input *input, const struct err *err)
{
	if (err->code == ERR_INVALID)
		return call_fail(call, "InvalidRequestException",
				 "You provided a VersionStage that is not associated to the "
				 "provided VersionId.");
	if (err->code != ERR_NOT_FOUND)
		return call_fail_server(call, err);
	if (input->version)
		return call_fail(call, "ResourceNotFoundException",
				 "Secrets Manager can't find the specified secret value for "
				 "VersionId: %.64s",
				 input->version);
	return call_fail(call, "ResourceNotFoundException",
			 "Secrets Manager can't find the specified secret value for staging "
			 "label: %.256s",
			 input->stage ? input->stage : SECRET_CURRENT);
}

static int get_secret_value(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct secret_version version;
	struct secret secret;
	struct err err = ERR_INIT;
	json_t *output;

	if (secret_require(call, input->id, false, &secret) < 0)
		return -1;
	if (secret_read(call->state, call->options->secret_key, call->caller.account, secret.name,
			input->version, input->stage, call->arena, &version, &err) < 0)
		return fail(call, input, &err);
	output = secret_answer(call, &secret);
	out_text(output, "VersionId", version.id);
	out_put(output, version.binary ? "SecretBinary" : "SecretString",
		out_string(version.value));
	out_put(output, "VersionStages", secret_stages_json(&version));
	out_time(output, "CreatedDate", version.created_ms);
	*ret_output = output;
	return 0;
}

const struct operation op_secretsmanager_get_secret_value = {
	.service = "secretsmanager",
	.name = "GetSecretValue",
	.shape = &shape,
	.handler = get_secret_value,
	.shape_error = "ValidationException",
	.snapshot = true,
};
