/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteAccountSetting: what was set goes, and the answer says what holds instead.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/account_settings.h"

struct input {
	int name;
	const char *principal;
};

static const struct shape_field fields[] = {
	WORD(struct input, name, "name", account_setting_words, SHAPE_REQUIRED),
	TEXT(struct input, principal, "principalArn", 0, 0, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int delete_account_setting(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	const char *principal;

	if (account_principal(call, input->principal, &principal) < 0)
		return -1;
	return account_setting_change(call, input->name, NULL, principal, ret_output);
}

const struct operation op_ecs_delete_account_setting = {
	.service = "ecs",
	.name = "DeleteAccountSetting",
	.shape = &shape,
	.handler = delete_account_setting,
	.shape_error = "InvalidParameterException",
};
