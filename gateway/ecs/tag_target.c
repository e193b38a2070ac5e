/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row a kind of resource. A kind that the API knows and that cannot exist here
 * has no finder: nothing of it is ever found.
 */
#include "gateway/ecs/tag_target.h"

#include <string.h>

#include "store/cluster.h"
#include "store/definition.h"
#include "store/task.h"

#define TYPE "InvalidParameterException"

static int fail_store(struct call *call, const struct err *err, const char *kind)
{
	if (err->code != ERR_NOT_FOUND)
		return call_fail_server(call, err);
	return call_fail(call, TYPE,
			 "The specified %s does not exist. Specify a valid %s and try again.", kind,
			 kind);
}

static int find_cluster(struct call *call, const char *given, struct ecs_arn *ret_arn)
{
	struct err err = ERR_INIT;
	struct cluster cluster;
	const char *name;

	if (ecs_cluster_name(call, given, &name) < 0)
		return -1;
	if (cluster_find(call->state, call->caller.account, name, call->arena, &cluster, &err) < 0)
		return fail_store(call, &err, "cluster");
	if (!cluster.active)
		return call_fail(call, TYPE,
				 "The specified cluster is inactive. Specify an active cluster "
				 "and try again.");
	*ret_arn = ecs_cluster_arn(call, name);
	return 0;
}

static int find_task(struct call *call, const char *given, struct ecs_arn *ret_arn)
{
	struct err err = ERR_INIT;
	const char *resource;
	const char *slash;
	const char *cluster;
	struct task task;
	const char *id;

	if (ecs_arn_resource(call, given, &resource) < 0)
		return -1;
	resource += strlen("task/");
	slash = strchr(resource, '/');
	if (!slash)
		return call_fail(call, TYPE, "Invalid identifier: Unexpected number of separators");
	cluster = arena_strndup(call->arena, resource, (size_t)(slash - resource));
	if (!cluster)
		return call_fail(call, TYPE, "The request is too large.");
	if (ecs_task_id(call, cluster, given, &id) < 0)
		return -1;
	if (task_find(call->state, call->caller.account, cluster, id, call->arena, &task, &err) < 0)
		return fail_store(call, &err, "task");
	if (task.state == TASK_STOPPED)
		return call_fail(call, TYPE,
				 "The specified task is stopped. Specify a running task and try "
				 "again.");
	*ret_arn = ecs_task_arn(call, cluster, id);
	return 0;
}

static int find_definition(struct call *call, const char *given, struct ecs_arn *ret_arn)
{
	struct err err = ERR_INIT;
	struct definition definition;
	struct ecs_definition_name name;

	if (ecs_definition_name(call, given, &name) < 0)
		return -1;
	if (name.revision == 0)
		return call_fail(call, "ClientException", "Revision is missing.");
	if (definition_find(call->state, call->caller.account, name.family, name.revision,
			    call->arena, &definition, &err) < 0)
		return fail_store(call, &err, "task definition");
	*ret_arn = ecs_definition_arn(call, name.family, name.revision);
	return 0;
}

static const struct kind {
	const char *prefix, *name;
	int (*find)(struct call *call, const char *given, struct ecs_arn *ret_arn);
} kinds[] = {
	{"cluster/", "cluster", find_cluster},
	{"task/", "task", find_task},
	{"task-definition/", "task definition", find_definition},
	{"service/", "service", NULL},
	{"container-instance/", "container instance", NULL},
	{"capacity-provider/", "capacity provider", NULL},
	{"task-set/", "task set", NULL},
};

int tag_target(struct call *call, const char *given, struct ecs_arn *ret_arn)
{
	const struct err missing = {.code = ERR_NOT_FOUND};
	const char *resource;

	if (ecs_arn_resource(call, given, &resource) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strncmp(resource, kinds[i].prefix, strlen(kinds[i].prefix)) != 0)
			continue;
		if (!kinds[i].find)
			return fail_store(call, &missing, kinds[i].name);
		return kinds[i].find(call, given, ret_arn);
	}
	return call_fail(call, TYPE, "resourceArn is not the ARN of a resource that has tags.");
}
