/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters in requests and answers.
 */
#include "gateway/ssm/parameter_call.h"

#include <string.h>
#include <strings.h>

#include "gateway/json_out.h"
#include "store/secret_reference.h"

#define DEPTH_MAX 15 /* the API's, of a hierarchy */

static const char *name_fault(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.-/";
	const char *first = name[0] == '/' ? name + 1 : name;
	size_t depth = 0;

	for (const char *at = name; *at; at++)
		depth += *at == '/';
	if (name[strspn(name, letters)] != '\0' || *first == '\0' ||
	    strlen(name) > PARAMETER_NAME_MAX)
		return "Parameter name must have 1 to 1011 letters, numbers, and the symbols .-_/";
	if (strchr(name, '/') && name[0] != '/')
		return "Parameter name must be a fully qualified name.";
	if (strncasecmp(first, "aws", 3) == 0 || strncasecmp(first, "ssm", 3) == 0)
		return "Parameter name: can't be prefixed with \"aws\" or \"ssm\" "
		       "(case-insensitive).";
	if (name[strlen(name) - 1] == '/' || strstr(name, "//"))
		return "Parameter name must not have an empty part.";
	if (depth > DEPTH_MAX)
		return "Parameter name: a hierarchy can have at most 15 levels.";
	return NULL;
}

int parameter_name_check(struct call *call, const char *name)
{
	const char *fault = name_fault(name);

	return fault ? call_fail(call, "ValidationException", "%s", fault) : 0;
}

static int find(struct call *call, const struct secret_reference *reference, const char *name,
		bool decrypt, struct parameter *ret_parameter, struct err *err)
{
	int64_t version = secret_reference_version(reference);

	if (version < 0)
		return err_set(err, ERR_INVALID, "no version %s", reference->selector);
	return parameter_find(call->state, call->options->secret_key, call->caller.account, name,
			      version, decrypt ? PARAMETER_OPEN : PARAMETER_SEALED, call->arena,
			      ret_parameter, err);
}

int parameter_look_up(struct call *call, const char *text, bool decrypt,
		      struct parameter *ret_parameter, bool *ret_found)
{
	struct secret_reference reference;
	struct err err = ERR_INIT;
	const char *slashed;
	int result;

	if (secret_reference_parse(text, SECRET_OF_SSM, call->arena, &reference, &err) < 0 ||
	    reference.service != SECRET_OF_SSM)
		return call_fail(call, "ValidationException", "Invalid parameter name.");
	*ret_found = false;
	if (!secret_reference_is_of(&reference, call->options->region, call->caller.account))
		return 0;
	result = find(call, &reference, reference.name, decrypt, ret_parameter, &err);
	/* The ARN of "/a" and of "a" is the same. */
	slashed = arena_printf(call->arena, "/%s", reference.name);
	if (result < 0 && err.code == ERR_NOT_FOUND && reference.account && slashed) {
		err_clear(&err);
		result = find(call, &reference, slashed, decrypt, ret_parameter, &err);
	}
	if (result < 0 && err.code == ERR_INVALID)
		return call_fail(call, "ParameterVersionNotFound",
				 "Systems Manager could not find version %.64s of %.1011s.",
				 reference.selector, reference.name);
	if (result < 0 && err.code != ERR_NOT_FOUND)
		return call_fail_server(call, &err);
	*ret_found = result == 0;
	return 0;
}

const char *parameter_arn(const struct call *call, const char *name)
{
	const char *arn =
		arena_printf(call->arena, "arn:aws:ssm:%s:%s:parameter%s%s", call->options->region,
			     call->caller.account, name[0] == '/' ? "" : "/", name);

	return arn ? arn : "";
}

json_t *parameter_json(const struct call *call, const struct parameter *parameter)
{
	json_t *object = out_object();

	out_text(object, "Name", parameter->name);
	out_text(object, "Type", parameter->type);
	out_put(object, "Value", out_string(parameter->value));
	out_int(object, "Version", parameter->version);
	out_time(object, "LastModifiedDate", parameter->modified_ms);
	out_text(object, "ARN", parameter_arn(call, parameter->name));
	out_text(object, "DataType", parameter->data_type);
	return object;
}

int parameter_fail_missing(struct call *call, const char *name)
{
	return call_fail(call, "ParameterNotFound", "Parameter %.1011s not found.", name);
}
