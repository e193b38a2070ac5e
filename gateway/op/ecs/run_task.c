/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RunTask: writes what is wanted. All tasks of a request that the account's quotas have room
 * for, their tags and its client token are written together or not at all; once that is durable it
 * is promised, whoever is killed next. Everything that needs no lock is done before: tasks get
 * their ids, and the answer is made of what will be written.
 *
 * A client token makes a retry the same request: the token is looked for once
 * before anything is planned (a retry must find its tasks even if the definition is
 * gone by now) and once more under the write lock; who finds it used there begins anew. So of
 * many at once exactly one starts tasks and the others answer them. Two requests are the same if
 * their members are, by presence and spelling; the token is bound to the cluster.
 */
#include <string.h>

#include "core/digest.h"
#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/failures_json.h"
#include "gateway/ecs/launch_limits.h"
#include "gateway/ecs/run_input.h"
#include "gateway/ecs/tags_input.h"
#include "gateway/ecs/task_json.h"
#include "gateway/json_out.h"
#include "store/task_payload.h"

#define TOKEN_MAX 64 /* the API's */

struct token {
	const char *text;	       /* NULL: none */
	char request[SHA256_HEX_SIZE]; /* what the request says, as a digest */
};

static int add_text(const char *text, size_t len, void *ctx)
{
	struct err err;

	return buf_append(ctx, text, len, &err);
}

static int read_token(struct call *call, const struct run_input *input, struct token *token)
{
	AUTO(buf_done) struct buf canonical;

	buf_init(&canonical, SIZE_MAX / 4); /* the body has a maximum */
	*token = (struct token){.text = NULL};
	if (!input->client_token || input->client_token[0] == '\0')
		return 0;
	for (const char *c = input->client_token; *c != '\0'; c++) {
		if (*c < 33 || *c > 126 || c - input->client_token >= TOKEN_MAX)
			return call_fail(call, "InvalidParameterException",
					 "clientToken must contain between 1 and %d characters "
					 "from ASCII 33 to 126.",
					 TOKEN_MAX);
	}
	if (json_dump_callback(call->body, add_text, &canonical, JSON_COMPACT | JSON_SORT_KEYS) < 0)
		abort();
	sha256_hex(canonical.data, canonical.len, token->request);
	token->text = input->client_token;
	return 0;
}

static int conflict(struct call *call, const char *cluster, const char **ids, size_t count)
{
	json_t *list = out_list();

	for (size_t i = 0; i < count; i++)
		out_push(list, out_string(ecs_task_arn(call, cluster, ids[i]).text));
	call->error_extra = out_object();
	out_put(call->error_extra, "resourceIds", list);
	return call_fail(call, "ConflictException",
			 "The RunTask request could not be processed due to conflicts. The "
			 "provided clientToken is already in use with a different request.");
}

/* The tasks of a token that was used, as they are now. 0 and *ret_found. */
static int find_by_token(struct call *call, const char *cluster, const struct token *token,
			 json_t *tasks, bool *ret_found)
{
	const char *account = call->caller.account;
	struct err err = ERR_INIT;
	const char *request;
	const char **ids;
	size_t count;

	*ret_found = false;
	if (!token->text)
		return 0;
	if (run_token_find(call->state, account, cluster, token->text, call->now_ms, call->arena,
			   &request, &ids, &count, &err) < 0)
		return err.code == ERR_NOT_FOUND ? 0 : call_fail_server(call, &err);
	if (strcmp(request, token->request) != 0)
		return conflict(call, cluster, ids, count);
	for (size_t i = 0; i < count; i++) {
		struct task task;
		json_t *object;

		if (task_find(call->state, account, cluster, ids[i], call->arena, &task, &err) <
		    0) {
			if (err.code == ERR_NOT_FOUND)
				continue;
			return call_fail_server(call, &err);
		}
		if (task_json(call, &task, TASK_WITH_TAGS, &object) < 0)
			return -1;
		out_push(tasks, object);
	}
	*ret_found = true;
	return 0;
}

/* Everything that is to be written, made before the lock is taken. */
struct start {
	const char *cluster; /* as given */
	struct token token;
	struct run_plan plan;
	struct task *tasks;
	const char **ids;
	size_t count;
};

static enum call_written refuse(struct call *call, const struct err *err)
{
	call_set_server_error(call, err);
	return CALL_REFUSED;
}

static enum call_written insert_task(struct call *call, const struct start *start,
				     const struct task *task)
{
	struct ecs_arn arn = ecs_task_arn(call, task->cluster, task->id);
	struct err err = ERR_INIT;

	if (task_insert(call->state, task, &err) < 0)
		return refuse(call, &err);
	if (call->event && task_payload_put(call->state, task->id, call->event, &err) < 0)
		return refuse(call, &err);
	if (tags_put(call, "InvalidParameterException", arn.text, start->plan.tags,
		     start->plan.tag_count) < 0)
		return CALL_REFUSED;
	return CALL_WRITTEN;
}

/* Is the token still nobody's? Another request may have used it since we looked. */
static enum call_written check_token(struct call *call, const struct start *start,
				     const char *cluster)
{
	struct err err = ERR_INIT;
	const char *request;
	const char **ids;
	size_t count;

	if (!start->token.text)
		return CALL_WRITTEN;
	if (run_token_find(call->state, call->caller.account, cluster, start->token.text,
			   call->now_ms, call->arena, &request, &ids, &count, &err) == 0)
		return CALL_OUTDATED; /* the second look tells its tasks, or the conflict */
	return err.code == ERR_NOT_FOUND ? CALL_WRITTEN : refuse(call, &err);
}

/* Under the write lock: look again at what may have changed, then write it all. */
static enum call_written write_tasks(struct call *call, void *ctx)
{
	const struct start *start = ctx;
	enum call_written written;
	struct err err = ERR_INIT;
	struct cluster cluster;

	if (cluster_require(call, start->cluster, &cluster) < 0)
		return CALL_REFUSED;
	written = check_token(call, start, cluster.name);
	if (written == CALL_WRITTEN)
		written = launch_take(call, &start->plan, (int64_t)start->count);
	for (size_t i = 0; i < start->count && written == CALL_WRITTEN; i++)
		written = insert_task(call, start, &start->tasks[i]);
	if (written == CALL_WRITTEN)
		written = launch_check_budgets(call, &start->tasks[0]);
	if (written != CALL_WRITTEN || !start->token.text)
		return written;
	if (run_token_put(call->state, call->caller.account, cluster.name, start->token.text,
			  start->token.request, start->ids, start->count, call->now_ms, &err) < 0)
		return refuse(call, &err);
	return CALL_WRITTEN;
}

/* Make the tasks and what is answered of them; they are the caller's once written. */
static int plan_tasks(struct call *call, const struct cluster *cluster, struct start *start,
		      json_t *answered)
{
	start->tasks = arena_alloc(call->arena, start->count * sizeof(*start->tasks));
	start->ids = arena_alloc(call->arena, start->count * sizeof(*start->ids));
	if (!start->tasks || !start->ids)
		return call_fail(call, "InvalidParameterException", "The request is too large.");
	for (size_t i = 0; i < start->count; i++) {
		json_t *object;

		if (run_plan_task(call, &start->plan, cluster, i, &start->tasks[i]) < 0 ||
		    task_json(call, &start->tasks[i], 0, &object) < 0)
			return -1;
		out_put(object, "tags", tags_as_json(start->plan.tags, start->plan.tag_count));
		out_push(answered, object);
		start->ids[i] = start->tasks[i].id;
	}
	return 0;
}

/* So many are started as find room; each of the others is a failure. */
static int plan_count(struct call *call, const struct cluster *cluster, struct start *start,
		      json_t *failures)
{
	const struct run_input *input = start->plan.input;
	int64_t count = input->has_count ? input->count : 1;
	const char *reason;
	int64_t room;

	if (launch_room(call, &start->plan, count, &room, &reason) < 0)
		return -1;
	start->count = (size_t)room;
	for (; room < count; room++)
		out_push(failures, failure_json(ecs_cluster_arn(call, cluster->name).text, reason));
	return 0;
}

static int run_task(struct call *call, const void *filled, json_t **ret_output)
{
	const struct run_input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	struct start *start = arena_alloc(call->arena, sizeof(*start));
	json_t *tasks = out_list();
	json_t *failures = out_list();
	struct cluster cluster;
	bool found;

	out_put(output, "tasks", tasks);
	out_put(output, "failures", failures);
	if (!start)
		return call_fail(call, "InvalidParameterException", "The request is too large.");
	start->cluster = input->cluster;
	if (read_token(call, input, &start->token) < 0 ||
	    cluster_require(call, input->cluster, &cluster) < 0 ||
	    find_by_token(call, cluster.name, &start->token, tasks, &found) < 0)
		return -1;
	if (!found) {
		if (run_plan(call, input, &cluster, &start->plan) < 0 ||
		    plan_count(call, &cluster, start, failures) < 0 ||
		    plan_tasks(call, &cluster, start, tasks) < 0)
			return -1;
		if (start->count > 0)
			call_write(call, write_tasks, start);
	}
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_ecs_run_task = {
	.service = "ecs",
	.name = "RunTask",
	.shape = &run_shape,
	.handler = run_task,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
