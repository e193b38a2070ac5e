/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offsets are written as what is added to local time to get UTC, so their sign is turned
 * round. A rule without a time of day means 02:00; without an offset of summer time, one hour.
 */
#include <ctype.h>

#include "events/civil.h"
#include "events/zone_private.h"

#define HOUR_S		  3600
#define NAME_LEN_MIN	  3
#define OFFSET_HOURS_MAX  24
#define TIME_HOURS_MAX	  167 /* RFC 8536: a week either way */
#define DAY_DEFAULT_S	  (2 * HOUR_S)
#define DIGITS_MAX	  3
#define NO_LEAP_MARCH_DAY 60 /* J60 is the first of March in all years */

struct scan {
	const char *at, *end;
};

static bool take(struct scan *scan, char c)
{
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

static bool is_next(const struct scan *scan, int (*is_kind)(int))
{
	return scan->at < scan->end && is_kind((unsigned char)*scan->at) != 0;
}

static bool take_number(struct scan *scan, int low, int high, int *ret)
{
	int value = 0, digits = 0;

	while (is_next(scan, isdigit)) {
		if (++digits > DIGITS_MAX)
			return false;
		value = 10 * value + (*scan->at++ - '0');
	}
	if (digits == 0 || value < low || value > high)
		return false;
	*ret = value;
	return true;
}

/* CET, or <+0530>. */
static bool take_name(struct scan *scan)
{
	const char *from;

	if (take(scan, '<')) {
		for (from = scan->at; is_next(scan, isalnum) || is_next(scan, ispunct);
		     scan->at++) {
			if (*scan->at == '>')
				break;
		}
		return scan->at - from >= NAME_LEN_MIN && take(scan, '>');
	}
	for (from = scan->at; is_next(scan, isalpha);)
		scan->at++;
	return scan->at - from >= NAME_LEN_MIN;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct scan *scan, int hours_max, int32_t *ret_s)
{
	bool negative = take(scan, '-');
	int hours, minutes = 0, seconds = 0;

	if (!negative)
		(void)take(scan, '+'); /* may stand there */
	if (!take_number(scan, 0, hours_max, &hours))
		return false;
	if (take(scan, ':')) {
		if (!take_number(scan, 0, 59, &minutes))
			return false;
		if (take(scan, ':') && !take_number(scan, 0, 59, &seconds))
			return false;
	}
	*ret_s = hours * HOUR_S + minutes * 60 + seconds;
	if (negative)
		*ret_s = -*ret_s;
	return true;
}

static bool take_offset(struct scan *scan, int32_t *ret_s)
{
	if (!take_time(scan, OFFSET_HOURS_MAX, ret_s))
		return false;
	*ret_s = -*ret_s;
	return true;
}

static bool take_change(struct scan *scan, struct zone_change *ret)
{
	bool taken;

	if (!take(scan, ','))
		return false;
	ret->time_s = DAY_DEFAULT_S;
	if (take(scan, 'M')) {
		ret->kind = ZONE_DAY_OF_MONTH;
		taken = take_number(scan, 1, 12, &ret->month) && take(scan, '.') &&
			take_number(scan, 1, 5, &ret->week) && take(scan, '.') &&
			take_number(scan, 0, 6, &ret->day);
	} else if (take(scan, 'J')) {
		ret->kind = ZONE_DAY_WITHOUT_LEAP;
		taken = take_number(scan, 1, 365, &ret->day);
	} else {
		ret->kind = ZONE_DAY_OF_YEAR;
		taken = take_number(scan, 0, 365, &ret->day);
	}
	return taken && (!take(scan, '/') || take_time(scan, TIME_HOURS_MAX, &ret->time_s));
}

bool zone_rule_parse(const char *text, size_t len, struct zone_rule *ret)
{
	struct scan scan = {.at = text, .end = text + len};
	struct zone_rule rule = {0};

	if (!take_name(&scan) || !take_offset(&scan, &rule.standard_s))
		return false;
	if (scan.at < scan.end) {
		rule.has_summer = true;
		rule.summer_s = rule.standard_s + HOUR_S;
		if (!take_name(&scan))
			return false;
		if (scan.at < scan.end && *scan.at != ',' && !take_offset(&scan, &rule.summer_s))
			return false;
		if (!take_change(&scan, &rule.to_summer) || !take_change(&scan, &rule.to_standard))
			return false;
	}
	if (scan.at != scan.end)
		return false;
	*ret = rule;
	return true;
}

/* Days since 1970 of the week-th weekday of a month. */
static int64_t day_of_month(const struct zone_change *change, int year)
{
	int64_t first = civil_to_days((struct civil){year, change->month, 1});
	int day = (change->day - civil_weekday(first) + 7) % 7 + 7 * (change->week - 1);

	if (day >= civil_month_length(year, change->month))
		day -= 7; /* there are four of them, and the last is meant */
	return first + day;
}

int64_t zone_change_local(const struct zone_change *change, int year)
{
	int64_t day = civil_to_days((struct civil){year, 1, 1});

	switch (change->kind) {
	case ZONE_DAY_OF_MONTH:
		day = day_of_month(change, year);
		break;
	case ZONE_DAY_WITHOUT_LEAP:
		day += change->day - 1;
		if (civil_is_leap(year) && change->day >= NO_LEAP_MARCH_DAY)
			day++;
		break;
	default:
		day += change->day;
	}
	return day * CIVIL_DAY_S + change->time_s;
}
