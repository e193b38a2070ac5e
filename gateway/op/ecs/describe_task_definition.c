/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeTaskDefinition: a family's newest ACTIVE revision, or any revision by
 * its number as long as it is kept.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ecs/definition_json.h"
#include "gateway/ecs/tags_input.h"
#include "gateway/json_out.h"

struct input {
	const char *definition;
	struct shape_list include; /* texts */
};

static const struct shape_field fields[] = {
	TEXT(struct input, definition, "taskDefinition", 0, 0, SHAPE_REQUIRED),
	TEXTS(struct input, include, "include", 0, 0, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int describe_task_definition(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	const char *const *include = input->include.items;
	struct definition definition;
	struct ecs_definition_name name;
	json_t *tags = NULL;
	json_t *output;

	for (size_t i = 0; i < input->include.count; i++) {
		if (strcmp(include[i], "TAGS") != 0)
			return call_fail(call, "InvalidParameterException",
					 "include should be one of [TAGS]");
	}
	if (ecs_definition_name(call, input->definition, &name) < 0 ||
	    definition_require(call, &name, "Unable to describe task definition.", &definition) < 0)
		return -1;
	if (input->include.count > 0 &&
	    tags_json(call, ecs_definition_arn(call, definition.family, definition.revision).text,
		      &tags) < 0)
		return -1;
	output = out_object();
	out_put(output, "taskDefinition", definition_json(call, &definition));
	out_put(output, "tags", tags);
	*ret_output = output;
	return 0;
}

const struct operation op_ecs_describe_task_definition = {
	.service = "ecs",
	.name = "DescribeTaskDefinition",
	.shape = &shape,
	.handler = describe_task_definition,
	.shape_error = "ClientException",
	.snapshot = true,
};
