/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks as answers (and later events) show them.
 */
#ifndef SLIPWAY_GATEWAY_ECS_TASK_JSON_H
#define SLIPWAY_GATEWAY_ECS_TASK_JSON_H

#include "gateway/api.h"
#include "store/task.h"

#define TASK_WITH_TAGS	 1u
#define TASK_WITH_PHASES 2u /* "slipway": {"phases": [{"name", "at"}]}, see describe_tasks.c */
#define TASK_WITH_BILL	 4u /* describe_tasks.c adds it */

int task_json(struct call *call, const struct task *task, unsigned with, json_t **ret_object)
	MUST_CHECK;

#endif
