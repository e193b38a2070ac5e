/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway ps [--all]: the tasks of the account, a line each.
 */
#include <stdio.h>
#include <string.h>

#include "cli/client.h"
#include "cli/options.h"
#include "cli/state.h"
#include "cli/task_follow.h"
#include "cli/verbs.h"
#include "core/clock.h"
#include "core/shape.h"

#define PAGES_MAX 1000

static void print_task(json_t *task)
{
	const char *definition = strrchr(client_text(task, "taskDefinitionArn"), '/');
	json_t *container = json_array_get(json_object_get(task, "containers"), 0);
	json_t *code = json_object_get(container, "exitCode");
	char exit_code[16] = "-", iso[CLOCK_ISO_SIZE];
	if (json_is_integer(code))
		snprintf(exit_code, sizeof(exit_code), "%lld", (long long)json_integer_value(code));
	double created = json_number_value(json_object_get(task, "createdAt"));
	clock_iso((int64_t)(created * 1000.0), iso);
	printf("%-32s  %-14s  %-20s  %5s/%-6s  %4s  %.19s\n",
	       task_short_id(client_text(task, "taskArn")), client_text(task, "lastStatus"),
	       definition != NULL ? definition + 1 : "", client_text(task, "cpu"),
	       client_text(task, "memory"), exit_code, iso);
}

static int list(struct client *client, const char *cluster, const char *desired, struct err *err)
{
	AUTO(freep) char *token = NULL;
	for (size_t page = 0; page < PAGES_MAX; page++) {
		AUTO(json_decrefp) json_t *listed = NULL;
		AUTO(json_decrefp) json_t *described = NULL;
		if (client_call(client, "ecs", "ListTasks",
				json_pack("{s:s*, s:s, s:s*}", "cluster", cluster, "desiredStatus",
					  desired, "nextToken", token),
				&listed, err) < 0)
			return -1;
		json_t *arns = json_object_get(listed, "taskArns");
		if (json_array_size(arns) > 0) {
			if (client_call(client, "ecs", "DescribeTasks",
					json_pack("{s:s*, s:O}", "cluster", cluster, "tasks", arns),
					&described, err) < 0)
				return -1;
			size_t i;
			json_t *task;
			json_array_foreach (json_object_get(described, "tasks"), i, task)
				print_task(task);
		}
		const char *next = json_string_value(json_object_get(listed, "nextToken"));
		if (next == NULL)
			return 0;
		free(token);
		token = xstrdup(next);
	}
	return 0;
}

static int show(const char *state, const char *cluster, bool all, struct err *err)
{
	AUTO(client_freep) struct client *client = NULL;
	if (client_open(state, &client, err) < 0)
		return -1;
	printf("%-32s  %-14s  %-20s  %5s/%-6s  %4s  %s\n", "TASK", "STATE", "DEFINITION", "CPU",
	       "MEMORY", "EXIT", "CREATED (UTC)");
	if (list(client, cluster, "RUNNING", err) < 0)
		return -1;
	return all ? list(client, cluster, "STOPPED", err) : 0;
}

int cli_ps(int argc, char **argv)
{
	const char *state = NULL, *cluster = NULL;
	bool all = false;
	const struct option_row rows[] = {
		{"all", OPTION_FLAG, &all, NULL, "stopped tasks too"},
		{"cluster", OPTION_TEXT, &cluster, "NAME", "cluster (default)"},
		{"state", OPTION_TEXT, &state, "DIR", "state folder"},
	};
	int next = options_read("ps [OPTIONS]", rows, ARRAY_LEN(rows), argc, argv);
	if (next < 0)
		return next == -2 ? 0 : 2;
	struct err err = ERR_INIT;
	return show(state, cluster, all, &err) < 0 ? state_complain("ps", &err) : 0;
}
