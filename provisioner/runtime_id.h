/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's runtime id, "TASKID-10digits", as DescribeTasks and the metadata endpoint
 * tell it.
 */
#ifndef SLIPWAY_PROVISIONER_RUNTIME_ID_H
#define SLIPWAY_PROVISIONER_RUNTIME_ID_H

#include "store/task.h"

#define RUNTIME_ID_SIZE (TASK_ID_SIZE + 11)

/* Of the @container-th of @task: always the same. */
void runtime_id(const char *task, size_t container, char ret[RUNTIME_ID_SIZE]);

#endif
