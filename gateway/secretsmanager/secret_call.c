/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets in requests and answers.
 */
#include "gateway/secretsmanager/secret_call.h"

#include <string.h>

#include "core/base64.h"
#include "core/ident.h"
#include "gateway/json_out.h"
#include "store/secret_reference.h"

static int fail_missing(struct call *call)
{
	return call_fail(call, "ResourceNotFoundException",
			 "Secrets Manager can't find the specified secret.");
}

int secret_require(struct call *call, const char *id, bool deleted, struct secret *ret_secret)
{
	struct secret_reference reference;
	struct err err = ERR_INIT;

	if (secret_reference_parse(id, SECRET_OF_MANAGER, call->arena, &reference, &err) < 0 ||
	    reference.service != SECRET_OF_MANAGER || reference.json_key || reference.stage ||
	    reference.version_id)
		return call_fail(call, "ValidationException", "Invalid name or ARN of a secret.");
	if (!secret_reference_is_of(&reference, call->options->region, call->caller.account))
		return fail_missing(call);
	if (secret_find(call->state, call->caller.account, reference.name, call->now_ms,
			call->arena, ret_secret, &err) < 0) {
		if (err.code == ERR_NOT_FOUND)
			return fail_missing(call);
		return call_fail_server(call, &err);
	}
	if (ret_secret->deleted_ms > 0 && !deleted)
		return call_fail(call, "InvalidRequestException",
				 "You can't perform this operation on the secret because it was "
				 "marked for deletion.");
	return 0;
}

const char *secret_arn(const struct call *call, const struct secret *secret)
{
	const char *arn = arena_printf(call->arena, "arn:aws:secretsmanager:%s:%s:secret:%s-%s",
				       call->options->region, call->caller.account, secret->name,
				       secret->suffix);

	return arn ? arn : "";
}

json_t *secret_answer(const struct call *call, const struct secret *secret)
{
	json_t *object = out_object();

	out_text(object, "ARN", secret_arn(call, secret));
	out_text(object, "Name", secret->name);
	return object;
}

json_t *secret_stages_json(const struct secret_version *version)
{
	json_t *list = out_list();

	for (size_t i = 0; i < version->stage_count; i++)
		out_push(list, out_string(version->stages[i]));
	return list;
}

int secret_about(struct call *call, const struct secret *secret, const char *stages,
		 json_t **ret_object)
{
	struct secret_version *versions;
	struct err err = ERR_INIT;
	json_t *object;
	json_t *map;
	size_t count;

	if (secret_versions(call->state, call->caller.account, secret->name, call->arena, &versions,
			    &count, &err) < 0)
		return call_fail_server(call, &err);
	object = secret_answer(call, secret);
	map = out_object();
	out_text(object, "Description", secret->description);
	out_text(object, "KmsKeyId", secret->key_id);
	out_time(object, "LastChangedDate", secret->changed_ms);
	out_time(object, "CreatedDate", secret->created_ms);
	out_time(object, "DeletedDate", secret->deleted_ms);
	for (size_t i = 0; i < count; i++)
		out_put(map, versions[i].id, secret_stages_json(&versions[i]));
	out_put(object, stages, map);
	*ret_object = object;
	return 0;
}

static int check_binary(struct call *call, const char *binary)
{
	size_t len;

	if (!base64_is_valid(binary))
		return call_fail(call, "ValidationException", "SecretBinary must be base 64.");
	len = base64_bytes(binary);
	if (len < 1 || len > SECRET_VALUE_MAX)
		return call_fail(call, "ValidationException",
				 "SecretBinary must be from 1 to %d bytes long.", SECRET_VALUE_MAX);
	return 0;
}

int secret_value_check(struct call *call, const struct secret_value_input *input, bool *ret_given)
{
	if (input->text && input->binary)
		return call_fail(call, "InvalidParameterException",
				 "You can't specify both a binary secret value and a string secret "
				 "value in the same secret.");
	if (input->binary && check_binary(call, input->binary) < 0)
		return -1;
	*ret_given = input->text || input->binary;
	return 0;
}

static int make_id(struct call *call, const char *token, const char **ret_id)
{
	char *id = token ? NULL : arena_alloc(call->arena, IDENT_UUID_SIZE);

	if (!token && !id)
		return call_fail(call, "InvalidParameterException", "The request is too large.");
	if (id)
		ident_uuid(id);
	*ret_id = token ? token : id;
	return 0;
}

int secret_value_put(struct call *call, const struct secret *secret,
		     const struct secret_value_input *input, const struct shape_list *stages,
		     struct secret_version *ret_version)
{
	static const char *current[] = {SECRET_CURRENT};
	struct secret_version version = {
		.binary = input->binary != NULL,
		.value = input->binary ? input->binary : input->text,
		.stages = current,
		.stage_count = ARRAY_LEN(current),
	};
	struct err err = ERR_INIT;

	if (stages && stages->count > 0) {
		version.stages = stages->items;
		version.stage_count = stages->count;
	}
	if (make_id(call, input->token, &version.id) < 0)
		return -1;
	if (secret_put(call->state, call->options->secret_key, call->caller.account, secret->name,
		       &version, call->now_ms, &err) < 0) {
		if (err.code == ERR_EXISTS)
			return call_fail(call, "ResourceExistsException",
					 "A resource with the ID you requested already exists.");
		if (err.code == ERR_LIMIT)
			return call_fail(call, "LimitExceededException",
					 "A secret can have at most %d staging labels across all "
					 "of its versions.",
					 SECRET_STAGES_MAX);
		return call_fail_server(call, &err);
	}
	*ret_version = version;
	return 0;
}
