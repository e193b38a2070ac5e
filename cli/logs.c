/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway logs TASK [--follow]: the output of a task's containers.
 */
#include <stdio.h>

#include "cli/client.h"
#include "cli/options.h"
#include "cli/state.h"
#include "cli/task_follow.h"
#include "cli/verbs.h"
#include "core/shape.h"

static int show(const char *state, const char *cluster, const char *task, bool follow,
		struct err *err)
{
	AUTO(client_freep) struct client *client = NULL;
	AUTO(json_decrefp) json_t *seen = NULL;
	AUTO(task_output_freep) struct task_output *output = NULL;
	size_t printed = 0;
	if (client_open(state, &client, err) < 0)
		return -1;
	if (follow)
		return task_follow(client, cluster, task, true, NULL, NULL, err);
	if (task_describe(client, cluster, task, &seen, err) < 0 ||
	    task_output_open(client, seen, &output, err) < 0)
		return -1;
	return task_output_print(output, stdout, &printed, err);
}

int cli_logs(int argc, char **argv)
{
	const char *state = NULL, *cluster = NULL;
	bool follow = false;
	const struct option_row rows[] = {
		{"cluster", OPTION_TEXT, &cluster, "NAME", "cluster (default)"},
		{"follow", OPTION_FLAG, &follow, NULL, "go on until the task has stopped"},
		{"state", OPTION_TEXT, &state, "DIR", "state folder"},
	};
	int next = options_read("logs [OPTIONS] TASK", rows, ARRAY_LEN(rows), argc, argv);
	if (next < 0)
		return next == -2 ? 0 : 2;
	if (next + 1 != argc) {
		fprintf(stderr, "slipway logs: name one task; `slipway ps --all` lists them\n");
		return 2;
	}
	struct err err = ERR_INIT;
	return show(state, cluster, argv[next], follow, &err) < 0 ? state_complain("logs", &err)
								  : 0;
}
