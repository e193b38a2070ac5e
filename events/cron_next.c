/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The next time of a cron expression. From the year down, each field's next value is the next
 * bit of a set; days of a month are made into such a set when the month is reached. When a
 * field has no value left the one above it moves on and all below begin at their first.
 */
#include "events/civil.h"
#include "events/cron.h"

#define WORD_BITS   64
#define DAY_MINUTES 1440
#define EVERY_WEEK  0x10204081u /* bits 0, 7, 14, 21, 28 */
#define SUNDAY	    0
#define SATURDAY    6

int cron_set_next(const struct cron_set *set, int from)
{
	int word = from / WORD_BITS;
	uint64_t left;

	if (word >= CRON_SET_WORDS)
		return -1;
	left = set->word[word] & (~(uint64_t)0 << (from % WORD_BITS));
	while (left == 0) {
		if (++word == CRON_SET_WORDS)
			return -1;
		left = set->word[word];
	}
	return word * WORD_BITS + __builtin_ctzll(left);
}

/* A month while its days are looked for; of a set of days bit 1 is the first. */
struct month {
	int first_weekday; /* 0 is Sunday */
	int length;
};

static int weekday_of(const struct month *month, int day)
{
	return (month->first_weekday + day - 1) % 7;
}

/* The Monday to Friday that is nearest to @day without leaving the month. */
static int nearest_weekday(const struct month *month, int day)
{
	switch (weekday_of(month, day)) {
	case SATURDAY:
		return day == 1 ? day + 2 : day - 1;
	case SUNDAY:
		return day == month->length ? day - 2 : day + 1;
	default:
		return day;
	}
}

static uint32_t days_listed(const struct cron *cron, const struct month *month)
{
	uint32_t days = (uint32_t)cron->field[CRON_DAY].word[0] << 1;
	int day = 0;

	while ((day = cron_set_next(&cron->nearest, day) + 1) > 0 && day <= month->length)
		days |= 1u << nearest_weekday(month, day);
	return days;
}

static uint32_t days_from_last(const struct cron *cron, const struct month *month)
{
	int day = month->length - cron->number;

	if (day < 1)
		return 0;
	return 1u << (cron->last_weekday ? nearest_weekday(month, day) : day);
}

/* All days of the month of which the weekday is @weekday. */
static uint32_t days_of_weekday(const struct month *month, int weekday)
{
	return EVERY_WEEK << (1 + (weekday - month->first_weekday + 7) % 7);
}

static uint32_t days_of_weekdays(const struct cron *cron, const struct month *month)
{
	uint32_t days = 0;

	for (int weekday = 0; (weekday = cron_set_next(&cron->field[CRON_WEEKDAY], weekday)) >= 0;
	     weekday++)
		days |= days_of_weekday(month, weekday);
	return days;
}

static uint32_t highest_bit(uint32_t bits)
{
	return bits == 0 ? 0 : 1u << (31 - __builtin_clz(bits));
}

static uint32_t nth_bit(uint32_t bits, int nth)
{
	while (--nth > 0)
		bits &= bits - 1;
	return bits & -bits;
}

static uint32_t days_of_month(const struct cron *cron, int year, int month_number)
{
	int64_t first = civil_to_days((struct civil){year, month_number, 1});
	struct month month = {.first_weekday = civil_weekday(first),
			      .length = civil_month_length(year, month_number)};
	uint32_t all = (uint32_t)(((uint64_t)2 << month.length) - 2);

	switch (cron->days) {
	case CRON_DAYS_LISTED:
		return days_listed(cron, &month) & all;
	case CRON_DAYS_FROM_LAST:
		return days_from_last(cron, &month);
	case CRON_DAYS_WEEKDAYS:
		return days_of_weekdays(cron, &month) & all;
	case CRON_DAYS_WEEKDAY_NTH:
		return nth_bit(days_of_weekdays(cron, &month) & all, cron->number);
	case CRON_DAYS_WEEKDAY_LAST:
		return highest_bit(days_of_weekdays(cron, &month) & all);
	default:
		return 0;
	}
}

/* The first day at or after @from that the date fields mean; CRON_NEVER if there is none. */
static int64_t next_day(const struct cron *cron, int64_t from)
{
	struct civil date = civil_from_days(from);
	int year = date.year - CRON_YEAR_FIRST;

	for (; (year = cron_set_next(&cron->field[CRON_YEAR], year)) >= 0; year++) {
		bool same_year = year + CRON_YEAR_FIRST == date.year;
		int month = same_year ? date.month - 1 : 0;

		for (; (month = cron_set_next(&cron->field[CRON_MONTH], month)) >= 0; month++) {
			struct civil found = {year + CRON_YEAR_FIRST, month + 1, 0};
			uint32_t days = days_of_month(cron, found.year, found.month);

			if (same_year && found.month == date.month)
				days &= ~0u << date.day;
			if (days == 0)
				continue;
			found.day = __builtin_ctz(days);
			return civil_to_days(found);
		}
	}
	return CRON_NEVER;
}

/* The first minute of a day at or after @from; -1 if the day has none left. */
static int next_minute(const struct cron *cron, int from)
{
	int hour = cron_set_next(&cron->field[CRON_HOUR], from / 60), minute;

	if (hour == from / 60) {
		minute = cron_set_next(&cron->field[CRON_MINUTE], from % 60);
		if (minute >= 0)
			return hour * 60 + minute;
		hour = cron_set_next(&cron->field[CRON_HOUR], hour + 1);
	}
	return hour < 0 ? -1 : hour * 60 + cron_set_next(&cron->field[CRON_MINUTE], 0);
}

int64_t cron_next(const struct cron *cron, int64_t local_s)
{
	static const struct civil last = {CRON_YEAR_LAST, 12, 31};
	int64_t from = local_s <= 0 ? 0 : (local_s - 1) / 60 + 1; /* minutes */
	int64_t from_day = from / DAY_MINUTES, day;
	int minute;

	if (from_day > civil_to_days(last))
		return CRON_NEVER;
	day = next_day(cron, from_day);
	if (day == from_day) {
		minute = next_minute(cron, (int)(from % DAY_MINUTES));
		if (minute >= 0)
			return (day * DAY_MINUTES + minute) * 60;
		day = next_day(cron, day + 1);
	}
	if (day == CRON_NEVER)
		return CRON_NEVER;
	return (day * DAY_MINUTES + next_minute(cron, 0)) * 60;
}
