/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PutAccountSetting: for the caller, or for the principal that is named.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/account_settings.h"

struct input {
	int name;
	const char *value;
	const char *principal;
};

static const struct shape_field fields[] = {
	WORD(struct input, name, "name", account_setting_words, SHAPE_REQUIRED),
	TEXT(struct input, value, "value", 0, 0, SHAPE_REQUIRED),
	TEXT(struct input, principal, "principalArn", 0, 0, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int put_account_setting(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	const char *principal;

	if (account_principal(call, input->principal, &principal) < 0)
		return -1;
	return account_setting_change(call, input->name, input->value, principal, ret_output);
}

const struct operation op_ecs_put_account_setting = {
	.service = "ecs",
	.name = "PutAccountSetting",
	.shape = &shape,
	.handler = put_account_setting,
	.shape_error = "InvalidParameterException",
};
