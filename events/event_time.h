/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times as events write them: RFC 3339.
 */
#ifndef SLIPWAY_EVENTS_TIME_H
#define SLIPWAY_EVENTS_TIME_H

#include "core/err.h"

#define EVENT_TIME_SIZE	  24 /* "2026-11-22T08:00:00Z" and its zero, with room to spare */
#define EVENT_TIME_MAX_MS INT64_C(253402300799999) /* the end of the year 9999 */

/* Milliseconds since 1970, UTC; digits behind the third of a fraction are dropped. ERR_INVALID for
 * what is none, and before 1970. A leap second is the one before it. */
int event_time_read(const char *text, int64_t *ret_wall_ms, struct err *err) MUST_CHECK;

/* To the second, as EventBridge writes it. @wall_ms is from 0 to EVENT_TIME_MAX_MS. Returns @ret.
 */
char *event_time_write(int64_t wall_ms, char ret[EVENT_TIME_SIZE]);

#endif
