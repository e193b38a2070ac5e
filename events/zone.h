/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A time zone: which offset from UTC its clocks had and will have. Zones are made from the
 * bytes of a TZif file (RFC 8536), never from the environment; they are not changed afterwards,
 * so any thread may read them. Files are opened by zone_set.h.
 *
 * Times are in seconds since 1970 in UTC; local times are what the clock shows, written the
 * same way (1970-01-01T00:00:00 on the clock is 0).
 */
#ifndef SLIPWAY_EVENTS_ZONE_H
#define SLIPWAY_EVENTS_ZONE_H

#include "core/err.h"

#define ZONE_FILE_MAX 65536 /* the largest of tzdata has 4 KiB */

/* Before and after all changes of any zone. */
#define ZONE_BEGIN (-((int64_t)1 << 59))
#define ZONE_END   ((int64_t)1 << 59)

struct zone;

/* The caller frees it with zone_free(). ERR_CORRUPT: the bytes are no TZif file of version 2 or
 * higher; ERR_UNSUPPORTED: one that counts leap seconds. */
int zone_parse(const uint8_t *bytes, size_t len, struct zone **ret, struct err *err) MUST_CHECK;
void zone_free(struct zone *zone);
void zone_freep(struct zone **zone);

/* A time in which clocks are not changed. */
struct zone_span {
	int64_t from_s, until_s; /* UTC, the second one excluded; ZONE_BEGIN, ZONE_END */
	int32_t offset_s;	 /* local minus UTC */
	int32_t before_s;	 /* offset before from_s; the same at the first of a zone */
};

/* The span that holds @utc_s; @zone NULL is UTC. Changes are known to the end of the year 2200;
 * the last span of a zone goes on for ever. */
void zone_span(const struct zone *zone, int64_t utc_s, struct zone_span *ret);

/* The first local time that comes in this span and has not come before: behind a gap when
 * clocks were put forward, behind the time that comes twice when they were put back. */
int64_t zone_span_first_local(const struct zone_span *span);

/* When the clock shows @local_s, the first time that it does; false if it never does because
 * clocks were put forward over it. */
bool zone_first_utc(const struct zone *zone, int64_t local_s, int64_t *ret_utc_s);

#endif
