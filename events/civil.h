/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates of the Gregorian calendar and days since 1970, without time zones and without the
 * C library's, whose conversions know one zone for a whole process.
 */
#ifndef SLIPWAY_EVENTS_CIVIL_H
#define SLIPWAY_EVENTS_CIVIL_H

#include "core/common.h"

#define CIVIL_DAY_S ((int64_t)86400)

struct civil {
	int year;
	int month; /* 1 to 12 */
	int day;   /* 1 to 31 */
};

/* Days from 1970-01-01 to that date; negative before. The date must be one. */
int64_t civil_to_days(struct civil date);
/* The date of that day, of the years 1 to 9999. */
struct civil civil_from_days(int64_t days);
/* 28 to 31. */
int civil_month_length(int year, int month);
bool civil_is_leap(int year);
/* 0 is Sunday. */
int civil_weekday(int64_t days);

#endif
