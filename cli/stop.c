/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway stop TASK: ask for a task's end.
 */
#include <stdio.h>

#include "cli/client.h"
#include "cli/options.h"
#include "cli/state.h"
#include "cli/verbs.h"
#include "core/shape.h"

static int stop(const char *state, const char *cluster, const char *task, const char *reason,
		struct err *err)
{
	AUTO(client_freep) struct client *client = NULL;
	AUTO(json_decrefp) json_t *answer = NULL;
	if (client_open(state, &client, err) < 0)
		return -1;
	return client_call(
		client, "ecs", "StopTask",
		json_pack("{s:s*, s:s, s:s*}", "cluster", cluster, "task", task, "reason", reason),
		&answer, err);
}

int cli_stop(int argc, char **argv)
{
	const char *state = NULL, *cluster = NULL, *reason = NULL;
	const struct option_row rows[] = {
		{"cluster", OPTION_TEXT, &cluster, "NAME", "cluster (default)"},
		{"reason", OPTION_TEXT, &reason, "TEXT", "kept as the task's stoppedReason"},
		{"state", OPTION_TEXT, &state, "DIR", "state folder"},
	};
	int next = options_read("stop [OPTIONS] TASK", rows, ARRAY_LEN(rows), argc, argv);
	if (next < 0)
		return next == -2 ? 0 : 2;
	if (next + 1 != argc) {
		fprintf(stderr, "slipway stop: name one task; `slipway ps` lists them\n");
		return 2;
	}
	struct err err = ERR_INIT;
	return stop(state, cluster, argv[next], reason, &err) < 0 ? state_complain("stop", &err)
								  : 0;
}
