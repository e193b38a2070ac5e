/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The account settings that the API knows: their values, what holds where nobody has
 * set one, and whose setting holds. A user's own goes before his account's (which is
 * the root's), and that before the platform's.
 */
#ifndef SLIPWAY_GATEWAY_ECS_ACCOUNT_SETTINGS_H
#define SLIPWAY_GATEWAY_ECS_ACCOUNT_SETTINGS_H

#include "gateway/api.h"

/* Sorted by name, as answers list them. */
extern const char *const account_setting_words[]; /* for WORD(): NULL-terminated */
extern const size_t account_setting_count;
/* Indexes of those that change what other operations do. */
enum { ACCOUNT_SETTING_CONTAINER_INSIGHTS = 1, ACCOUNT_SETTING_LOG_MODE = 3 };

/* The ARN whose setting a request means: @given, the caller's, or the root's. It is of the
 * caller's account, and in the call's arena. */
int account_principal(struct call *call, const char *given, const char **ret_arn) MUST_CHECK;
int account_root(struct call *call, const char **ret_arn) MUST_CHECK;

/* May setting number @index have @value? */
int account_setting_check(struct call *call, int index, const char *value) MUST_CHECK;

/* What holds for @principal, and in *ret_owner who has set it (the root for the platform's). */
int account_setting_effective(struct call *call, int index, const char *principal,
			      const char **ret_value, const char **ret_owner) MUST_CHECK;

/* {"name", "value", "principalArn", "type"} */
json_t *account_setting_json(int index, const char *value, const char *principal);

/* Set it for @principal and answer {"setting"}; @value NULL: remove what was set. */
int account_setting_change(struct call *call, int index, const char *value, const char *principal,
			   json_t **ret_output) MUST_CHECK;

#endif
