/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The six fields of cron(...): minute, hour, day of month, month, day of week, year, as the
 * EventBridge user guide lists them ("Cron expressions reference"), and the next time that
 * they mean on a clock. Which zone that clock stands in is not known here (schedule.h).
 *
 *	field         values            besides , - * /
 *	minute        0-59
 *	hour          0-23
 *	day of month  1-31              ? L L-3 LW L-3W 15W
 *	month         1-12, JAN-DEC
 *	day of week   1-7, SUN-SAT      ? L 6L 6#3 (1 is Sunday)
 *	year          1970-2199
 *
 * Exactly one of the two day fields is ?. L and # stand alone in their field.
 */
#ifndef SLIPWAY_EVENTS_CRON_H
#define SLIPWAY_EVENTS_CRON_H

#include "core/common.h"

#define CRON_YEAR_FIRST 1970
#define CRON_YEAR_LAST	2199
#define CRON_NEVER	((int64_t)-1)

enum cron_field {
	CRON_MINUTE,
	CRON_HOUR,
	CRON_DAY,
	CRON_MONTH,
	CRON_WEEKDAY,
	CRON_YEAR,
	CRON_FIELD_COUNT
};

/* How the days of a month are found. */
enum cron_days {
	CRON_DAYS_LISTED,	/* the day field's, and the weekdays nearest to `nearest` */
	CRON_DAYS_FROM_LAST,	/* `number` days before the last; its nearest weekday for LW */
	CRON_DAYS_WEEKDAYS,	/* all days of the listed weekdays */
	CRON_DAYS_WEEKDAY_NTH,	/* the `number`th of the one listed weekday: 6#3 */
	CRON_DAYS_WEEKDAY_LAST, /* the last of the one listed weekday: 6L */
	CRON_DAYS_COUNT
};

#define CRON_SET_WORDS 4 /* 230 years */

/* Values of a field; bit 0 of word 0 is the field's lowest. */
struct cron_set {
	uint64_t word[CRON_SET_WORDS];
};

struct cron {
	struct cron_set field[CRON_FIELD_COUNT];
	struct cron_set nearest; /* days of the month with a W */
	enum cron_days days;
	int number;	   /* see enum cron_days */
	bool last_weekday; /* LW, L-3W */
};

/* Read @len bytes, what stands between the parentheses; false if that is no expression, and
 * *ret is untouched then. Blanks separate the fields and stand nowhere else; letters may be
 * small. One that can never come true (the 30th of February) is an expression. */
bool cron_parse(const char *text, size_t len, struct cron *ret) MUST_CHECK;

/* The first time at or after @local_s, both in seconds from 1970-01-01T00:00:00 on the same
 * clock; CRON_NEVER if none is left. Years, months, days, hours and minutes are each found as a
 * bit of a set, so this takes tenths of a microsecond, and some microseconds where none of
 * 2,760 months has such a day. */
int64_t cron_next(const struct cron *cron, int64_t local_s);

/* The lowest member of @set that is @from or higher, both counted from the field's lowest
 * value; -1 if there is none. */
int cron_set_next(const struct cron_set *set, int from);

#endif
