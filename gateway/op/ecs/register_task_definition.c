/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RegisterTaskDefinition: checks a definition and keeps its normal form under the
 * next revision of its family. One that requires FARGATE has to keep Fargate's
 * rules; another may break them and then cannot be run here. What could be run but
 * asks for something that is not done yet is refused now and not at every start.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ecs/definition_json.h"
#include "gateway/ecs/storage_check.h"
#include "gateway/ecs/tags_input.h"
#include "gateway/json_out.h"

/* Checks in the order in which the API makes them. *ret_fits: Fargate could run it. */
static int check(struct call *call, struct definition_input *input, bool *ret_fits)
{
	struct err err = ERR_INIT;
	bool fits;

	if (definition_read_size(input, &err) < 0)
		return call_fail(call, "InvalidParameterException", "%s", err.text);
	if (definition_check(input, &err) < 0)
		return call_fail(call, "ClientException", "%s", err.text);
	fits = definition_check_fargate(input, &call->options->extensions, &err) == 0;
	if (!fits && definition_requires_fargate(input))
		return call_fail(call, "ClientException", "%s", err.text);
	if (fits && definition_check_supported(input, call->options->region, &err) < 0)
		return call_fail(call, "ClientException", "%s by this Slipway yet.", err.text);
	if (fits && storage_check(input, call, &err) < 0)
		return call_fail(call, "ClientException", "%s", err.text);
	if (input->tags.present && input->tags.count == 0)
		return call_fail(call, "ClientException", "Tags can not be empty.");
	*ret_fits = fits;
	return tags_check(call, "ClientException", &input->tags);
}

static int store(struct call *call, const struct definition_input *input,
		 struct definition *definition)
{
	struct err err = ERR_INIT;

	if (db_begin(call->state, &err) < 0 ||
	    definition_register(call->state, call->caller.account, definition,
				&definition->revision, &err) < 0)
		return call_fail_server(call, &err);
	if (tags_put(call, "ClientException",
		     ecs_definition_arn(call, definition->family, definition->revision).text,
		     input->tags.items, input->tags.count) < 0)
		return -1;
	if (db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	return 0;
}

static int register_task_definition(struct call *call, const void *filled, json_t **ret_output)
{
	/* The size is read into it: it was filled for this call alone. */
	struct definition_input *input = (struct definition_input *)(uintptr_t)filled;
	AUTO(json_decrefp) json_t *body = NULL;
	AUTO(freep) char *text = NULL;
	struct definition definition = {
		.family = input->family,
		.status = DEFINITION_ACTIVE,
		.registered_by = call->caller.arn,
		.registered_ms = call->now_ms,
	};
	json_t *output;
	bool fits;

	if (check(call, input, &fits) < 0)
		return -1;
	body = definition_make_body(input, call->body, fits);
	text = out_dump(body);
	if (strlen(text) > DEFINITION_BYTES_MAX)
		return call_fail(call, "ClientException",
				 "Actual length: '%zu'. Max allowed length is '%u' bytes.",
				 strlen(text), DEFINITION_BYTES_MAX);
	definition.body_json = text;
	if (store(call, input, &definition) < 0)
		return -1;
	output = out_object();
	out_put(output, "taskDefinition", definition_json(call, &definition));
	if (input->tags.count > 0)
		out_put(output, "tags", tags_as_json(input->tags.items, input->tags.count));
	*ret_output = output;
	return 0;
}

const struct operation op_ecs_register_task_definition = {
	.service = "ecs",
	.name = "RegisterTaskDefinition",
	.shape = &definition_shape,
	.handler = register_task_definition,
	.shape_error = "ClientException",
};
