/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the metadata endpoint in a task's machine tells of what the host knows: names,
 * ARNs, labels, limits, addresses. The agent adds states and times.
 */
#ifndef SLIPWAY_PROVISIONER_TASK_METADATA_H
#define SLIPWAY_PROVISIONER_TASK_METADATA_H

#include "microvm/wire/message.h"
#include "provisioner/network.h"
#include "provisioner/output.h"
#include "store/task.h"
#include "store/task_spec.h"

/* All borrowed. */
struct task_metadata_input {
	const struct task *task;
	const struct task_spec *spec;
	const struct network_lease *lease;
	const struct output *output;
	const struct wire_task *order; /* for name servers and host name */
	const char *region;
	const char *const *digests; /* of the images, one a container */
	int64_t pull_started_ms, pull_stopped_ms;
};

/* As wire_task.metadata; the caller drops it. */
int task_metadata_make(const struct task_metadata_input *input, json_t **ret_metadata,
		       struct err *err) MUST_CHECK;

#endif
