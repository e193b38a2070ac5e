/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UpdateTaskProtection: protects tasks of services from being scaled in, which there are
 * none of yet.
 */
#include "gateway/api_table.h"
#include "gateway/ecs/protection_json.h"

#define TASKS_MAX   10 /* the API's */
#define MINUTES_MAX 2880

struct input {
	const char *cluster;
	struct shape_list tasks; /* texts */
	bool enabled;
	int64_t minutes;
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, SHAPE_REQUIRED),
	TEXTS(struct input, tasks, "tasks", 0, TASKS_MAX, SHAPE_REQUIRED),
	BOOL(struct input, enabled, "protectionEnabled", SHAPE_REQUIRED),
	INT(struct input, minutes, "expiresInMinutes", 1, MINUTES_MAX, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int update_task_protection(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;

	if (input->tasks.count == 0)
		return call_fail(call, "InvalidParameterException", "Tasks cannot be empty.");
	return protection_json(call, input->cluster, &input->tasks, ret_output);
}

const struct operation op_ecs_update_task_protection = {
	.service = "ecs",
	.name = "UpdateTaskProtection",
	.shape = &shape,
	.handler = update_task_protection,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
