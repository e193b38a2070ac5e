/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading expressions. What is accepted and refused was recorded from the real services
 * (tests/unit/gateway/test_schedule.c has the cases' rules): no blank around or in the
 * parentheses, small letters only, one blank in a rate. Their messages never say why.
 */
#include "events/schedule.h"

#include <string.h>

#include "events/civil.h"

#define RATE_MAX    INT32_MAX
#define MINUTE_MS   ((int64_t)60 * 1000)
#define DEFAULT_BUS "default"
#define AT_PATTERN  "dddd-dd-ddTdd:dd:dd"
#define AT_LEN	    (sizeof(AT_PATTERN) - 1)

static const struct unit {
	const char *one, *many;
	int64_t period_ms;
} units[] = {
	{"minute", "minutes", MINUTE_MS},
	{"hour", "hours", 60 * MINUTE_MS},
	{"day", "days", 24 * 60 * MINUTE_MS}, /* 24 hours whatever clocks do */
};

/* A piece of the expression, not terminated. */
struct piece {
	const char *text;
	size_t len;
};

static bool piece_is(struct piece piece, const char *word)
{
	return piece.len == strlen(word) && memcmp(piece.text, word, piece.len) == 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool find_unit(struct piece word, int64_t count, enum schedule_service service,
		      int64_t *ret_ms)
{
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		bool one = piece_is(word, units[i].one), many = piece_is(word, units[i].many);

		if (!one && !many)
			continue;
		if (service == SCHEDULE_OF_RULE && one != (count == 1))
			return false;
		*ret_ms = units[i].period_ms;
		return true;
	}
	return false;
}

/* "5 minutes" */
static bool parse_rate(struct piece inner, struct schedule *schedule)
{
	int64_t count = 0, unit_ms;
	size_t at = 0;

	for (; at < inner.len && is_digit(inner.text[at]); at++) {
		count = 10 * count + (inner.text[at] - '0');
		if (count > RATE_MAX)
			return false;
	}
	if (count == 0 || at == inner.len || inner.text[at] != ' ')
		return false;
	at++;
	if (!find_unit((struct piece){inner.text + at, inner.len - at}, count, schedule->service,
		       &unit_ms))
		return false;
	schedule->kind = SCHEDULE_RATE;
	schedule->period_ms = count * unit_ms;
	return true;
}

static int number_at(struct piece piece, size_t from, size_t len)
{
	int value = 0;

	for (size_t i = from; i < from + len; i++)
		value = 10 * value + (piece.text[i] - '0');
	return value;
}

/* "2026-11-22T10:00:00", of a day that the calendar has. */
static bool parse_at(struct piece inner, struct schedule *schedule)
{
	struct civil date;
	int hour, minute, second;

	if (inner.len != AT_LEN)
		return false;
	for (size_t i = 0; i < AT_LEN; i++) {
		if (AT_PATTERN[i] == 'd' ? !is_digit(inner.text[i])
					 : inner.text[i] != AT_PATTERN[i])
			return false;
	}
	date = (struct civil){number_at(inner, 0, 4), number_at(inner, 5, 2),
			      number_at(inner, 8, 2)};
	hour = number_at(inner, 11, 2);
	minute = number_at(inner, 14, 2);
	second = number_at(inner, 17, 2);
	if (date.year < CRON_YEAR_FIRST || date.year > CRON_YEAR_LAST || date.month < 1 ||
	    date.month > 12 || date.day < 1 ||
	    date.day > civil_month_length(date.year, date.month) || hour > 23 || minute > 59 ||
	    second > 59)
		return false;
	schedule->kind = SCHEDULE_AT;
	schedule->at_local_s =
		civil_to_days(date) * CIVIL_DAY_S + (int64_t)hour * 3600 + minute * 60 + second;
	return true;
}

static bool parse_cron(struct piece inner, struct schedule *schedule)
{
	schedule->kind = SCHEDULE_CRON;
	return cron_parse(inner.text, inner.len, &schedule->cron);
}

static const struct form {
	const char *head;
	bool (*parse)(struct piece inner, struct schedule *schedule);
	bool of_rule;
} forms[] = {
	{"rate(", parse_rate, true},
	{"cron(", parse_cron, true},
	{"at(", parse_at, false},
};

static bool parse(const char *text, struct schedule *schedule)
{
	size_t len = strlen(text);

	if (len > SCHEDULE_TEXT_MAX || len == 0 || text[len - 1] != ')')
		return false;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		size_t head = strlen(forms[i].head);

		if (strncmp(text, forms[i].head, head) != 0)
			continue;
		if (schedule->service == SCHEDULE_OF_RULE && !forms[i].of_rule)
			return false;
		return forms[i].parse((struct piece){text + head, len - head - 1}, schedule);
	}
	return false;
}

int schedule_parse(const char *text, enum schedule_service service, struct schedule *ret,
		   struct err *err)
{
	struct schedule schedule = {.service = service};

	if (parse(text, &schedule)) {
		*ret = schedule;
		return 0;
	}
	if (service == SCHEDULE_OF_RULE)
		return err_set(err, ERR_INVALID, "Parameter ScheduleExpression is not valid.");
	return err_set(err, ERR_INVALID, "Invalid Schedule Expression %s.", text);
}

int schedule_check_bus(const char *bus, struct err *err)
{
	if (strcmp(bus, DEFAULT_BUS) == 0)
		return 0;
	return err_set(err, ERR_INVALID,
		       "ScheduleExpression is supported only on the default event bus.");
}
