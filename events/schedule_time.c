/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When schedules fall due.
 *
 * A cron is asked in local time, and its answer is a time of the span (zone.h) in which clocks
 * are not changed. Each span shows local times from where the one before has ended: behind the
 * gap when clocks were put forward, and when they were put back from the time that has not been
 * there yet. So each local time belongs to one span or to none, and both of the rules about
 * summer time hold without being looked at. If the answer lies behind the span, the search
 * goes on shortly before it, years of other spans are never walked through. Only an expression
 * whose every time falls into gaps takes two steps a year to the end of years.
 */
#include <assert.h>

#include "core/bytes.h"
#include "core/digest.h"
#include "events/schedule.h"

#define SECOND_MS 1000
#define MINUTE_MS ((int64_t)60 * SECOND_MS)
#define TIME_MAX  ((int64_t)253402300799999) /* 9999-12-31T23:59:59.999Z */

/* More than two offsets of one zone can differ. */
#define SHORTLY_S ((int64_t)54 * 3600)

static bool next_cron(const struct cron *cron, const struct zone *zone, int64_t from_s,
		      int64_t *ret_s)
{
	for (;;) {
		struct zone_span span;
		int64_t local_s, first_s;

		zone_span(zone, from_s, &span);
		local_s = from_s + span.offset_s;
		first_s = zone_span_first_local(&span);
		local_s = cron_next(cron, local_s > first_s ? local_s : first_s);
		if (local_s == CRON_NEVER)
			return false;
		if (local_s - span.offset_s < span.until_s) {
			*ret_s = local_s - span.offset_s;
			return true;
		}
		from_s = span.until_s;
		if (from_s < local_s - SHORTLY_S)
			from_s = local_s - SHORTLY_S;
	}
}

/* Of a rate. A start date long before the creation is counted from, too. */
static int64_t first_of_rate(const struct schedule *schedule, const struct schedule_frame *frame)
{
	if (schedule->service == SCHEDULE_OF_RULE)
		return frame->created_ms + schedule->period_ms;
	return frame->start_ms > SCHEDULE_NO_START ? frame->start_ms : frame->created_ms;
}

static bool next_rate(const struct schedule *schedule, const struct schedule_frame *frame,
		      int64_t from_ms, int64_t *ret_ms)
{
	int64_t first = first_of_rate(schedule, frame);
	int64_t passed = from_ms > first ? (from_ms - first - 1) / schedule->period_ms + 1 : 0;

	*ret_ms = first + passed * schedule->period_ms;
	return true;
}

bool schedule_next(const struct schedule *schedule, const struct schedule_frame *frame,
		   int64_t after_ms, int64_t *ret_ms)
{
	int64_t from_ms, due;
	bool any;

	if (after_ms >= TIME_MAX)
		return false;
	if (schedule->kind == SCHEDULE_AT) {
		if (!zone_first_utc(frame->zone, schedule->at_local_s, &due) ||
		    due * SECOND_MS <= after_ms)
			return false;
		*ret_ms = due * SECOND_MS;
		return true;
	}
	from_ms = after_ms < 0 ? 0 : after_ms + 1;
	if (from_ms < frame->start_ms)
		from_ms = frame->start_ms;
	if (from_ms > TIME_MAX)
		return false;
	if (schedule->kind == SCHEDULE_RATE) {
		any = next_rate(schedule, frame, from_ms, &due);
	} else {
		any = next_cron(&schedule->cron, frame->zone, (from_ms + SECOND_MS - 1) / SECOND_MS,
				&due);
		if (any)
			due *= SECOND_MS;
	}
	if (!any || due > frame->end_ms || due > TIME_MAX)
		return false;
	*ret_ms = due;
	return true;
}

bool schedule_nth(const struct schedule *schedule, const struct schedule_frame *frame,
		  int64_t after_ms, uint32_t n, int64_t *ret_ms)
{
	int64_t due = after_ms, later;

	assert(n > 0);
	if (n > 1 && schedule->kind == SCHEDULE_RATE) {
		if (!schedule_next(schedule, frame, after_ms, &due) ||
		    __builtin_mul_overflow(schedule->period_ms, (int64_t)n - 2, &later) ||
		    __builtin_add_overflow(due, later, &due))
			return false;
		n = 1;
	}
	for (; n > 0; n--) {
		if (!schedule_next(schedule, frame, due, &due))
			return false;
	}
	*ret_ms = due;
	return true;
}

size_t schedule_due(const struct schedule *schedule, const struct schedule_frame *frame,
		    int64_t after_ms, int64_t until_ms, size_t limit, int64_t *ret_times,
		    bool *ret_more)
{
	size_t count = 0;
	int64_t due = after_ms;

	*ret_more = false;
	while (schedule_next(schedule, frame, due, &due) && due <= until_ms) {
		if (count == limit) {
			*ret_more = true;
			break;
		}
		ret_times[count++] = due;
	}
	return count;
}

int64_t schedule_place(int64_t due_ms, int window_min, const void *seed, size_t seed_len)
{
	uint8_t due[sizeof(uint64_t)], digest[SHA256_SIZE];

	be64_put(due, (uint64_t)due_ms);
	hmac_sha256(seed, seed_len, due, sizeof(due), digest);
	return due_ms + (int64_t)(be64_get(digest) % (uint64_t)(window_min * MINUTE_MS));
}
