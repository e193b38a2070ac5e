/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See task_follow.h. Polling, as every client of this API does; the interval is
 * short because the server is near and a task may be shorter than a second.
 */
#include "cli/task_follow.h"

#include <string.h>

#include "core/clock.h"
#include "core/shape.h"
#include "store/logs.h"

#define POLL_MS	       200
#define PAGES_MAX      10000 /* of output, a call: a runaway server cannot hold us */
#define FOLLOW_RETRIES 50    /* polls that may fail in a row (the gateway restarts) */

const char *task_short_id(const char *arn_or_id)
{
	const char *slash = strrchr(arn_or_id, '/');
	return slash != NULL ? slash + 1 : arn_or_id;
}

int task_describe(struct client *client, const char *cluster, const char *task, json_t **ret_task,
		  struct err *err)
{
	AUTO(json_decrefp) json_t *answer = NULL;
	json_t *input = json_pack("{s:s*, s:[s], s:[s, s]}", "cluster", cluster, "tasks", task,
				  "include", "TAGS", "PHASES");
	if (client_call(client, "ecs", "DescribeTasks", input, &answer, err) < 0)
		return -1;
	json_t *found = json_array_get(json_object_get(answer, "tasks"), 0);
	if (found == NULL)
		return err_set(err, ERR_NOT_FOUND, "there is no task %s", task);
	*ret_task = json_incref(found);
	return 0;
}

/* --- output --- */

struct task_output {
	struct client *client;
	size_t count;
	struct {
		char *container, *group, *stream, *token;
	} streams[TASK_FOLLOW_CONTAINERS_MAX];
};

/* The log stream of one container of a described definition (see store/logs.h). */
static void add_stream(struct task_output *output, json_t *container, const char *id)
{
	if (output->count == TASK_FOLLOW_CONTAINERS_MAX)
		return;
	json_t *options =
		json_object_get(json_object_get(container, "logConfiguration"), "options");
	const char *driver =
		client_text(json_object_get(container, "logConfiguration"), "logDriver");
	const char *name = client_text(container, "name");
	const char *group = client_text(options, "awslogs-group");
	const char *prefix = client_text(options, "awslogs-stream-prefix");
	if (strcmp(driver, "awsfirelens") == 0) /* its output goes past us */
		return;
	size_t i = output->count++;
	output->streams[i].container = xstrdup(name);
	output->streams[i].group = xstrdup(group[0] != '\0' ? group : LOGS_TASKS_GROUP);
	output->streams[i].stream = group[0] != '\0' ? xasprintf("%s/%s/%s", prefix, name, id)
						     : xasprintf("%s/%s", name, id);
}

int task_output_open(struct client *client, json_t *task_object, struct task_output **ret_output,
		     struct err *err)
{
	AUTO(json_decrefp) json_t *answer = NULL;
	const char *definition = client_text(task_object, "taskDefinitionArn");
	if (client_call(client, "ecs", "DescribeTaskDefinition",
			json_pack("{s:s}", "taskDefinition", definition), &answer, err) < 0)
		return -1;
	AUTO(task_output_freep) struct task_output *output = xcalloc(1, sizeof(*output));
	output->client = client;
	json_t *containers =
		json_object_get(json_object_get(answer, "taskDefinition"), "containerDefinitions");
	size_t i;
	json_t *container;
	json_array_foreach (containers, i, container)
		add_stream(output, container, task_short_id(client_text(task_object, "taskArn")));
	*ret_output = STEAL(output, NULL);
	return 0;
}

void task_output_free(struct task_output *output)
{
	if (output == NULL)
		return;
	for (size_t i = 0; i < output->count; i++) {
		free(output->streams[i].container);
		free(output->streams[i].group);
		free(output->streams[i].stream);
		free(output->streams[i].token);
	}
	free(output);
}

void task_output_freep(struct task_output **output)
{
	task_output_free(*output);
	*output = NULL;
}

/* One page of stream @i; *ret_more says whether to ask again at once. */
static int print_page(struct task_output *output, size_t i, FILE *out, size_t *count,
		      bool *ret_more, struct err *err)
{
	AUTO(json_decrefp) json_t *answer = NULL;
	json_t *input = json_pack("{s:s, s:s, s:b, s:s*}", "logGroupName", output->streams[i].group,
				  "logStreamName", output->streams[i].stream, "startFromHead", 1,
				  "nextToken", output->streams[i].token);
	struct err failure = ERR_INIT;
	*ret_more = false;
	if (client_call(output->client, "logs", "GetLogEvents", input, &answer, &failure) < 0) {
		/* No output yet: neither group nor stream need to be there. */
		if (strstr(failure.text, "ResourceNotFoundException") != NULL)
			return 0;
		*err = failure;
		return -1;
	}
	json_t *events = json_object_get(answer, "events");
	size_t index;
	json_t *event;
	json_array_foreach (events, index, event) {
		json_t *message = json_object_get(event, "message");
		if (output->count > 1)
			fprintf(out, "%s | ", output->streams[i].container);
		fwrite(json_string_value(message), 1, json_string_length(message), out);
		fputc('\n', out);
	}
	*count += json_array_size(events);
	*ret_more = json_array_size(events) > 0;
	const char *token = json_string_value(json_object_get(answer, "nextForwardToken"));
	if (token != NULL) {
		free(output->streams[i].token);
		output->streams[i].token = xstrdup(token);
	}
	return 0;
}

int task_output_print(struct task_output *output, FILE *out, size_t *ret_count, struct err *err)
{
	size_t count = 0;
	for (size_t i = 0; i < output->count; i++) {
		bool more = true;
		for (size_t page = 0; more && page < PAGES_MAX; page++) {
			if (print_page(output, i, out, &count, &more, err) < 0)
				return -1;
		}
	}
	fflush(out);
	*ret_count = count;
	return 0;
}

/* --- following --- */

static void say_state(json_t *task, int64_t since_ms, char *last, size_t last_size, bool quiet)
{
	const char *state = client_text(task, "lastStatus");
	if (strcmp(state, last) == 0)
		return;
	snprintf(last, last_size, "%s", state);
	if (!quiet)
		fprintf(stderr, "  %6.2f s  %s\n", (double)(clock_wall_ms() - since_ms) / 1000.0,
			state);
}

int task_follow(struct client *client, const char *cluster, const char *task, bool quiet,
		const volatile sig_atomic_t *stop, json_t **ret_task, struct err *err)
{
	AUTO(task_output_freep) struct task_output *output = NULL;
	char last[32] = "";
	int64_t since_ms = clock_wall_ms();
	unsigned failures = 0;
	while (stop == NULL || *stop == 0) {
		AUTO(json_decrefp) json_t *seen = NULL;
		size_t printed = 0;
		bool ok = task_describe(client, cluster, task, &seen, err) == 0 &&
			  (output != NULL || task_output_open(client, seen, &output, err) == 0) &&
			  task_output_print(output, stdout, &printed, err) == 0;
		if (!ok) {
			if (err->code != ERR_UNAVAILABLE || ++failures > FOLLOW_RETRIES)
				return -1;
			clock_pause_ms(POLL_MS);
			continue;
		}
		failures = 0;
		say_state(seen, since_ms, last, sizeof(last), quiet);
		if (strcmp(last, "STOPPED") == 0) {
			if (ret_task != NULL)
				*ret_task = STEAL(seen, NULL);
			return 0;
		}
		clock_pause_ms(POLL_MS);
	}
	return err_set(err, ERR_UNAVAILABLE, "interrupted before task %s had ended",
		       task_short_id(task));
}

int task_conclude(json_t *task_object, bool quiet)
{
	json_t *containers = json_object_get(task_object, "containers");
	int status = -1;
	size_t i;
	json_t *container;
	json_array_foreach (containers, i, container) {
		json_t *code = json_object_get(container, "exitCode");
		const char *reason = client_text(container, "reason");
		if (status < 0 && json_is_integer(code))
			status = (int)json_integer_value(code);
		if (reason[0] != '\0')
			fprintf(stderr, "container %s: %s\n", client_text(container, "name"),
				reason);
	}
	const char *stopped = client_text(task_object, "stopCode");
	bool failed_to_start = strcmp(stopped, "TaskFailedToStart") == 0;
	if (failed_to_start || status < 0)
		status = 1;
	if (!quiet || status != 0)
		fprintf(stderr, "task %s: %s (%s), exit status %d\n",
			task_short_id(client_text(task_object, "taskArn")),
			client_text(task_object, "stoppedReason"), stopped, status);
	return status;
}

void task_print_phases(json_t *task_object, FILE *out)
{
	json_t *phases = json_object_get(json_object_get(task_object, "slipway"), "phases");
	double first = 0, previous = 0;
	size_t i;
	json_t *phase;
	json_array_foreach (phases, i, phase) {
		double at = json_number_value(json_object_get(phase, "at"));
		if (i == 0)
			first = previous = at;
		fprintf(out, "  %8.0f ms  (+%.0f)  %s\n", (at - first) * 1000.0,
			(at - previous) * 1000.0, client_text(phase, "name"));
		previous = at;
	}
}
