/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteScheduleGroup: its schedules and tags go with it, at once.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/rest.h"
#include "gateway/scheduler/schedule_name.h"
#include "gateway/scheduler/schedule_token.h"
#include "store/tag.h"

struct input {
	const char *name, *token;
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, SCHEDULE_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct input, token, "ClientToken", 1, SCHEDULE_GIVEN_MAX, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

struct deletion {
	const struct input *input;
	struct schedule_token token;
};

static int delete_all(struct call *call, const char *name)
{
	struct scheduler_group group;
	struct err err = ERR_INIT;

	if (schedule_group_require(call, name, &group) < 0)
		return -1;
	if (scheduler_group_delete(call->state, call->caller.account, name, &err) < 0 ||
	    tag_clear(call->state, schedule_group_arn(call, name).text, &err) < 0)
		return call_fail_server(call, &err);
	return 0;
}

static enum call_written write_group(struct call *call, void *ctx)
{
	const struct deletion *deletion = ctx;
	bool again;

	if (schedule_token_use(call, &deletion->token, &again) < 0 ||
	    (!again && delete_all(call, deletion->input->name) < 0))
		return CALL_REFUSED;
	return CALL_WRITTEN;
}

static int delete_schedule_group(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct deletion *deletion = arena_alloc(call->arena, sizeof(*deletion));

	(void)ret_output; /* {} */
	if (!deletion)
		return call_fail(call, SCHEDULE_VALIDATION, "The request is too large.");
	deletion->input = input;
	if (schedule_name_check(call, "name", input->name) < 0 ||
	    schedule_token_read(call, input->token, "DeleteScheduleGroup", &deletion->token) < 0)
		return -1;
	if (strcmp(input->name, SCHEDULER_GROUP_DEFAULT) == 0)
		return call_fail(call, SCHEDULE_VALIDATION,
				 "Schedule group default cannot be deleted.");
	call_write(call, write_group, deletion);
	return 0;
}

static const struct rest_parameter parameters[] = {{"clientToken", "ClientToken", REST_TEXT}};
static const struct rest_route route = {
	.method = "DELETE",
	.path = "/schedule-groups/{Name}",
	.parameters = parameters,
	.parameter_count = ARRAY_LEN(parameters),
};
const struct operation op_scheduler_delete_schedule_group = {
	.service = "scheduler",
	.name = "DeleteScheduleGroup",
	.shape = &shape,
	.handler = delete_schedule_group,
	.shape_error = SCHEDULE_VALIDATION,
	.snapshot = true,
	.route = &route,
};
