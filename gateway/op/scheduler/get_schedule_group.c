/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetScheduleGroup: the default one is as old as the account, and tells no date.
 */
#include "gateway/api_table.h"
#include "gateway/rest.h"
#include "gateway/scheduler/schedule_json.h"

struct input {
	const char *name;
};
static const struct shape_field fields[] = {
	TEXT(struct input, name, "Name", 1, SCHEDULE_GIVEN_MAX, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int get_schedule_group(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	struct scheduler_group group;

	if (schedule_name_check(call, "name", input->name) < 0 ||
	    schedule_group_require(call, input->name, &group) < 0)
		return -1;
	*ret_output = schedule_group_json(call, &group);
	return 0;
}

static const struct rest_route route = {
	.method = "GET",
	.path = "/schedule-groups/{Name}",
};
const struct operation op_scheduler_get_schedule_group = {
	.service = "scheduler",
	.name = "GetScheduleGroup",
	.shape = &shape,
	.handler = get_schedule_group,
	.shape_error = SCHEDULE_VALIDATION,
	.snapshot = true,
	.route = &route,
};
