/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The moment is drawn once and for ever (schedule_place()). A window ends where the next time
 * begins, so that times fire in their order, each of them, whatever the window.
 */
#include "gateway/scheduler/schedule_times.h"

#include <stdio.h>
#include <string.h>

#include "gateway/events/due.h"

#define MINUTE_MS INT64_C(60000)

int schedule_times_open(const struct scheduler_record *record, struct zone_set *zones,
			struct schedule_times *ret_times, struct err *err)
{
	struct schedule_times times = {
		.frame = {.created_ms = record->created_ms,
			  .start_ms = record->start_ms > 0 ? record->start_ms : SCHEDULE_NO_START,
			  .end_ms = record->end_ms > 0 ? record->end_ms : SCHEDULE_NO_END},
		.window_min = record->window_min};

	if (schedule_parse(record->expression, SCHEDULE_OF_SCHEDULER, &times.schedule, err) < 0)
		return -1;
	if (strcmp(record->zone, "UTC") != 0 &&
	    zone_set_get(zones, record->zone, &times.frame.zone, err) < 0) {
		if (err->code != ERR_INVALID)
			return -1;
		return err_set(err, ERR_INVALID,
			       "The ScheduleExpressionTimezone %s is not a time zone.",
			       record->zone);
	}
	(void)snprintf(times.seed, sizeof(times.seed), "%s/%s/%s", record->key.account,
		       record->key.group, record->key.name);
	*ret_times = times;
	return 0;
}

int64_t schedule_times_moment(const struct schedule_times *times, int64_t due_ms)
{
	int64_t window_min = times->window_min;
	int64_t next_ms;

	if (window_min == 0)
		return due_ms;
	if (schedule_next(&times->schedule, &times->frame, due_ms, &next_ms) &&
	    (next_ms - due_ms) / MINUTE_MS < window_min)
		window_min = (next_ms - due_ms) / MINUTE_MS;
	if (window_min < 1)
		return due_ms;
	return schedule_place(due_ms, (int)window_min, times->seed, strlen(times->seed));
}

void schedule_times_next(const struct schedule_times *times, int64_t after_ms, int64_t *ret_due_ms,
			 int64_t *ret_fire_ms)
{
	int64_t due_ms;

	*ret_due_ms = *ret_fire_ms = 0;
	if (!schedule_next(&times->schedule, &times->frame, after_ms, &due_ms))
		return;
	*ret_due_ms = due_ms;
	*ret_fire_ms = schedule_times_moment(times, due_ms);
}

void schedule_times_latest(const struct schedule_times *times, int64_t due_ms, int64_t now_ms,
			   int64_t *ret_due_ms, size_t *ret_missed)
{
	int64_t sure_ms = now_ms - times->window_min * MINUTE_MS; /* their windows are over */
	int64_t next_ms;

	if (sure_ms > due_ms)
		due_find_latest(&times->schedule, &times->frame, due_ms, sure_ms, &due_ms,
				ret_missed);
	while (schedule_next(&times->schedule, &times->frame, due_ms, &next_ms) &&
	       schedule_times_moment(times, next_ms) <= now_ms) {
		due_ms = next_ms;
		*ret_missed += 1;
	}
	*ret_due_ms = due_ms;
}
