/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A date counts when it is written as the calendar writes it, so there is no 30th of February.
 */
#include "cli/bill_time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "billing/calendar.h"

#define AGE_DIGITS_MAX 6 /* of the longest, days: some thousand years */

static const struct {
	const char *format;
	char *(*write)(int64_t at_s, char ret[CALENDAR_TEXT_SIZE]);
} forms[] = {
	{"%Y-%m-%d", calendar_day_text},
	{"%Y-%m-%dT%H:%M:%SZ", calendar_time_text},
};

static const struct {
	const char *unit;
	int64_t seconds;
} ages[] = {{"min", 60}, {"h", CALENDAR_HOUR_S}, {"d", CALENDAR_DAY_S}};

static bool parse_date(const char *text, int64_t *ret_s)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct tm tm = {0};
		const char *end = strptime(text, forms[i].format, &tm);
		char again[CALENDAR_TEXT_SIZE];
		int64_t at_s;

		if (!end || *end != '\0')
			continue;
		at_s = (int64_t)timegm(&tm);
		*ret_s = at_s;
		return at_s >= 0 && strcmp(forms[i].write(at_s, again), text) == 0;
	}
	return false;
}

static bool parse_age(const char *text, int64_t now_s, int64_t *ret_s)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > AGE_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(ages); i++) {
		int64_t age_s = strtoll(text, NULL, 10) * ages[i].seconds;

		if (strcmp(text + digits, ages[i].unit) != 0)
			continue;
		*ret_s = age_s < now_s ? now_s - age_s : 0;
		return true;
	}
	return false;
}

int bill_time_parse(const char *option, const char *text, int64_t now_s, int64_t *ret_s,
		    struct err *err)
{
	if (parse_date(text, ret_s) || parse_age(text, now_s, ret_s))
		return 0;
	return err_set(err, ERR_INVALID,
		       "--%s must be a time like 2026-01-31 or 2026-01-31T08:00:00Z (UTC), or how"
		       " long ago, like 24h or 7d, not \"%.40s\"",
		       option, text);
}
