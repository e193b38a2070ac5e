/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading cron(...). The service's grammar is that of the Quartz scheduler without its field
 * of seconds, and where the user guide says nothing its rules hold:
 *
 *	5/10		from 5 to the field's end, every tenth; so 1-31/30 is 1 and 31
 *	/10		the same as * with /10
 *	FRI-MON, 22-5	a range that runs over the field's end and goes on at its beginning,
 *			but not in the year
 *	L		in the day of week: Saturday
 *	L-3, L-3W	three days before the last of the month; the weekday nearest to that
 *
 * A step is from 1 to the field's highest value. What the service reads by accident (letters
 * behind a complete item, ranges from a name to a number) is refused.
 */
#include "events/cron.h"

#include <ctype.h>
#include <string.h>

#define DIGITS_MAX    4 /* of the year */
#define NTH_MAX	      5 /* no weekday comes more often in a month */
#define FROM_LAST_MAX 30
#define WORD_LEN      3
#define WORD_BITS     64

static const struct field_rule {
	int low, high;
	const char *words; /* names of the values, WORD_LEN letters each */
} rules[CRON_FIELD_COUNT] = {
	[CRON_MINUTE] = {.low = 0, .high = 59},
	[CRON_HOUR] = {.low = 0, .high = 23},
	[CRON_DAY] = {.low = 1, .high = 31},
	[CRON_MONTH] = {.low = 1, .high = 12, .words = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
	[CRON_WEEKDAY] = {.low = 1, .high = 7, .words = "SUNMONTUEWEDTHUFRISAT"},
	[CRON_YEAR] = {.low = CRON_YEAR_FIRST, .high = CRON_YEAR_LAST},
};

struct scan {
	const char *at, *end; /* of one field */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_at_end(const struct scan *scan)
{
	return scan->at == scan->end;
}

/* The next letter as a capital; 0 at the end. */
static char peek(const struct scan *scan)
{
	if (is_at_end(scan))
		return '\0';
	return (char)toupper((unsigned char)*scan->at);
}

static bool take(struct scan *scan, char c)
{
	if (is_at_end(scan) || peek(scan) != c)
		return false;
	scan->at++;
	return true;
}

static bool take_number(struct scan *scan, int low, int high, int *ret)
{
	int value = 0, digits = 0;

	while (!is_at_end(scan) && *scan->at >= '0' && *scan->at <= '9') {
		if (++digits > DIGITS_MAX)
			return false;
		value = 10 * value + (*scan->at++ - '0');
	}
	if (digits == 0 || value < low || value > high)
		return false;
	*ret = value;
	return true;
}

static bool take_word(struct scan *scan, const struct field_rule *rule, int *ret)
{
	char word[WORD_LEN + 1] = "";

	if (!rule->words || scan->end - scan->at < WORD_LEN)
		return false;
	for (int i = 0; i < WORD_LEN; i++)
		word[i] = (char)toupper((unsigned char)scan->at[i]);
	for (int i = 0; rule->low + i <= rule->high; i++) {
		if (memcmp(rule->words + (ptrdiff_t)WORD_LEN * i, word, WORD_LEN) != 0)
			continue;
		scan->at += WORD_LEN;
		*ret = rule->low + i;
		return true;
	}
	return false;
}

static bool is_letter_next(const struct scan *scan)
{
	return peek(scan) >= 'A' && peek(scan) <= 'Z';
}

static bool take_value(struct scan *scan, const struct field_rule *rule, int *ret)
{
	return is_letter_next(scan) ? take_word(scan, rule, ret)
				    : take_number(scan, rule->low, rule->high, ret);
}

static void set_add(struct cron_set *set, int index)
{
	set->word[index / WORD_BITS] |= (uint64_t)1 << (index % WORD_BITS);
}

/* Every @step-th value from @first to @last, over the field's end if @last is lower. */
static void add_range(struct cron_set *set, const struct field_rule *rule, int first, int last,
		      int step)
{
	int span = rule->high - rule->low + 1;

	if (last < first)
		last += span;
	for (int value = first; value <= last; value += step)
		set_add(set, (value - rule->low) % span);
}

/* One of a list: 5, 5-8, 5/10, 5-8/2, *, with a step too, or a step alone. */
static bool take_item(struct scan *scan, enum cron_field field, struct cron *cron)
{
	const struct field_rule *rule = &rules[field];
	int first = rule->low, last = rule->high, step = 1;
	bool all = take(scan, '*') || peek(scan) == '/', named = is_letter_next(scan);

	if (!all) {
		if (!take_value(scan, rule, &first))
			return false;
		if (field == CRON_DAY && take(scan, 'W')) {
			set_add(&cron->nearest, first - rule->low);
			return true;
		}
		last = first;
		if (take(scan, '-')) {
			if (is_letter_next(scan) != named || !take_value(scan, rule, &last))
				return false;
			if (field == CRON_YEAR && last < first)
				return false;
		} else if (peek(scan) == '/') {
			last = rule->high;
		}
	}
	if (take(scan, '/') && !take_number(scan, 1, rule->high, &step))
		return false;
	add_range(&cron->field[field], rule, first, last, step);
	return true;
}

static bool take_list(struct scan *scan, enum cron_field field, struct cron *cron)
{
	do {
		if (!take_item(scan, field, cron))
			return false;
	} while (take(scan, ','));
	return is_at_end(scan);
}

/* L, L-3, LW, L-3W; the L has been taken. */
static bool take_from_last(struct scan *scan, struct cron *cron)
{
	cron->days = CRON_DAYS_FROM_LAST;
	if (take(scan, '-') && !take_number(scan, 0, FROM_LAST_MAX, &cron->number))
		return false;
	cron->last_weekday = take(scan, 'W');
	return is_at_end(scan);
}

static bool take_days(struct scan *scan, struct cron *cron)
{
	cron->days = CRON_DAYS_LISTED;
	if (take(scan, 'L'))
		return take_from_last(scan, cron);
	return take_list(scan, CRON_DAY, cron);
}

static bool take_weekdays(struct scan *scan, struct cron *cron)
{
	const struct field_rule *rule = &rules[CRON_WEEKDAY];
	struct scan single = *scan;
	int value;

	cron->days = CRON_DAYS_WEEKDAYS;
	if (take(scan, 'L')) {
		set_add(&cron->field[CRON_WEEKDAY], rule->high - rule->low);
		return is_at_end(scan);
	}
	if (take_value(&single, rule, &value) && (peek(&single) == 'L' || peek(&single) == '#')) {
		set_add(&cron->field[CRON_WEEKDAY], value - rule->low);
		cron->days = peek(&single) == 'L' ? CRON_DAYS_WEEKDAY_LAST : CRON_DAYS_WEEKDAY_NTH;
		single.at++;
		if (cron->days == CRON_DAYS_WEEKDAY_NTH &&
		    !take_number(&single, 1, NTH_MAX, &cron->number))
			return false;
		return is_at_end(&single);
	}
	return take_list(scan, CRON_WEEKDAY, cron);
}

static bool is_question_mark(const struct scan *scan)
{
	return scan->end - scan->at == 1 && *scan->at == '?';
}

/* Cut the text into its fields; false unless there are six. */
static bool cut_fields(const char *text, size_t len, struct scan fields[CRON_FIELD_COUNT])
{
	const char *at = text, *end = text + len;

	for (int i = 0; i < CRON_FIELD_COUNT; i++) {
		fields[i].at = at;
		while (at < end && !is_blank(*at))
			at++;
		fields[i].end = at;
		if (is_at_end(&fields[i]))
			return false;
		while (i + 1 < CRON_FIELD_COUNT && at < end && is_blank(*at))
			at++;
	}
	return at == end;
}

bool cron_parse(const char *text, size_t len, struct cron *ret)
{
	struct scan fields[CRON_FIELD_COUNT];
	struct cron cron = {.days = CRON_DAYS_LISTED};
	bool by_weekday;

	if (!cut_fields(text, len, fields))
		return false;
	by_weekday = is_question_mark(&fields[CRON_DAY]);
	if (by_weekday == is_question_mark(&fields[CRON_WEEKDAY]))
		return false;
	for (int i = 0; i < CRON_FIELD_COUNT; i++) {
		if (i != CRON_DAY && i != CRON_WEEKDAY &&
		    !take_list(&fields[i], (enum cron_field)i, &cron))
			return false;
	}
	if (!(by_weekday ? take_weekdays(&fields[CRON_WEEKDAY], &cron)
			 : take_days(&fields[CRON_DAY], &cron)))
		return false;
	*ret = cron;
	return true;
}
