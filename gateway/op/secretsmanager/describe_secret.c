/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeSecret: everything about a secret but its values.
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

static int describe_secret(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct secret secret;

	if (secret_require(call, input->id, true, &secret) < 0)
		return -1;
	return secret_about(call, &secret, "VersionIdsToStages", ret_output);
}

const struct operation op_secretsmanager_describe_secret = {
	.service = "secretsmanager",
	.name = "DescribeSecret",
	.shape = &shape,
	.handler = describe_secret,
	.shape_error = "ValidationException",
	.snapshot = true,
};
