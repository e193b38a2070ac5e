/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a schedule falls due, and the moment in its flexible window at which it fires then.
 */
#ifndef SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_TIMES_H
#define SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_TIMES_H

#include "events/schedule.h"
#include "events/zone_set.h"
#include "store/scheduler.h"

struct schedule_times {
	struct schedule schedule;
	struct schedule_frame frame; /* its zone belongs to the set */
	int64_t window_min;
	char seed[256];
};

/* ERR_INVALID with the API's text for an expression or a zone that is none. */
int schedule_times_open(const struct scheduler_record *record, struct zone_set *zones,
			struct schedule_times *ret_times, struct err *err) MUST_CHECK;

/* The first time behind @after_ms and its moment; both 0 if there is none. */
void schedule_times_next(const struct schedule_times *times, int64_t after_ms, int64_t *ret_due_ms,
			 int64_t *ret_fire_ms);
/* The moment of one time. */
int64_t schedule_times_moment(const struct schedule_times *times, int64_t due_ms);

/* The latest time whose moment has come at @now_ms, @due_ms being such a time; *ret_missed grows
 * by how many there were before it. */
void schedule_times_latest(const struct schedule_times *times, int64_t due_ms, int64_t now_ms,
			   int64_t *ret_due_ms, size_t *ret_missed);

#endif
