/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RunTask: writes what is wanted. All tasks of a request, their tags and its client
 * token are one transaction; what it commits is promised, whoever is killed next.
 *
 * A client token makes a retry the same request: the token is looked for once
 * before anything is planned (a retry must find its tasks even if the definition is
 * gone by now) and once more under the write lock, so of many at once exactly one
 * starts tasks and the others answer them. Two requests are the same if their
 * members are, by presence and spelling; the token is bound to the cluster.
 */
#include <string.h>

#include "core/digest.h"
#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/run_input.h"
#include "gateway/ecs/tags_input.h"
#include "gateway/ecs/task_json.h"
#include "gateway/json_out.h"

#define TOKEN_MAX 64 /* the API's */

struct token {
	const char *text;	       /* NULL: none */
	char request[SHA256_HEX_SIZE]; /* what the request says, as a digest */
};

static int read_token(struct call *call, const struct run_input *input, struct token *token)
{
	AUTO(freep) char *canonical = NULL;

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
	canonical = json_dumps(call->body, JSON_COMPACT | JSON_SORT_KEYS);
	if (!canonical)
		abort();
	sha256_hex(canonical, strlen(canonical), token->request);
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

static int insert_task(struct call *call, const struct run_plan *plan,
		       const struct cluster *cluster, size_t index, const char **ret_id,
		       json_t *tasks)
{
	struct err err = ERR_INIT;
	struct ecs_arn arn;
	struct task task;
	json_t *object;

	if (run_plan_task(call, plan, cluster, index, &task) < 0)
		return -1;
	if (task_insert(call->state, &task, &err) < 0)
		return call_fail_server(call, &err);
	arn = ecs_task_arn(call, cluster->name, task.id);
	if (tags_put(call, "InvalidParameterException", arn.text, plan->tags, plan->tag_count) <
		    0 ||
	    task_json(call, &task, TASK_WITH_TAGS, &object) < 0)
		return -1;
	out_push(tasks, object);
	*ret_id = task.id;
	return 0;
}

/* Under the write lock: look again at what may have changed, then write it all. */
static int start(struct call *call, const struct run_plan *plan, const struct token *token,
		 json_t *tasks)
{
	size_t count = plan->input->has_count ? (size_t)plan->input->count : 1;
	const char **ids = arena_alloc(call->arena, count * sizeof(*ids));
	struct err err = ERR_INIT;
	struct cluster cluster;
	bool found;

	if (!ids)
		return call_fail(call, "InvalidParameterException", "The request is too large.");
	if (db_begin(call->state, &err) < 0)
		return call_fail_server(call, &err);
	if (cluster_require(call, plan->input->cluster, &cluster) < 0 ||
	    find_by_token(call, cluster.name, token, tasks, &found) < 0)
		return -1;
	if (found)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (insert_task(call, plan, &cluster, i, &ids[i], tasks) < 0)
			return -1;
	}
	if (token->text &&
	    run_token_put(call->state, call->caller.account, cluster.name, token->text,
			  token->request, ids, count, call->now_ms, &err) < 0)
		return call_fail_server(call, &err);
	if (db_commit(call->state, &err) < 0)
		return call_fail_server(call, &err);
	call->options->ring(call->options->ring_ctx);
	return 0;
}

static int run_task(struct call *call, const void *filled, json_t **ret_output)
{
	const struct run_input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *tasks = out_list();
	struct cluster cluster;
	struct run_plan plan;
	struct token token;
	bool found;

	out_put(output, "tasks", tasks);
	out_put(output, "failures", out_list());
	if (read_token(call, input, &token) < 0 ||
	    cluster_require(call, input->cluster, &cluster) < 0 ||
	    find_by_token(call, cluster.name, &token, tasks, &found) < 0)
		return -1;
	if (!found &&
	    (run_plan(call, input, &cluster, &plan) < 0 || start(call, &plan, &token, tasks) < 0))
		return -1;
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_ecs_run_task = {
	.service = "ecs",
	.name = "RunTask",
	.shape = &run_shape,
	.handler = run_task,
	.shape_error = "InvalidParameterException",
};
