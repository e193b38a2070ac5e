/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protection of tasks from the scheduler of their service. Only tasks of a service can
 * be protected, and every other one is told so in `failures`.
 */
#ifndef SLIPWAY_GATEWAY_ECS_PROTECTION_JSON_H
#define SLIPWAY_GATEWAY_ECS_PROTECTION_JSON_H

#include "gateway/api.h"

/* Answers {"protectedTasks", "failures"} of the tasks (texts) in @cluster, as given. */
int protection_json(struct call *call, const char *cluster, const struct shape_list *tasks,
		    json_t **ret_output) MUST_CHECK;

#endif
