/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PutParameter: a new parameter, or with Overwrite a new version of one, which has the tier and
 * the key of the version before unless the request names others. Values of every type lie
 * sealed; KeyId is kept and asks for nothing more.
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

static int check_value(struct call *call, const char *value, enum tier tier)
{
	size_t len = strlen(value);

	if (len == 0)
		return call_fail(call, "ValidationException",
				 "Value must have a length of at least 1.");
	if (len > ADVANCED_MAX)
		return call_fail(call, "ValidationException",
				 "Advanced tier parameters support a maximum parameter value of "
				 "%d characters.",
				 ADVANCED_MAX);
	if (len > STANDARD_MAX && tier == TIER_STANDARD)
		return call_fail(call, "ValidationException",
				 "Standard tier parameters support a maximum parameter value of "
				 "%d characters. To create a larger parameter value, upgrade the "
				 "parameter to use the advanced-parameter tier.",
				 STANDARD_MAX);
	return 0;
}

/* The tier that the parameter will have: @before is that of the version before. */
static int choose_tier(struct call *call, const struct input *input, enum tier before,
		       enum tier *ret_tier)
{
	enum tier tier = input->tier < 0 ? before : (enum tier)input->tier;

	if (tier == TIER_STANDARD && before == TIER_ADVANCED)
		return call_fail(call, "ValidationException",
				 "This parameter uses the advanced-parameter tier. You can't "
				 "downgrade a parameter from the advanced-parameter tier to the "
				 "standard-parameter tier. If necessary, you can delete the "
				 "advanced parameter and recreate it as a standard parameter.");
	/* Intelligent tiering chooses by the size. */
	if (tier == TIER_INTELLIGENT)
		tier = strlen(input->value) > STANDARD_MAX ? TIER_ADVANCED : before;
	*ret_tier = tier;
	return check_value(call, input->value, tier);
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

/* What the version before leaves to this one; *ret_tier is the standard one if there is none. */
static int look_before(struct call *call, const struct input *input, const char *type,
		       enum tier *ret_tier, const char **ret_key_id)
{
	struct err err = ERR_INIT;
	struct parameter before;

	*ret_tier = TIER_STANDARD;
	*ret_key_id = NULL;
	if (input->overwrite &&
	    parameter_find(call->state, NULL, call->caller.account, input->name, 0, PARAMETER_ABOUT,
			   call->arena, &before, &err) == 0) {
		*ret_tier = strcmp(before.tier, tiers[TIER_ADVANCED]) == 0 ? TIER_ADVANCED
									   : TIER_STANDARD;
		return 0; /* its key stays, too */
	}
	if (input->overwrite && err.code != ERR_NOT_FOUND)
		return call_fail_server(call, &err);
	if (type && strcmp(type, PARAMETER_SECURE) == 0)
		*ret_key_id = "alias/aws/ssm";
	return 0;
}

static int write_parameter(struct call *call, const struct input *input, enum tier *ret_tier,
			   int64_t *ret_version)
{
	struct parameter given = {
		.name = input->name,
		.type = input->type < 0 ? NULL : types[input->type],
		.description = input->description,
		.data_type = input->data_type < 0 ? NULL : data_types[input->data_type],
		.modified_ms = call->now_ms,
		.modified_by = call->caller.arn,
		.value = input->value,
	};
	struct err err = ERR_INIT;
	enum tier before;

	if (look_before(call, input, given.type, &before, &given.key_id) < 0 ||
	    choose_tier(call, input, before, ret_tier) < 0)
		return -1;
	given.tier = tiers[*ret_tier];
	if (input->key_id)
		given.key_id = input->key_id;
	if (parameter_put(call->state, call->options->secret_key, call->caller.account, &given,
			  input->overwrite, ret_version, &err) < 0)
		return fail(call, &err);
	return 0;
}

static int put_parameter(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct err err = ERR_INIT;
	enum tier tier;
	int64_t version;
	json_t *output;

	if (parameter_name_check(call, input->name) < 0)
		return -1;
	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (write_parameter(call, input, &tier, &version) < 0)
		return -1;
	if (db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	output = out_object();
	out_int(output, "Version", version);
	out_text(output, "Tier", tiers[tier]);
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
