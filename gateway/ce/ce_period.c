/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times are read by their places: a digit where one belongs, a mark where one belongs. What is
 * no day of the calendar is refused, as it would not come back when it is written.
 */
#include "gateway/ce/ce_period.h"

#include <string.h>

#include "billing/calendar.h"
#include "gateway/json_out.h"

#define DAY_FORM       "dddd-dd-dd"
#define TIME_FORM      "dddd-dd-ddTdd:dd:ddZ"
#define FORECAST_MAX_S ((int64_t)550 * CALENDAR_DAY_S) /* the API's 18 months */
#define FIRST_YEAR     1970

static const struct shape_field fields[] = {
	TEXT(struct ce_period_input, start, "Start", 1, CE_PERIOD_TEXT, SHAPE_REQUIRED),
	TEXT(struct ce_period_input, end, "End", 1, CE_PERIOD_TEXT, SHAPE_REQUIRED),
};
const struct shape ce_period_shape = SHAPE_OF(struct ce_period_input, fields);

const char *const ce_granularities[] = {"DAILY", "MONTHLY", "HOURLY", NULL};

enum cost_grain ce_grain(int granularity)
{
	static const enum cost_grain grains[] = {COST_DAYS, COST_MONTHS, COST_HOURS};

	return grains[granularity];
}

static bool has_form(const char *text, const char *form)
{
	if (strlen(text) != strlen(form))
		return false;
	for (size_t i = 0; form[i]; i++) {
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	}
	return true;
}

static int number_at(const char *text, size_t at, size_t digits)
{
	int number = 0;

	for (size_t i = 0; i < digits; i++)
		number = 10 * number + (text[at + i] - '0');
	return number;
}

static bool read_day(const char *text, int64_t *ret_s)
{
	int year = number_at(text, 0, 4), month = number_at(text, 5, 2);
	int day = number_at(text, 8, 2);
	int64_t month_s;

	if (year < FIRST_YEAR || month < 1 || month > 12 || day < 1)
		return false;
	month_s = calendar_month_of(year, month);
	*ret_s = month_s + (int64_t)(day - 1) * CALENDAR_DAY_S;
	return *ret_s < calendar_month_end(month_s);
}

static bool read_time(const char *text, int64_t *ret_s)
{
	int hour, minute, second;

	if (has_form(text, DAY_FORM))
		return read_day(text, ret_s);
	if (!has_form(text, TIME_FORM) || !read_day(text, ret_s))
		return false;
	hour = number_at(text, 11, 2);
	minute = number_at(text, 14, 2);
	second = number_at(text, 17, 2);
	*ret_s += (int64_t)hour * CALENDAR_HOUR_S + minute * 60LL + second;
	return hour < 24 && minute < 60 && second < 60;
}

static int read_border(const char *name, const char *text, enum cost_grain grain, int64_t *ret_s,
		       struct err *err)
{
	int64_t unit_s = grain == COST_HOURS ? CALENDAR_HOUR_S : CALENDAR_DAY_S;

	if (!read_time(text, ret_s))
		return err_set(err, ERR_INVALID,
			       "TimePeriod.%s %.40s is invalid. Valid format is: yyyy-MM-dd%s",
			       name, text, grain == COST_HOURS ? " or yyyy-MM-ddTHH:mm:ssZ" : "");
	if (*ret_s % unit_s != 0)
		return err_set(err, ERR_INVALID, "TimePeriod.%s %.40s must be the begin of %s",
			       name, text, grain == COST_HOURS ? "an hour" : "a day");
	return 0;
}

static int check_buckets(const struct ce_period *period, struct err *err)
{
	int64_t at_s = period->from_s;

	for (int i = 0; i < CE_BUCKETS_MAX && at_s < period->until_s; i++)
		at_s = ce_period_bucket_end(period, at_s);
	if (at_s < period->until_s)
		return err_set(err, ERR_INVALID,
			       "TimePeriod has more than %d results of this Granularity",
			       CE_BUCKETS_MAX);
	return 0;
}

static int read_both(const struct ce_period_input *input, enum cost_grain grain,
		     struct ce_period *period, struct err *err)
{
	*period = (struct ce_period){.grain = grain};
	if (read_border("Start", input->start, grain, &period->from_s, err) < 0 ||
	    read_border("End", input->end, grain, &period->until_s, err) < 0)
		return -1;
	if (period->from_s >= period->until_s)
		return err_set(err, ERR_INVALID,
			       "TimePeriod: Start date (and hour) should be before end date (and "
			       "hour)");
	return check_buckets(period, err);
}

int ce_period_read(const struct ce_period_input *input, enum cost_grain grain, int64_t now_s,
		   struct ce_period *ret_period, struct err *err)
{
	struct ce_period period;

	if (read_both(input, grain, &period, err) < 0)
		return -1;
	if (period.from_s > now_s)
		return err_set(err, ERR_INVALID, "TimePeriod.Start %.40s is in the future",
			       input->start);
	if (period.until_s > calendar_month_end(now_s))
		return err_set(err, ERR_INVALID,
			       "TimePeriod: end date past the beginning of next month");
	*ret_period = period;
	return 0;
}

int ce_period_read_ahead(const struct ce_period_input *input, enum cost_grain grain, int64_t now_s,
			 struct ce_period *ret_period, struct err *err)
{
	struct ce_period period;

	if (read_both(input, grain, &period, err) < 0)
		return -1;
	if (period.from_s < calendar_floor(now_s, CALENDAR_DAY_S))
		return err_set(err, ERR_INVALID, "TimePeriod.Start %.40s must be today or later",
			       input->start);
	if (period.until_s - calendar_floor(now_s, CALENDAR_DAY_S) > FORECAST_MAX_S)
		return err_set(err, ERR_INVALID,
			       "TimePeriod.End %.40s is more than 18 months ahead", input->end);
	*ret_period = period;
	return 0;
}

int64_t ce_period_bucket_end(const struct ce_period *period, int64_t at_s)
{
	int64_t end_s = cost_grain_end(period->grain, at_s);

	return end_s < period->until_s ? end_s : period->until_s;
}

json_t *ce_period_json(const struct ce_period *period, int64_t from_s, int64_t until_s)
{
	char *(*write)(int64_t, char *) =
		period->grain == COST_HOURS ? calendar_time_text : calendar_day_text;
	char text[CALENDAR_TEXT_SIZE];
	json_t *object = out_object();

	out_text(object, "Start", write(from_s, text));
	out_text(object, "End", write(until_s, text));
	return object;
}
