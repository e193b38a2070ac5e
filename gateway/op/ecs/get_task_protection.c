/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetTaskProtection: of the tasks that are named; without names, of those that have one.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/protection_json.h"

#define TASKS_MAX 100 /* the API's */

struct input {
	const char *cluster;
	struct shape_list tasks; /* texts */
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, SHAPE_REQUIRED),
	TEXTS(struct input, tasks, "tasks", 0, TASKS_MAX, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int get_task_protection(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;

	return protection_json(call, input->cluster, &input->tasks, ret_output);
}

const struct operation op_ecs_get_task_protection = {
	.service = "ecs",
	.name = "GetTaskProtection",
	.shape = &shape,
	.handler = get_task_protection,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
