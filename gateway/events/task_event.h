/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to tasks, as events of the default bus of their account: "ECS Task State Change",
 * as ECS sends it, of each version; and "Slipway Capacity Wait", where a task finds no room.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_TASK_EVENT_H
#define SLIPWAY_GATEWAY_EVENTS_TASK_EVENT_H

#include "gateway/api.h"

/*
 * Make the events of what the store has noted (store/task_version.h), some in one transaction, in
 * their order. *ret_more: there is more.
 */
int task_events_take(const struct api_options *options, struct db *state, int64_t now_ms,
		     bool *ret_more, struct err *err) MUST_CHECK;

#endif
