/* SPDX-License-Identifier: Apache-2.0 */
/* Hours, days and months of the Gregorian calendar in UTC, by seconds since 1970. */
#ifndef SLIPWAY_BILLING_CALENDAR_H
#define SLIPWAY_BILLING_CALENDAR_H

#include "core/common.h"

#define CALENDAR_HOUR_S 3600
#define CALENDAR_DAY_S	86400

/* The first second of the month that @at_s lies in, and of the one behind it. */
int64_t calendar_month_begin(int64_t at_s);
int64_t calendar_month_end(int64_t at_s);
/* The first second of a year's month (1..12). */
int64_t calendar_month_of(int64_t year, int month);
/* "2026-11" and nothing else; false for other texts. */
bool calendar_month_parse(const char *text, int64_t *ret_begin_s);
/* The begin of the hour or day (CALENDAR_..._S) that @at_s lies in. */
int64_t calendar_floor(int64_t at_s, int64_t length_s);

#define CALENDAR_TEXT_SIZE 64 /* what any two numbers could take */
/* "2026-11", "2026-11-23", "2026-11-23T08:00:00Z" into @ret; returns it. */
char *calendar_month_text(int64_t at_s, char ret[CALENDAR_TEXT_SIZE]);
char *calendar_day_text(int64_t at_s, char ret[CALENDAR_TEXT_SIZE]);
char *calendar_time_text(int64_t at_s, char ret[CALENDAR_TEXT_SIZE]);

#endif
