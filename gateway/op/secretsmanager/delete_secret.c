/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteSecret: after a number of days in which it may be restored, or at once.
 */
#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/secretsmanager/secret_call.h"

#define DAYS_MIN     7 /* the API's */
#define DAYS_MAX     30
#define DAYS_DEFAULT 30
#define DAY_MS	     (INT64_C(24) * 3600 * 1000)

struct input {
	const char *id;
	int64_t days;
	bool has_days, force;
};

static const struct shape_field fields[] = {
	TEXT(struct input, id, "SecretId", 1, SECRET_ID_MAX, SHAPE_REQUIRED),
	INT_SEEN(struct input, days, has_days, "RecoveryWindowInDays", 0, 0),
	BOOL(struct input, force, "ForceDeleteWithoutRecovery", 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int check(struct call *call, const struct input *input)
{
	if (input->has_days && input->force)
		return call_fail(call, "InvalidParameterException",
				 "You can't use ForceDeleteWithoutRecovery in conjunction with "
				 "RecoveryWindowInDays.");
	if (input->has_days && (input->days < DAYS_MIN || input->days > DAYS_MAX))
		return call_fail(call, "InvalidParameterException",
				 "The RecoveryWindowInDays value must be between %d and %d days "
				 "(inclusive).",
				 DAYS_MIN, DAYS_MAX);
	return 0;
}

static int delete_secret(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	int64_t days = input->has_days ? input->days : DAYS_DEFAULT;
	int64_t purge_ms = input->force ? 0 : call->now_ms + days * DAY_MS;
	struct secret secret;
	struct err err = ERR_INIT;

	if (check(call, input) < 0)
		return -1;
	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (secret_require(call, input->id, input->force, &secret) < 0)
		return -1;
	if (secret_delete(call->state, call->caller.account, secret.name, call->now_ms, purge_ms,
			  &err) < 0 ||
	    secret_purge(call->state, call->now_ms, &err) < 0 || db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	*ret_output = secret_answer(call, &secret);
	out_time(*ret_output, "DeletionDate", input->force ? call->now_ms : purge_ms);
	return 0;
}

const struct operation op_secretsmanager_delete_secret = {
	.service = "secretsmanager",
	.name = "DeleteSecret",
	.shape = &shape,
	.handler = delete_secret,
	.shape_error = "ValidationException",
};
