/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PutSecretValue: a new version of a secret, the current one unless stages are named.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/secretsmanager/secret_call.h"

#define STAGE_MAX 256 /* the API's, in bytes */

struct input {
	const char *id;
	struct secret_value_input value;
	struct shape_list stages;
};

static const struct shape_field fields[] = {
	TEXT(struct input, id, "SecretId", 1, SECRET_ID_MAX, SHAPE_REQUIRED),
	SECRET_VALUE_FIELDS(struct input, value),
	TEXTS(struct input, stages, "VersionStages", 1, SECRET_STAGES_MAX, 0),
	REFUSED("RotationToken"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int check_stages(struct call *call, const struct shape_list *stages)
{
	const char *const *names = stages->items;

	for (size_t i = 0; i < stages->count; i++) {
		if (names[i][0] == '\0' || strlen(names[i]) > STAGE_MAX)
			return call_fail(call, "ValidationException",
					 "VersionStages[%zu] must be from 1 to %d bytes long.", i,
					 STAGE_MAX);
	}
	return 0;
}

static int put_secret_value(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct secret_version version;
	struct secret secret;
	struct err err = ERR_INIT;
	bool given;

	if (secret_value_check(call, &input->value, &given) < 0 ||
	    check_stages(call, &input->stages) < 0)
		return -1;
	if (!given)
		return call_fail(call, "InvalidRequestException",
				 "You must provide either SecretString or SecretBinary.");
	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (secret_require(call, input->id, false, &secret) < 0 ||
	    secret_value_put(call, &secret, &input->value, &input->stages, &version) < 0)
		return -1;
	if (db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	*ret_output = secret_answer(call, &secret);
	out_text(*ret_output, "VersionId", version.id);
	out_put(*ret_output, "VersionStages", secret_stages_json(&version));
	return 0;
}

const struct operation op_secretsmanager_put_secret_value = {
	.service = "secretsmanager",
	.name = "PutSecretValue",
	.shape = &shape,
	.handler = put_secret_value,
	.shape_error = "ValidationException",
};
