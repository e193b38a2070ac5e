/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PutAccountSettingDefault: for everybody in the account who has not set his own.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/account_settings.h"

struct input {
	int name;
	const char *value;
};

static const struct shape_field fields[] = {
	WORD(struct input, name, "name", account_setting_words, SHAPE_REQUIRED),
	TEXT(struct input, value, "value", 0, 0, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int put_account_setting_default(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	const char *principal;

	if (account_root(call, &principal) < 0)
		return -1;
	return account_setting_change(call, input->name, input->value, principal, ret_output);
}

const struct operation op_ecs_put_account_setting_default = {
	.service = "ecs",
	.name = "PutAccountSettingDefault",
	.shape = &shape,
	.handler = put_account_setting_default,
	.shape_error = "InvalidParameterException",
};
