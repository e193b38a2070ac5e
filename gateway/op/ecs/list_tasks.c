/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListTasks: the ARNs of a cluster's tasks by what is wanted of them (RUNNING
 * unless asked otherwise), by family, by who started them. Filters may be combined.
 * No task is ever desired PENDING, none runs on a container instance, under a
 * daemon or on another launch type: those filters find nothing.
 */
#include <inttypes.h>
#include <string.h>

#include "gateway/api_table.h"
#include "gateway/ecs/cluster_json.h"
#include "gateway/ecs/ecs_identifier.h"
#include "gateway/ecs/page_input.h"
#include "gateway/json_out.h"
#include "store/task.h"

struct input {
	const char *cluster, *family, *started_by, *instance, *service, *daemon;
	int desired; /* of desired_words, -1: RUNNING */
	int launch_type;
	struct page_input page;
};

#define PLACE_DIGITS_MAX 18 /* of milliseconds */

enum { DESIRED_RUNNING, DESIRED_PENDING, DESIRED_STOPPED };
static const char *const desired_words[] = {"RUNNING", "PENDING", "STOPPED", NULL};
static const char *const launch_words[] = {"EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES", NULL};

static const struct shape_field fields[] = {
	TEXT(struct input, cluster, "cluster", 0, 0, 0),
	TEXT(struct input, family, "family", 0, 0, 0),
	TEXT(struct input, started_by, "startedBy", 0, 0, 0),
	TEXT(struct input, instance, "containerInstance", 0, 0, 0),
	TEXT(struct input, service, "serviceName", 0, 0, 0),
	TEXT(struct input, daemon, "daemonName", 0, 0, 0),
	WORD(struct input, desired, "desiredStatus", desired_words, 0),
	WORD(struct input, launch_type, "launchType", launch_words, 0),
	PAGE_FIELDS(struct input, page),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

static const char *given(const char *text)
{
	return text && text[0] != '\0' ? text : NULL;
}

/* "CREATED_MS/ID": a place that outlives its task, which may be forgotten between two pages. */
static int read_place(struct call *call, const char *text, struct task_list_place *ret_place)
{
	const char *digits = text;
	int64_t created_ms = 0;

	if (!text)
		return 0;
	for (; *digits >= '0' && *digits <= '9' && digits - text < PLACE_DIGITS_MAX; digits++)
		created_ms = created_ms * 10 + (*digits - '0');
	if (digits == text || *digits != '/')
		return call_fail(call, "InvalidParameterException", "Invalid token");
	*ret_place = (struct task_list_place){.created_ms = created_ms, .id = digits + 1};
	return 0;
}

/* The place of the last task of a page that is full. */
static int make_place(struct call *call, const char *id, const char **ret_text)
{
	struct task_list_place place;
	struct err err = ERR_INIT;

	if (task_list_place(call->state, id, &place, &err) < 0)
		return call_fail_server(call, &err);
	*ret_text = arena_printf(call->arena, "%" PRId64 "/%s", place.created_ms, id);
	return *ret_text ? 0
			 : call_fail(call, "InvalidParameterException", "The answer is too large.");
}

static const char *place_text(void *ctx, size_t index)
{
	(void)index; /* asked for the last of the page alone */
	return ctx;
}

static int list_tasks(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(json_decrefp) json_t *output = out_object();
	struct err err = ERR_INIT;
	struct cluster cluster;
	struct page page;
	struct task_list_place after = {0};
	const char **ids = NULL;
	const char *last = NULL;
	size_t count = 0;
	json_t *list;

	if (cluster_require(call, input->cluster, &cluster) < 0 ||
	    page_begin(call, &input->page, "ListTasks", &page) < 0 ||
	    read_place(call, page.after, &after) < 0)
		return -1;
	if (given(input->service))
		return call_fail(call, "ServiceNotFoundException", "Service not found.");
	const struct task_filter filter = {
		.account = call->caller.account,
		.cluster = cluster.name,
		.family = given(input->family),
		.started_by = given(input->started_by),
		.launch_type = input->launch_type >= 0 ? launch_words[input->launch_type] : NULL,
		.want_stopped = input->desired == DESIRED_STOPPED,
		.after = after,
		.limit = page.size + 1,
	};
	if (input->desired != DESIRED_PENDING && !given(input->instance) && !given(input->daemon) &&
	    task_list(call->state, &filter, call->arena, &ids, &count, &err) < 0)
		return call_fail_server(call, &err);
	if (count > page.size && make_place(call, ids[page.size - 1], &last) < 0)
		return -1;
	if (page_end(call, &page, count, place_text, (void *)(uintptr_t)last, output, &count) < 0)
		return -1;
	list = out_list();
	for (size_t i = 0; ids && i < count; i++)
		out_push(list, out_string(ecs_task_arn(call, cluster.name, ids[i]).text));
	out_put(output, "taskArns", list);
	*ret_output = STEAL(output, NULL);
	return 0;
}

const struct operation op_ecs_list_tasks = {
	.service = "ecs",
	.name = "ListTasks",
	.shape = &shape,
	.handler = list_tasks,
	.shape_error = "InvalidParameterException",
	.snapshot = true,
};
