/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the output of a task's containers goes, and how OUTPUT reports become log
 * events there. On the thread of the store.
 */
#ifndef SLIPWAY_PROVISIONER_OUTPUT_H
#define SLIPWAY_PROVISIONER_OUTPUT_H

#include "provisioner/session.h"
#include "store/logs.h"
#include "store/task.h"
#include "store/task_spec.h"

#define OUTPUT_GROUP_SIZE  513 /* the API's limit of a group's name, and the zero */
#define OUTPUT_STREAM_SIZE 513

struct output_target {
	char group[OUTPUT_GROUP_SIZE], stream[OUTPUT_STREAM_SIZE];
};

/* One target a container. */
struct output {
	char task[TASK_ID_SIZE];
	char account[16];
	int64_t created_ms; /* of the task: no line is older */
	struct output_target targets[TASK_CONTAINERS_MAX];
	bool make_group[TASK_CONTAINERS_MAX];
	size_t count;
};

/* Read the options of the log drivers. Pure. On failure the text is a task's
 * stoppedReason ("ResourceInitializationError: failed to validate logger args: ..."). */
int output_plan(const struct task *task, const struct task_spec *spec, struct output *ret_output,
		struct err *err) MUST_CHECK;

/* Make what may be made and see that the rest exists; streams are made here, so
 * that a silent container has one too. ERR_INVALID with a stoppedReason as above. */
int output_prepare(struct db *logs, const struct output *output, int64_t now_ms, struct err *err)
	MUST_CHECK;

/* Write a list of OUTPUT reports and the number of the last one, in one
 * transaction. What a group's deletion has orphaned is dropped. ERR_INVALID: the
 * agent broke the rules. */
int output_write(struct db *logs, const struct output *output, const struct report *reports,
		 int64_t now_ms, struct err *err) MUST_CHECK;

#endif
