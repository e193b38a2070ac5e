/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ExecuteCommand: writes who wants to run what, and answers the URL and the token by
 * which it may be done, once and within a minute. The URL is on the host that the
 * request was sent to.
 */
#include <string.h>

#include "core/ident.h"
#include "core/shell_words.h"
#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/exec_stream.h"
#include "gateway/json_out.h"
#include "store/exec_session.h"
#include "store/task.h"

#define NOT_ENABLED                                                                                \
	"The execute command failed because execute command was not enabled when the task was "    \
	"run or the execute command agent isn\xe2\x80\x99t running. Wait and try again or run a "  \
	"new task with execute command enabled and try again."

struct input {
	const char *cluster, *container, *command, *task;
	bool interactive;
};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, 0),
	TEXT(struct input, container, "container", 0, 0, 0),
	TEXT(struct input, command, "command", 0, EXEC_COMMAND_MAX, SHAPE_REQUIRED),
	BOOL(struct input, interactive, "interactive", SHAPE_REQUIRED),
	TEXT(struct input, task, "task", 0, 0, SHAPE_REQUIRED),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static int find_task(struct call *call, const char *cluster, const char *id, struct task *task)
{
	struct err err = ERR_INIT;

	if (task_find(call->state, call->caller.account, cluster, id, call->arena, task, &err) == 0)
		return 0;
	if (err.code != ERR_NOT_FOUND)
		return call_fail_server(call, &err);
	return call_fail(call, "InvalidParameterException", "The referenced task was not found.");
}

static int check_command(struct call *call, const char *command)
{
	struct err err = ERR_INIT;
	const char **words;
	size_t count;

	if (shell_words_split(command, call->arena, &words, &count, &err) < 0)
		return call_fail(call, "InvalidParameterException", "command: %s.", err.text);
	if (count == 0)
		return call_fail(call, "InvalidParameterException", "command must not be empty.");
	return 0;
}

/* Which one is meant: the only one needs no name. */
static int find_container(struct call *call, const struct task *task, const char *name,
			  size_t *ret_index)
{
	if (!shape_given(name) && task->container_count == 1) {
		*ret_index = 0;
		return 0;
	}
	if (!shape_given(name))
		return call_fail(call, "InvalidParameterException",
				 "Container name must be specified if the task has more than one "
				 "container.");
	for (size_t i = 0; i < task->container_count; i++) {
		if (strcmp(task->containers[i].name, name) == 0) {
			*ret_index = i;
			return 0;
		}
	}
	return call_fail(call, "InvalidParameterException",
			 "The container %s was not found in the task.", name);
}

static int check(struct call *call, const struct input *input, const struct task *task,
		 size_t *ret_index)
{
	if (!input->interactive)
		return call_fail(call, "InvalidParameterException",
				 "Interactive is the only mode supported currently.");
	if (check_command(call, input->command) < 0 ||
	    find_container(call, task, input->container, ret_index) < 0)
		return -1;
	if (!task->exec_enabled || task->state != TASK_RUNNING || task->want_stopped)
		return call_fail(call, "InvalidParameterException", "%s", NOT_ENABLED);
	if (task->containers[*ret_index].state != CONTAINER_RUNNING)
		return call_fail(call, "TargetNotConnectedException",
				 "The execute command failed due to an internal error. Try again "
				 "later.");
	return 0;
}

static int keep(struct call *call, const struct exec_session *session, const char *token)
{
	struct err err = ERR_INIT;

	if (db_begin(call->state, &err) < 0 ||
	    exec_session_insert(call->state, session, token, &err) < 0 ||
	    db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	return 0;
}

static json_t *session_json(const struct call *call, const char *id, const char *token)
{
	const char *host = request_header(call->request, "host");
	json_t *object = out_object();

	out_textf(object, "sessionId", "ecs-execute-command-%s", id);
	out_textf(object, "streamUrl", "wss://%s" EXEC_STREAM_PATH "%s?role=publish_subscribe",
		  host ? host : "", id);
	out_text(object, "tokenValue", token);
	return object;
}

static int execute_command(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	char id[EXEC_ID_SIZE], token[EXEC_TOKEN_SIZE];
	struct exec_session session = {
		.id = id,
		.command = input->command,
		.account = call->caller.account,
		.access_key = call->caller.access_key,
		.created_ms = call->now_ms,
	};
	const struct task_container *container;
	struct cluster cluster;
	struct task task;
	size_t index;

	if (cluster_require(call, input->cluster, &cluster) < 0 ||
	    ecs_task_id(call, cluster.name, input->task, &session.task) < 0 ||
	    find_task(call, cluster.name, session.task, &task) < 0 ||
	    check(call, input, &task, &index) < 0)
		return -1;
	ident_hex32(id);
	ident_hex32(token);
	ident_hex32(token + EXEC_ID_SIZE - 1);
	session.container = (int64_t)index;
	if (keep(call, &session, token) < 0)
		return -1;
	container = &task.containers[index];
	*ret_output = out_object();
	out_text(*ret_output, "clusterArn", ecs_cluster_arn(call, cluster.name).text);
	out_text(*ret_output, "containerArn",
		 ecs_container_arn(call, cluster.name, task.id, container->arn_id).text);
	out_text(*ret_output, "containerName", container->name);
	out_bool(*ret_output, "interactive", true);
	out_put(*ret_output, "session", session_json(call, id, token));
	out_text(*ret_output, "taskArn", ecs_task_arn(call, cluster.name, task.id).text);
	return 0;
}

const struct operation op_ecs_execute_command = {
	.service = "ecs",
	.name = "ExecuteCommand",
	.shape = &shape,
	.handler = execute_command,
	.shape_error = "InvalidParameterException",
};
