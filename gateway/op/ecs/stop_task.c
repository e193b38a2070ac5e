/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StopTask: writes the wish that a task ends; the provisioner does it. The answer
 * shows the task desired STOPPED at once. A task that is wanted stopped already
 * stays as it is, with its first code and reason.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/task_json.h"
#include "gateway/json_out.h"

#define REASON_MAX 255 /* the API's */

struct input {
	const char *cluster, *task, *reason;
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, 0),
	TEXT(struct input, task, "task", 0, 0, SHAPE_REQUIRED),
	TEXT(struct input, reason, "reason", 0, REASON_MAX, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int find(struct call *call, const char *cluster, const char *id, struct task *task)
{
	struct err err = ERR_INIT;

	if (task_find(call->state, call->caller.account, cluster, id, call->arena, task, &err) == 0)
		return 0;
	if (err.code != ERR_NOT_FOUND)
		return call_fail_server(call, &err);
	return call_fail(call, "InvalidParameterException", "The referenced task was not found.");
}

static int stop_task(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	const char *reason = "Task stopped by user";
	struct err err = ERR_INIT;
	struct cluster cluster;
	struct task task;
	json_t *object;
	const char *id;

	if (input->reason && input->reason[0] != '\0')
		reason = input->reason;
	if (cluster_require(call, input->cluster, &cluster) < 0 ||
	    ecs_task_id(call, cluster.name, input->task, &id) < 0)
		return -1;
	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (find(call, cluster.name, id, &task) < 0)
		return -1;
	if (task_want_stopped(call->state, call->caller.account, cluster.name, id, "UserInitiated",
			      reason, call->now_ms, &err) < 0 ||
	    task_find(call->state, call->caller.account, cluster.name, id, call->arena, &task,
		      &err) < 0 ||
	    db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	call->options->ring(call->options->ring_ctx);
	if (task_json(call, &task, TASK_WITH_TAGS, &object) < 0)
		return -1;
	*ret_output = out_object();
	out_put(*ret_output, "task", object);
	return 0;
}

const struct operation op_ecs_stop_task = {
	.service = "ecs",
	.name = "StopTask",
	.shape = &shape,
	.handler = stop_task,
	.shape_error = "InvalidParameterException",
};
