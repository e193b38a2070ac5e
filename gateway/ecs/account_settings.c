/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row a setting. What would change what tasks feel and is not done is refused; the
 * long forms of ARNs are the only ones that there are, and nobody can opt out of them.
 */
#include "gateway/ecs/account_settings.h"

#include <string.h>

#include "core/ident.h"
#include "gateway/json_out.h"
#include "store/account_setting.h"

#define TYPE "InvalidParameterException"

/* X(name, what holds if nobody says anything, a value that is not done yet, values...) */
#define SETTINGS(X)                                                                                \
	X(awsvpcTrunking, "disabled", NULL, "enabled", "disabled")                                 \
	X(containerInsights, "disabled", NULL, "enabled", "disabled", "enhanced")                  \
	X(containerInstanceLongArnFormat, "enabled", NULL, "enabled")                              \
	X(defaultLogDriverMode, "blocking", NULL, "blocking", "non-blocking")                      \
	X(fargateEventWindows, "disabled", "enabled", "disabled")                                  \
	X(fargateFIPSMode, "disabled", "enabled", "disabled")                                      \
	X(fargateTaskRetirementWaitPeriod, "7", NULL, "0", "7", "14")                              \
	X(guardDutyActivate, "off", NULL, NULL)                                                    \
	X(serviceLongArnFormat, "enabled", NULL, "enabled")                                        \
	X(tagResourceAuthorization, "off", NULL, "on", "off")                                      \
	X(taskLongArnFormat, "enabled", NULL, "enabled")

#define VALUES_MAX			     3
#define AS_ROW(name, platform, refused, ...) {#name, platform, refused, {__VA_ARGS__}},
#define AS_WORD(name, ...)		     #name,

static const struct setting {
	const char *name, *platform, *refused;
	const char *values[VALUES_MAX + 1]; /* none: it is not the user's to put */
} settings[] = {SETTINGS(AS_ROW)};
const size_t account_setting_count = ARRAY_LEN(settings);
const char *const account_setting_words[] = {SETTINGS(AS_WORD) NULL};

int account_root(struct call *call, const char **ret_arn)
{
	const char *arn = arena_printf(call->arena, "arn:aws:iam::%s:root", call->caller.account);

	if (!arn)
		return call_fail(call, TYPE, "The request is too large.");
	*ret_arn = arn;
	return 0;
}

int account_principal(struct call *call, const char *given, const char **ret_arn)
{
	struct err err = ERR_INIT;
	struct arn arn;

	if (!shape_given(given)) {
		*ret_arn = call->caller.arn;
		return 0;
	}
	if (arn_parse(given, &arn, &err) < 0 || !text_is(arn.service, arn.service_len, "iam") ||
	    !text_is(arn.account, arn.account_len, call->caller.account))
		return call_fail(call, TYPE,
				 "principalArn must be the ARN of a user, a role or the root of "
				 "this account.");
	*ret_arn = given;
	return 0;
}

int account_setting_check(struct call *call, int index, const char *value)
{
	const struct setting *setting = &settings[index];

	if (setting->refused && strcmp(setting->refused, value) == 0)
		return call_fail(call, "ClientException",
				 "%s %s is not supported by this Slipway yet.", setting->name,
				 value);
	for (size_t i = 0; setting->values[i]; i++) {
		if (strcmp(setting->values[i], value) == 0)
			return 0;
	}
	return call_fail(call, TYPE, "Invalid setting 'value'");
}

int account_setting_effective(struct call *call, int index, const char *principal,
			      const char **ret_value, const char **ret_owner)
{
	const struct setting *setting = &settings[index];
	const char *owners[2] = {principal, NULL};
	struct err err = ERR_INIT;
	const char *value = NULL;

	if (account_root(call, &owners[1]) < 0)
		return -1;
	*ret_owner = owners[1];
	for (size_t i = 0; i < ARRAY_LEN(owners) && !value; i++) {
		if (account_setting_find(call->state, call->caller.account, owners[i],
					 setting->name, call->arena, &value, &err) < 0)
			return call_fail_server(call, &err);
		if (value)
			*ret_owner = owners[i];
	}
	*ret_value = value ? value : setting->platform;
	return 0;
}

json_t *account_setting_json(int index, const char *value, const char *principal)
{
	const struct setting *setting = &settings[index];
	json_t *object = out_pair(setting->name, value);

	out_text(object, "principalArn", principal);
	out_text(object, "type", setting->values[0] ? "user" : "aws_managed");
	return object;
}

int account_setting_change(struct call *call, int index, const char *value, const char *principal,
			   json_t **ret_output)
{
	const struct account_setting setting = {settings[index].name, value};
	const char *account = call->caller.account;
	struct err err = ERR_INIT;
	const char *holds;
	const char *owner;
	int result;

	if (value && account_setting_check(call, index, value) < 0)
		return -1;
	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	result =
		value ? account_setting_put(call->state, account, principal, &setting, &err)
		      : account_setting_delete(call->state, account, principal, setting.name, &err);
	if (result < 0)
		return call_fail_server(call, &err);
	if (account_setting_effective(call, index, principal, &holds, &owner) < 0)
		return -1;
	if (db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	*ret_output = out_object();
	out_put(*ret_output, "setting", account_setting_json(index, holds, principal));
	return 0;
}
