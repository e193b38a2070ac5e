/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeleteSchedule: what of it is on its way goes on.
 */
#include "gateway/api_table.h"
#include "gateway/rest.h"
#include "gateway/scheduler/schedule_name.h"
#include "gateway/scheduler/schedule_token.h"

struct input {
	const char *name, *group, *token;
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, SCHEDULE_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct input, group, "GroupName", 1, SCHEDULE_GIVEN_MAX, 0),
	TEXT(struct input, token, "ClientToken", 1, SCHEDULE_GIVEN_MAX, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

struct deletion {
	const struct input *input;
	struct schedule_token token;
};

static enum call_written write_schedule(struct call *call, void *ctx)
{
	const struct deletion *deletion = ctx;
	struct scheduler_record schedule;
	struct err err = ERR_INIT;
	bool again;

	if (schedule_token_use(call, &deletion->token, &again) < 0)
		return CALL_REFUSED;
	if (again)
		return CALL_WRITTEN;
	if (schedule_require(call, deletion->input->group, deletion->input->name, &schedule) < 0)
		return CALL_REFUSED;
	if (scheduler_delete(call->state, &schedule.key, &err) < 0) {
		call_set_server_error(call, &err);
		return CALL_REFUSED;
	}
	return CALL_WRITTEN;
}

static int delete_schedule(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct deletion *deletion = arena_alloc(call->arena, sizeof(*deletion));

	(void)ret_output; /* {} */
	if (!deletion)
		return call_fail(call, SCHEDULE_VALIDATION, "The request is too large.");
	deletion->input = input;
	if (schedule_name_check(call, "name", input->name) < 0 ||
	    schedule_token_read(call, input->token, "DeleteSchedule", &deletion->token) < 0)
		return -1;
	call_write(call, write_schedule, deletion);
	return 0;
}

static const struct rest_parameter parameters[] = {{"groupName", "GroupName", REST_TEXT},
						   {"clientToken", "ClientToken", REST_TEXT}};
static const struct rest_route route = {
	.method = "DELETE",
	.path = "/schedules/{Name}",
	.parameters = parameters,
	.parameter_count = ARRAY_LEN(parameters),
};
const struct operation op_scheduler_delete_schedule = {
	.service = "scheduler",
	.name = "DeleteSchedule",
	.shape = &shape,
	.handler = delete_schedule,
	.shape_error = SCHEDULE_VALIDATION,
	.snapshot = true,
	.route = &route,
};
