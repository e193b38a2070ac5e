/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Years are counted from March on, so that the leap day is the last of a year, in eras of 400
 * years, which all have the same length.
 */
#include "billing/calendar.h"

#include <stdio.h>
#include <string.h>

#define ERA_YEARS	400
#define ERA_DAYS	146097
#define DAYS_BEFORE_ERA 719468 /* from the first of March of year 0 to 1970 */

struct date {
	int64_t year;
	int month, day; /* 1..12, 1..31 */
};

static int64_t floor_divide(int64_t value, int64_t by)
{
	return value / by - (value % by < 0);
}

static struct date date_of_days(int64_t days)
{
	int64_t shifted = days + DAYS_BEFORE_ERA;
	int64_t era = floor_divide(shifted, ERA_DAYS);
	int64_t day = shifted - era * ERA_DAYS;
	int64_t year = (day - day / 1460 + day / 36524 - day / (ERA_DAYS - 1)) / 365;
	int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * day_of_year + 2) / 153; /* 0: March */
	struct date date = {.day = (int)(day_of_year - (153 * month + 2) / 5 + 1)};

	date.month = (int)(month < 10 ? month + 3 : month - 9);
	date.year = year + era * ERA_YEARS + (date.month <= 2);
	return date;
}

static int64_t days_of_date(int64_t year, int month)
{
	int64_t shifted = year - (month <= 2);
	int64_t era = floor_divide(shifted, ERA_YEARS);
	int64_t of_era = shifted - era * ERA_YEARS;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;

	return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year -
	       DAYS_BEFORE_ERA;
}

static struct date date_of(int64_t at_s)
{
	return date_of_days(floor_divide(at_s, CALENDAR_DAY_S));
}

int64_t calendar_floor(int64_t at_s, int64_t length_s)
{
	return floor_divide(at_s, length_s) * length_s;
}

int64_t calendar_month_begin(int64_t at_s)
{
	struct date date = date_of(at_s);

	return days_of_date(date.year, date.month) * CALENDAR_DAY_S;
}

int64_t calendar_month_end(int64_t at_s)
{
	struct date date = date_of(at_s);

	return days_of_date(date.year + (date.month == 12), date.month % 12 + 1) * CALENDAR_DAY_S;
}

int64_t calendar_month_of(int64_t year, int month)
{
	return days_of_date(year, month) * CALENDAR_DAY_S;
}

bool calendar_month_parse(const char *text, int64_t *ret_begin_s)
{
	size_t len = strlen(text);
	int month;

	if (len != strlen("2026-11") || strspn(text, "0123456789") != 4 || text[4] != '-' ||
	    strspn(text + 5, "0123456789") != 2)
		return false;
	month = (text[5] - '0') * 10 + text[6] - '0';
	if (month < 1 || month > 12)
		return false;
	*ret_begin_s = calendar_month_of(strtol(text, NULL, 10), month);
	return true;
}

char *calendar_month_text(int64_t at_s, char ret[CALENDAR_TEXT_SIZE])
{
	struct date date = date_of(at_s);

	(void)snprintf(ret, CALENDAR_TEXT_SIZE, "%04d-%02d", (int)(date.year % 10000), date.month);
	return ret;
}

char *calendar_day_text(int64_t at_s, char ret[CALENDAR_TEXT_SIZE])
{
	struct date date = date_of(at_s);

	(void)snprintf(ret, CALENDAR_TEXT_SIZE, "%04d-%02d-%02d", (int)(date.year % 10000),
		       date.month, date.day);
	return ret;
}

char *calendar_time_text(int64_t at_s, char ret[CALENDAR_TEXT_SIZE])
{
	struct date date = date_of(at_s);
	int second = (int)(at_s - calendar_floor(at_s, CALENDAR_DAY_S));

	(void)snprintf(ret, CALENDAR_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ",
		       (int)(date.year % 10000), date.month, date.day, second / CALENDAR_HOUR_S,
		       second / 60 % 60, second % 60);
	return ret;
}
