/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeregisterTaskDefinition: makes a revision INACTIVE: nothing new is started from
 * it, what runs goes on. Repeating it changes nothing.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/definition_json.h"
#include "gateway/json_out.h"

struct input {
	const char *definition;
};

static const struct shape_field fields[] = {
	TEXT(struct input, definition, "taskDefinition", 0, 0, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int deregister_task_definition(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct err err = ERR_INIT;
	struct definition definition;
	struct ecs_definition_name name;

	if (ecs_definition_name(call, input->definition, &name) < 0)
		return -1;
	if (name.revision == 0)
		return call_fail(call, "ClientException", "Revision is missing.");
	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (definition_require(call, &name, "Unable to describe task definition.", &definition) < 0)
		return -1;
	if (definition.status == DEFINITION_DELETING)
		return call_fail(call, "ClientException",
				 "The task definition could not be deregistered because it is in "
				 "the process of being deleted.");
	if (definition.status == DEFINITION_ACTIVE) {
		definition.status = DEFINITION_INACTIVE;
		definition.deregistered_ms = call->now_ms;
		if (definition_set_status(call->state, call->caller.account, name.family,
					  name.revision, DEFINITION_INACTIVE, call->now_ms,
					  &err) < 0)
			return call_fail_server(call, &err);
	}
	if (db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	*ret_output = out_object();
	out_put(*ret_output, "taskDefinition", definition_json(call, &definition));
	return 0;
}

const struct operation op_ecs_deregister_task_definition = {
	.service = "ecs",
	.name = "DeregisterTaskDefinition",
	.shape = &shape,
	.handler = deregister_task_definition,
	.shape_error = "ClientException",
};
