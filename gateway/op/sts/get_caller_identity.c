/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetCallerIdentity: who am I? Nearly every tool asks this before anything else.
 * The user id is made from account and user name, so it is the same for all keys
 * of a user and for ever, without being stored. A task that asks with its role's keys
 * is told the role's, and its own id behind it.
 */
#include <stdio.h>
#include <string.h>

#include "core/digest.h"
#include "gateway/api_table.h"
#include "gateway/json_out.h"

#define USER_ID_SIZE 21 /* "AIDA" or "AROA", 16 characters, zero */

struct input {
	const char *version;
};

static const struct shape_field fields[] = {
	TEXT(struct input, version, "Version", 0, 0, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static void make_user_id(const struct caller *caller, char ret[USER_ID_SIZE])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	bool role = caller->role[0] != '\0';
	AUTO(freep)
	char *text = xasprintf("%s/%s%s", caller->account, role ? "role/" : "",
			       role ? caller->role : caller->user);
	uint8_t hash[SHA256_SIZE];

	sha256(text, strlen(text), hash);
	(void)snprintf(ret, USER_ID_SIZE, role ? "AROA" : "AIDA");
	for (size_t i = 4; i < USER_ID_SIZE - 1; i++)
		ret[i] = alphabet[hash[i] & 31];
	ret[USER_ID_SIZE - 1] = '\0';
}

static int get_caller_identity(struct call *call, const void *input, json_t **ret_output)
{
	char user_id[USER_ID_SIZE];
	json_t *output = out_object();

	(void)input; /* there is one version, found by the operation's name */
	make_user_id(&call->caller, user_id);
	out_text(output, "Arn", call->caller.arn);
	if (call->caller.role[0])
		out_textf(output, "UserId", "%s:%s", user_id, call->caller.user);
	else
		out_text(output, "UserId", user_id);
	out_text(output, "Account", call->caller.account);
	*ret_output = output;
	return 0;
}

const struct operation op_sts_get_caller_identity = {
	.service = "sts",
	.name = "GetCallerIdentity",
	.shape = &shape,
	.handler = get_caller_identity,
	.shape_error = "ValidationError",
	.snapshot = true,
};
