/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A few bytes say where and when, the rest is an expression. What one service accepts has times
 * that ascend, that lie within the bounds, of which each is the next of what comes before it, and
 * that all ways to ask agree about.
 */
#include <string.h>

#include "events/schedule.h"
#include "tests/support/zone_bytes.h"

#define TIMES	5
#define MINUTE	60000
#define HEAD	6 /* bytes before the expression */
#define YEAR_MS ((int64_t)365 * 86400 * 1000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* One of: none, no change, summer time, half an hour of it, always, backwards, far. */
static struct zone *some_zone(uint8_t which)
{
	static const char *const rules[] = {
		"EST5",
		"CET-1CEST,M3.5.0,M10.5.0/3",
		"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
		"XXX3EDT4,0/0,J365/23",
		"IST-1GMT0,M10.5.0,M3.5.0/1",
		"<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
		"AAA-14BBB12,J60/167,300/-167",
	};
	uint8_t bytes[ZONE_BYTES_MAX];
	struct zone *zone = NULL;
	struct err err = ERR_INIT;
	size_t len;

	if (which % (ARRAY_LEN(rules) + 1) == 0)
		return NULL;
	len = zone_bytes_make(bytes, 0, NULL, 0, rules[which % (ARRAY_LEN(rules) + 1) - 1]);
	must(zone_parse(bytes, len, &zone, &err) == 0);
	return zone;
}

static void check_times(const struct schedule *schedule, const struct schedule_frame *frame,
			int64_t after_ms)
{
	int64_t times[TIMES], last = after_ms, due;
	bool more;
	size_t count =
		schedule_due(schedule, frame, after_ms, INT64_MAX, ARRAY_LEN(times), times, &more);

	must(schedule->kind != SCHEDULE_AT || count <= 1);
	for (size_t i = 0; i < count; i++) {
		must(times[i] > last);
		last = times[i];
		must(schedule_nth(schedule, frame, after_ms, (uint32_t)i + 1, &due) &&
		     due == times[i]);
		must(schedule_next(schedule, frame, times[i] - 1, &due) && due == times[i]);
		if (schedule->kind == SCHEDULE_AT)
			continue;
		must(times[i] >= frame->start_ms && times[i] <= frame->end_ms);
		must(schedule->kind != SCHEDULE_CRON || times[i] % MINUTE == 0);
	}
	must(more == schedule_nth(schedule, frame, after_ms, TIMES + 1, &due));
	if (count > 0) {
		due = schedule_place(times[0], SCHEDULE_WINDOW_MAX, "seed", 4);
		must(due >= times[0] && due < times[0] + (int64_t)SCHEDULE_WINDOW_MAX * MINUTE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(zone_freep) struct zone *zone = NULL;
	AUTO(freep) char *text = NULL;
	struct schedule_frame frame = {.end_ms = SCHEDULE_NO_END};
	struct schedule schedule;
	struct err err = ERR_INIT;
	int64_t after_ms;

	if (size < HEAD)
		return 0;
	frame.zone = zone = some_zone(data[0]);
	after_ms = (int64_t)be32_get(data + 1) * 2000 + data[5];
	frame.created_ms = after_ms;
	if (data[5] & 1)
		frame.start_ms = after_ms + (data[5] - 128) * (YEAR_MS / 100);
	if (frame.start_ms < 0)
		frame.start_ms = SCHEDULE_NO_START;
	if (data[5] & 2)
		frame.end_ms = after_ms + data[5] * (YEAR_MS / 100);
	text = xstrndup((const char *)data + HEAD, size - HEAD);
	for (int i = 0; i < SCHEDULE_SERVICE_COUNT; i++) {
		if (schedule_parse(text, (enum schedule_service)i, &schedule, &err) == 0)
			check_times(&schedule, &frame, after_ms);
	}
	return 0;
}
