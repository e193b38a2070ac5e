/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Slipway Capacity Wait": what an event wants to launch finds no room, and waits. Said once of a
 * delivery, however often it is tried: of one that a quota holds back, and of tasks that were
 * accepted and find no room on the host.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_CAPACITY_H
#define SLIPWAY_GATEWAY_EVENTS_CAPACITY_H

#include "gateway/api.h"
#include "store/event_queue.h"
#include "store/task_version.h"

/* Texts in the call's arena. */
int capacity_event_of_task(const struct call *call, const struct task_version *version,
			   struct event_accepted *ret_event, struct err *err) MUST_CHECK;

/* Of a delivery that has failed at @now_ms with the API's @code and @reason. */
struct capacity_want {
	const struct event_delivery *delivery;
	const char *region, *code, *reason;
	int64_t now_ms;
};
int capacity_event_of_delivery(const struct capacity_want *want, struct arena *arena,
			       struct event_accepted *ret_event, struct err *err) MUST_CHECK;

#endif
