/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Only digits at fixed places count: strptime() would take blanks, signs and short numbers.
 */
#include "events/event_time.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "events/civil.h"

/* @count digits at @text, or -1. */
static int number(const char *text, size_t count)
{
	int value = 0;

	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

/* "2026-11-22T08:00:00", of which all 19 characters are there. */
static bool read_date(const char *text, struct tm *tm)
{
	int year = number(text, 4);
	int month = number(text + 5, 2);
	int day = number(text + 8, 2);

	if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') ||
	    text[13] != ':' || text[16] != ':')
		return false;
	tm->tm_hour = number(text + 11, 2);
	tm->tm_min = number(text + 14, 2);
	tm->tm_sec = number(text + 17, 2);
	if (year < 0 || month < 1 || month > 12 || day < 1 || day > civil_month_length(year, month))
		return false;
	if (tm->tm_hour < 0 || tm->tm_hour > 23 || tm->tm_min < 0 || tm->tm_min > 59 ||
	    tm->tm_sec < 0 || tm->tm_sec > 60)
		return false;
	if (tm->tm_sec == 60)
		tm->tm_sec = 59;
	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return true;
}

/* Milliseconds of ".123456"; *at moves behind it. -1 if no digit follows the dot. */
static int read_fraction(const char **at)
{
	int ms = 0;
	int digits = 0;

	if (**at != '.')
		return 0;
	for ((*at)++; **at >= '0' && **at <= '9'; (*at)++) {
		if (digits < 3)
			ms = ms * 10 + (**at - '0');
		digits++;
	}
	if (digits == 0)
		return -1;
	for (; digits < 3; digits++)
		ms *= 10;
	return ms;
}

/* "Z" or "+01:30", to the end; false if it is neither. */
static bool read_zone(const char *at, int *ret_minutes)
{
	int hours;
	int minutes;

	*ret_minutes = 0;
	if ((at[0] == 'Z' || at[0] == 'z') && at[1] == '\0')
		return true;
	if ((at[0] != '+' && at[0] != '-') || strlen(at) != 6 || at[3] != ':')
		return false;
	hours = number(at + 1, 2);
	minutes = number(at + 4, 2);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return false;
	*ret_minutes = (at[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
	return true;
}

int event_time_read(const char *text, int64_t *ret_wall_ms, struct err *err)
{
	struct tm tm = {0};
	const char *at;
	int ms;
	int minutes;
	int64_t wall_ms;

	if (strlen(text) < sizeof("2026-11-22T08:00:00Z") - 1 || !read_date(text, &tm))
		return err_set(err, ERR_INVALID, "is no time of RFC 3339");
	at = text + 19;
	ms = read_fraction(&at);
	if (ms < 0 || !read_zone(at, &minutes))
		return err_set(err, ERR_INVALID, "is no time of RFC 3339");
	wall_ms = ((int64_t)timegm(&tm) - (int64_t)minutes * 60) * 1000 + ms;
	if (wall_ms < 0 || wall_ms > EVENT_TIME_MAX_MS)
		return err_set(err, ERR_INVALID, "is not between the years 1970 and 9999");
	*ret_wall_ms = wall_ms;
	return 0;
}

char *event_time_write(int64_t wall_ms, char ret[EVENT_TIME_SIZE])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;

	assert(wall_ms >= 0 && wall_ms <= EVENT_TIME_MAX_MS);
	if (!gmtime_r(&seconds, &tm) ||
	    strftime(ret, EVENT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		abort(); /* no year above 9999 comes here */
	return ret;
}
