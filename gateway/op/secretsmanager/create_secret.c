/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateSecret, with or without its first value. The same request again (by its token) is
 * answered as before. KmsKeyId is kept and asks for nothing more: every value lies sealed.
 */
#include <string.h>

#include "core/ident.h"
#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/secretsmanager/secret_call.h"

#define NAME_MAX_LEN 512 /* the API's */

struct input {
	const char *name, *description, *key_id;
	struct secret_value_input value;
};

static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, NAME_MAX_LEN, SHAPE_REQUIRED),
	TEXT(struct input, description, "Description", 0, SECRET_TEXT_MAX, 0),
	TEXT(struct input, key_id, "KmsKeyId", 0, SECRET_TEXT_MAX, 0),
	SECRET_VALUE_FIELDS(struct input, value),
	REFUSED("Tags"),
	REFUSED("AddReplicaRegions"),
	REFUSED("ForceOverwriteReplicaSecret"),
	REFUSED("Type"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int check_name(struct call *call, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-/_+=.@!";

	if (*name && name[strspn(name, letters)] == '\0')
		return 0;
	return call_fail(call, "ValidationException",
			 "Invalid name. Must be a valid name containing alphanumeric characters, "
			 "or any of the following: -/_+=.@!");
}

static void make_suffix(char ret[SECRET_SUFFIX_SIZE])
{
	ident_base64(ret, SECRET_SUFFIX_SIZE - 1);
	for (char *at = ret; *at; at++) {
		if (*at == '+' || *at == '/')
			*at = 'x';
	}
}

/* A secret of this name is there: was it made by this request? */
static int answer_again(struct call *call, const struct input *input, json_t **ret_output)
{
	struct secret_version version;
	struct secret secret;
	struct err err = ERR_INIT;

	if (secret_find(call->state, call->caller.account, input->name, call->now_ms, call->arena,
			&secret, &err) < 0)
		return call_fail_server(call, &err);
	if (secret.deleted_ms > 0)
		return call_fail(call, "InvalidRequestException",
				 "You can't create this secret because a secret with this name is "
				 "already scheduled for deletion.");
	if (!input->value.token ||
	    secret_read(call->state, call->options->secret_key, call->caller.account, secret.name,
			input->value.token, NULL, call->arena, &version, &err) < 0 ||
	    strcmp(version.value, input->value.text	? input->value.text
				  : input->value.binary ? input->value.binary
							: "") != 0)
		return call_fail(call, "ResourceExistsException",
				 "The operation failed because the secret %.512s already exists.",
				 input->name);
	*ret_output = secret_answer(call, &secret);
	out_text(*ret_output, "VersionId", version.id);
	return 0;
}

static int make(struct call *call, const struct input *input, const struct secret *secret,
		bool given, json_t **ret_output)
{
	struct secret_version version = {.id = ""};
	struct err err = ERR_INIT;

	if (secret_create(call->state, call->caller.account, secret, &err) < 0) {
		if (err.code == ERR_EXISTS)
			return answer_again(call, input, ret_output);
		return call_fail_server(call, &err);
	}
	if (given && secret_value_put(call, secret, &input->value, NULL, &version) < 0)
		return -1;
	if (db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	*ret_output = secret_answer(call, secret);
	out_text(*ret_output, "VersionId", version.id);
	return 0;
}

static int create_secret(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	char suffix[SECRET_SUFFIX_SIZE];
	struct secret secret = {
		.name = input->name,
		.suffix = suffix,
		.description = input->description ? input->description : "",
		.key_id = input->key_id ? input->key_id : "",
		.created_ms = call->now_ms,
	};
	struct err err = ERR_INIT;
	bool given;

	make_suffix(suffix);
	if (check_name(call, input->name) < 0 ||
	    secret_value_check(call, &input->value, &given) < 0)
		return -1;
	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	return make(call, input, &secret, given, ret_output);
}

const struct operation op_secretsmanager_create_secret = {
	.service = "secretsmanager",
	.name = "CreateSecret",
	.shape = &shape,
	.handler = create_secret,
	.shape_error = "ValidationException",
};
