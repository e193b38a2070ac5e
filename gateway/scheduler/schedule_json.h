/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules and groups as answers show them.
 */
#ifndef SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_JSON_H
#define SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_JSON_H

#include "gateway/scheduler/schedule_name.h"

/* All of one, with the defaults of what was not said. */
json_t *schedule_json(const struct call *call, const struct scheduler_record *schedule);
/* As ListSchedules has it. */
json_t *schedule_summary_json(const struct call *call, const struct scheduler_record *schedule);
json_t *schedule_group_json(const struct call *call, const struct scheduler_group *group);

#endif
