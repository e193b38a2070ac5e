/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One task as its user sees it through the API: its state, its output, its end.
 */
#ifndef SLIPWAY_CLI_TASK_FOLLOW_H
#define SLIPWAY_CLI_TASK_FOLLOW_H

#include <signal.h>
#include <stdio.h>

#include "cli/client.h"

#define TASK_FOLLOW_CONTAINERS_MAX 10

/* The last part of an ARN, or the text itself. Borrowed. */
const char *task_short_id(const char *arn_or_id);

/* DescribeTasks of one task, with its phases. ERR_NOT_FOUND. The caller owns *ret_task. */
int task_describe(struct client *client, const char *cluster, const char *task, json_t **ret_task,
		  struct err *err) MUST_CHECK;

struct task_output;
/* The output of all containers of @task_object (as described), from the beginning. */
int task_output_open(struct client *client, json_t *task_object, struct task_output **ret_output,
		     struct err *err) MUST_CHECK;
/* Print what came since the last call; with several containers each line begins with
 * the container's name. *ret_count: the events printed. */
int task_output_print(struct task_output *output, FILE *out, size_t *ret_count, struct err *err)
	MUST_CHECK;
void task_output_free(struct task_output *output);
void task_output_freep(struct task_output **output);

/* Follow @task to its end: output to standard output, changes of state (unless
 * @quiet) to standard error. *ret_task (may be NULL) is its last description. When a signal
 * sets *@stop (may be NULL) it ends with ERR_UNAVAILABLE; the task goes on. */
int task_follow(struct client *client, const char *cluster, const char *task, bool quiet,
		const volatile sig_atomic_t *stop, json_t **ret_task, struct err *err) MUST_CHECK;

/* The exit status to end with: the first essential container's exit code, 1 for
 * a task that did not start. Prints why it ended, unless @quiet and all went well. */
int task_conclude(json_t *task_object, bool quiet);

/* The time line of the launch: phase by phase, in milliseconds from RunTask. */
void task_print_phases(json_t *task_object, FILE *out);

#endif
