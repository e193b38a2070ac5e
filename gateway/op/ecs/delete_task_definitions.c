/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteTaskDefinitions: asks that INACTIVE revisions go away. They are
 * DELETE_IN_PROGRESS until nothing uses them; what cannot be deleted goes to
 * `failures` and does not keep the others.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/definition_json.h"
#include "gateway/ecs/failures_json.h"
#include "gateway/json_out.h"

#define DEFINITIONS_MAX 10 /* the API's */

struct input {
	struct shape_list definitions; /* texts */
};

static const struct shape_field fields[] = {
	TEXTS(struct input, definitions, "taskDefinitions", 1, DEFINITIONS_MAX, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

/* 0 with *ret_reason set: this one fails. -1: the whole call does. */
static int delete_one(struct call *call, const char *given, struct definition *definition,
		      const char **ret_reason)
{
	struct err err = ERR_INIT;
	struct ecs_definition_name name;

	*ret_reason = NULL;
	if (ecs_definition_name(call, given, &name) < 0 || name.revision == 0) {
		*ret_reason = "The specified task definition identifier is invalid. Specify a "
			      "valid name or ARN and try again.";
		return 0;
	}
	if (definition_find(call->state, call->caller.account, name.family, name.revision,
			    call->arena, definition, &err) < 0) {
		if (err.code != ERR_NOT_FOUND)
			return call_fail_server(call, &err);
		*ret_reason = "The specified task definition does not exist. Specify a valid "
			      "account, family, revision and try again.";
		return 0;
	}
	if (definition->status == DEFINITION_ACTIVE) {
		*ret_reason = "The specified task definition is still in ACTIVE status. Please "
			      "deregister the target and try again.";
		return 0;
	}
	if (definition->status == DEFINITION_DELETING)
		return 0;
	if (definition_set_status(call->state, call->caller.account, name.family, name.revision,
				  DEFINITION_DELETING, call->now_ms, &err) < 0)
		return call_fail_server(call, &err);
	definition->status = DEFINITION_DELETING;
	definition->delete_requested_ms = call->now_ms;
	return 0;
}

static int delete_task_definitions(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	const char *const *names = input->definitions.items;
	struct err err = ERR_INIT;
	json_t *deleted = out_list();
	json_t *failures = out_list();

	out_put(output, "taskDefinitions", deleted);
	out_put(output, "failures", failures);
	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	for (size_t i = 0; i < input->definitions.count; i++) {
		struct definition definition;
		const char *reason;

		if (delete_one(call, names[i], &definition, &reason) < 0)
			return -1;
		if (reason)
			out_push(failures, failure_json(names[i], reason));
		else
			out_push(deleted, definition_json(call, &definition));
	}
	if (db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_ecs_delete_task_definitions = {
	.service = "ecs",
	.name = "DeleteTaskDefinitions",
	.shape = &shape,
	.handler = delete_task_definitions,
	.shape_error = "InvalidParameterException",
};
