/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DescribeTasks: up to a hundred tasks of one cluster; those that are not there go
 * to `failures` as MISSING.
 *
 * One thing goes beyond the API: `include` may hold PHASES and BILL, and each task then has
 * a member that no SDK knows and all of them skip,
 *     "slipway": {"phases": [{"name": "claimed", "at": 1764000000.123}, ...],
 *                 "bill": {"seconds": 17, ..., "cost": "0.000058302", "currency": "USD"}}
 * the time line of its launch in the order in which it happened, and what it costs so far
 * (task_bill_json() has all members); no bill for a task that never began to pull.
 */
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ecs/bill_desk.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/failures_json.h"
#include "gateway/ecs/task_json.h"
#include "gateway/json_out.h"

#define TASKS_MAX 100 /* the API's */

struct input {
	const char *cluster;
	struct shape_list tasks;   /* texts */
	struct shape_list include; /* texts */
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, 0),
	TEXTS(struct input, tasks, "tasks", 0, TASKS_MAX, 0),
	TEXTS(struct input, include, "include", 0, 0, 0),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int read_include(struct call *call, const struct shape_list *include, unsigned *ret_with)
{
	const char *const *names = include->items;
	unsigned with = 0;

	for (size_t i = 0; i < include->count; i++) {
		if (strcmp(names[i], "TAGS") == 0)
			with |= TASK_WITH_TAGS;
		else if (strcmp(names[i], "PHASES") == 0)
			with |= TASK_WITH_PHASES;
		else if (strcmp(names[i], "BILL") == 0)
			with |= TASK_WITH_BILL;
		else
			return call_fail(call, "InvalidParameterException",
					 "include should be one of [TAGS]");
	}
	*ret_with = with;
	return 0;
}

struct wish {
	const char *cluster;
	unsigned with;
	struct bill_desk desk; /* where bills are wanted */
};

static void wish_done(struct wish *wish)
{
	bill_desk_done(&wish->desk);
}

static int add_bill(struct call *call, const struct wish *wish, const struct task *task,
		    json_t *object)
{
	json_t *slipway = json_object_get(object, "slipway");
	json_t *bill;

	if (bill_desk_json(call, &wish->desk, task->id, &bill) < 0)
		return -1;
	if (!slipway) {
		slipway = out_object();
		out_put(object, "slipway", slipway);
	}
	if (bill)
		out_put(slipway, "bill", bill);
	return 0;
}

static int describe(struct call *call, const struct wish *wish, const char *given, json_t *found,
		    json_t *failures)
{
	const char *cluster = wish->cluster;
	struct err err = ERR_INIT;
	struct task task;
	const char *id;
	json_t *object;

	if (ecs_task_id(call, cluster, given, &id) < 0)
		return -1;
	if (task_find(call->state, call->caller.account, cluster, id, call->arena, &task, &err) <
	    0) {
		if (err.code != ERR_NOT_FOUND)
			return call_fail_server(call, &err);
		out_push(failures, failure_json(ecs_task_arn(call, cluster, id).text, "MISSING"));
		return 0;
	}
	if (task_json(call, &task, wish->with, &object) < 0)
		return -1;
	out_push(found, object);
	return wish->with & TASK_WITH_BILL ? add_bill(call, wish, &task, object) : 0;
}

static int describe_tasks(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	const char *const *names = input->tasks.items;
	json_t *found = out_list();
	json_t *failures = out_list();
	AUTO(wish_done) struct wish wish = {.with = 0};
	struct cluster cluster;

	out_put(output, "tasks", found);
	out_put(output, "failures", failures);
	if (input->tasks.count == 0)
		return call_fail(call, "InvalidParameterException", "Tasks cannot be empty.");
	if (read_include(call, &input->include, &wish.with) < 0)
		return -1;
	if (cluster_require(call, input->cluster, &cluster) < 0)
		return -1;
	if (wish.with & TASK_WITH_BILL && bill_desk_open(call, &wish.desk) < 0)
		return -1;
	wish.cluster = cluster.name;
	for (size_t i = 0; i < input->tasks.count; i++) {
		if (describe(call, &wish, names[i], found, failures) < 0)
			return -1;
	}
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_ecs_describe_tasks = {
	.service = "ecs",
	.name = "DescribeTasks",
	.shape = &shape,
	.handler = describe_tasks,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
