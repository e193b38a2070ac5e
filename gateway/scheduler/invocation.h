/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An invocation: what a schedule does at one of its times. It waits among the deliveries of
 * events, as an event that has its target with it: what is done is what the schedule said when
 * it fell due, whatever became of it since.
 */
#ifndef SLIPWAY_GATEWAY_SCHEDULER_INVOCATION_H
#define SLIPWAY_GATEWAY_SCHEDULER_INVOCATION_H

#include "gateway/events/target.h"
#include "store/event_queue.h"
#include "store/scheduler.h"

/* Write the invocation of @schedule for @due_ms, in the caller's transaction. One that is there
 * (the clock was set back) is no error. */
int invocation_write(struct db *state, const char *region, const struct scheduler_record *schedule,
		     int64_t due_ms, int64_t now_ms, struct err *err) MUST_CHECK;

/* @event is one, and not an event of a bus. */
bool invocation_is_one(const struct event_accepted *event);

/* What is to be done for one. */
struct invocation {
	struct event_target target;
	struct event_target_place place;
	const char *input;	     /* the target's, filled; NULL: none */
	const char *started_by;	     /* of its tasks */
	struct event_accepted event; /* what a bus or a log group gets: the event itself */
};
/* Texts are the arena's or those of *ret_body, which the caller frees. */
int invocation_read(const struct event_delivery *delivery, const char *region, struct arena *arena,
		    struct invocation *ret_invocation, json_t **ret_body, struct err *err)
	MUST_CHECK;

#endif
