/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What schedules that fell due more than once, or long ago, still make: the latest time, and by
 * configuration nothing at all. Shared by schedules of rules and of Scheduler.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_DUE_H
#define SLIPWAY_GATEWAY_EVENTS_DUE_H

#include "events/schedule.h"
#include "gateway/api.h"

#define DUE_LATE_MS 60000 /* later than the service's own precision: nobody was there */

/* What one round of firing has done. */
struct due_round {
	size_t fired;  /* times that made something */
	size_t missed; /* times that were left out */
	bool more;     /* there is more that is due: call again */
};

/* The latest time up to @until_ms, @first_ms being one; *ret_missed grows by how many there were
 * before it. */
void due_find_latest(const struct schedule *schedule, const struct schedule_frame *frame,
		     int64_t first_ms, int64_t until_ms, int64_t *ret_latest_ms,
		     size_t *ret_missed);

/* What was to happen at @due_ms is left out at @now_ms, as the configuration wants it. */
bool due_is_skipped(const struct api_options *options, int64_t due_ms, int64_t now_ms);

/* Say what became of a schedule (@kind "rule" or "schedule") that was not on time: @missed times
 * were left out before the one of @due_ms, which is left out as well if @skipped. */
struct due_said {
	const char *kind, *account, *name;
	int64_t due_ms, now_ms;
	size_t missed;
	bool skipped;
};
void due_say(const struct due_said *said);

#endif
