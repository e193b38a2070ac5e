/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Years are counted from March, so that the leap day is a year's last and months begin at
 * (153 * month + 2) / 5 days; 400 years are one era of 146,097 days.
 */
#include "events/civil.h"

#define ERA_YEARS	 400
#define ERA_DAYS	 146097
#define ERA_TO_1970	 719468 /* days from 0000-03-01 to 1970-01-01 */
#define WEEKDAY_OF_DAY_0 4	/* 1970-01-01 was a Thursday */

bool civil_is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int civil_month_length(int year, int month)
{
	static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return length[month - 1] + (month == 2 && civil_is_leap(year) ? 1 : 0);
}

int64_t civil_to_days(struct civil date)
{
	int year = date.month <= 2 ? date.year - 1 : date.year;
	int month = (date.month + 9) % 12; /* 0 is March */
	int era = year / ERA_YEARS, of_era = year % ERA_YEARS;
	int64_t days = (int64_t)of_era * 365 + of_era / 4 - of_era / 100;

	days += (153 * month + 2) / 5 + date.day - 1;
	return (int64_t)era * ERA_DAYS + days - ERA_TO_1970;
}

struct civil civil_from_days(int64_t days)
{
	int64_t since = days + ERA_TO_1970;
	int era = (int)(since / ERA_DAYS), of_era = (int)(since % ERA_DAYS);
	int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = of_era - (365 * year + year / 4 - year / 100);
	int month = (5 * of_year + 2) / 153; /* 0 is March */

	return (struct civil){
		.year = era * ERA_YEARS + year + (month >= 10 ? 1 : 0),
		.month = month < 10 ? month + 3 : month - 9,
		.day = of_year - (153 * month + 2) / 5 + 1,
	};
}

int civil_weekday(int64_t days)
{
	return (int)(((days + WEEKDAY_OF_DAY_0) % 7 + 7) % 7);
}
