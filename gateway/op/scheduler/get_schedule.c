/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetSchedule: all of one.
 */
#include "gateway/api_table.h"
#include "gateway/rest.h"
#include "gateway/scheduler/schedule_json.h"

struct input {
	const char *name, *group;
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, SCHEDULE_GIVEN_MAX, SHAPE_REQUIRED),
	TEXT(struct input, group, "GroupName", 1, SCHEDULE_GIVEN_MAX, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int get_schedule(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct scheduler_record schedule;

	if (schedule_require(call, input->group, input->name, &schedule) < 0)
		return -1;
	*ret_output = schedule_json(call, &schedule);
	return 0;
}

static const struct rest_parameter parameters[] = {{"groupName", "GroupName", REST_TEXT}};
static const struct rest_route route = {
	.method = "GET",
	.path = "/schedules/{Name}",
	.parameters = parameters,
	.parameter_count = ARRAY_LEN(parameters),
};
const struct operation op_scheduler_get_schedule = {
	.service = "scheduler",
	.name = "GetSchedule",
	.shape = &shape,
	.handler = get_schedule,
	.shape_error = SCHEDULE_VALIDATION,
	.snapshot = true,
	.route = &route,
};
