/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No task is of a service yet: one that is there is TASK_NOT_VALID.
 */
#include "gateway/ecs/protection_json.h"

#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/failures_json.h"
#include "gateway/json_out.h"
#include "store/task.h"

static int push_failure(struct call *call, const char *cluster, const char *given, json_t *failures)
{
	struct err err = ERR_INIT;
	struct task task;
	const char *id;
	bool found;

	if (ecs_task_id(call, cluster, given, &id) < 0)
		return -1;
	found = task_find(call->state, call->caller.account, cluster, id, call->arena, &task,
			  &err) == 0;
	if (!found && err.code != ERR_NOT_FOUND)
		return call_fail_server(call, &err);
	out_push(failures, failure_json(ecs_task_arn(call, cluster, id).text,
					found ? "TASK_NOT_VALID" : "MISSING"));
	return 0;
}

int protection_json(struct call *call, const char *cluster, const struct shape_list *tasks,
		    json_t **ret_output)
{
	AUTO(json_decrefp) json_t *output = out_object();
	const char *const *names = tasks->items;
	json_t *failures = out_list();
	struct cluster found;

	out_put(output, "protectedTasks", out_list());
	out_put(output, "failures", failures);
	if (cluster_require(call, cluster, &found) < 0)
		return -1;
	for (size_t i = 0; i < tasks->count; i++) {
		if (push_failure(call, found.name, names[i], failures) < 0)
			return -1;
	}
	*ret_output = STEAL(output, NULL);
	return 0;
}
