/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PutParameter: a new parameter, or with Overwrite a new version of one. Values of every type
 * lie sealed; KeyId is kept and asks for nothing more.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/json_out.h"
#include "gateway/ssm/parameter_call.h"

#define STANDARD_MAX 4096 /* the API's, in bytes */
#define ADVANCED_MAX 8192

static const char *const types[] = {"String", "StringList", PARAMETER_SECURE, NULL};
enum tier { TIER_STANDARD, TIER_ADVANCED, TIER_INTELLIGENT };
static const char *const tiers[] = {"Standard", "Advanced", "Intelligent-Tiering", NULL};
static const char *const data_types[] = {"text", NULL};

struct input {
	const char *name, *value, *description, *key_id;
	int type, tier, data_type;
	bool overwrite;
};

static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, 2048, SHAPE_REQUIRED),
	TEXT(struct input, value, "Value", 0, 0, SHAPE_REQUIRED),
	TEXT(struct input, description, "Description", 0, 1024, 0),
	WORD(struct input, type, "Type", types, 0),
	TEXT(struct input, key_id, "KeyId", 1, 256, 0),
	BOOL(struct input, overwrite, "Overwrite", 0),
	WORD(struct input, tier, "Tier", tiers, 0),
	WORD(struct input, data_type, "DataType", data_types, 0),
	REFUSED("AllowedPattern"),
	REFUSED("Policies"),
	REFUSED("Tags"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int check_value(struct call *call, const struct input *input)
{
	size_t len = strlen(input->value);

	if (len == 0)
		return call_fail(call, "ValidationException",
				 "Value must have a length of at least 1.");
	if (len > ADVANCED_MAX)
		return call_fail(call, "ValidationException",
				 "Advanced tier parameters support a maximum parameter value of "
				 "%d characters.",
				 ADVANCED_MAX);
	if (len > STANDARD_MAX && input->tier != TIER_ADVANCED && input->tier != TIER_INTELLIGENT)
		return call_fail(call, "ValidationException",
				 "Standard tier parameters support a maximum parameter value of "
				 "%d characters. To create a larger parameter value, upgrade the "
				 "parameter to use the advanced-parameter tier.",
				 STANDARD_MAX);
	return 0;
}

/* Intelligent tiering chooses by the size. */
static const char *tier_of(const struct input *input)
{
	if (input->tier < 0)
		return NULL;
	if (input->tier != TIER_INTELLIGENT)
		return tiers[input->tier];
	return tiers[strlen(input->value) > STANDARD_MAX ? TIER_ADVANCED : TIER_STANDARD];
}

static int fail(struct call *call, const struct err *err)
{
	if (err->code == ERR_EXISTS)
		return call_fail(call, "ParameterAlreadyExists",
				 "The parameter already exists. To overwrite this value, set the "
				 "overwrite option in the request to true.");
	if (err->code == ERR_CONFLICT)
		return call_fail(call, "HierarchyTypeMismatchException",
				 "Parameter Store doesn't support changing a parameter type in a "
				 "hierarchy.");
	if (err->code == ERR_INVALID)
		return call_fail(call, "ValidationException",
				 "A parameter type is required when you create a parameter.");
	return call_fail_server(call, err);
}

static int put_parameter(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	const char *type = input->type < 0 ? NULL : types[input->type];
	const char *tier = tier_of(input);
	struct parameter given = {
		.name = input->name,
		.type = type,
		.description = input->description,
		.data_type = input->data_type < 0 ? NULL : data_types[input->data_type],
		.tier = tier,
		.key_id = input->key_id,
		.modified_ms = call->now_ms,
		.modified_by = call->caller.arn,
		.value = input->value,
	};
	struct err err = ERR_INIT;
	int64_t version;
	json_t *output;

	if (parameter_name_check(call, input->name) < 0 || check_value(call, input) < 0)
		return -1;
	if (type && strcmp(type, PARAMETER_SECURE) == 0 && !given.key_id)
		given.key_id = "alias/aws/ssm";
	if (parameter_put(call->state, call->options->secret_key, call->caller.account, &given,
			  input->overwrite, &version, &err) < 0)
		return fail(call, &err);
	output = out_object();
	out_int(output, "Version", version);
	out_text(output, "Tier", tier ? tier : tiers[TIER_STANDARD]);
	*ret_output = output;
	return 0;
}

const struct operation op_ssm_put_parameter = {
	.service = "ssm",
	.name = "PutParameter",
	.shape = &shape,
	.handler = put_parameter,
	.shape_error = "ValidationException",
};
