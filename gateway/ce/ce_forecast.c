/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mean is an exact fraction, rounded once; the interval is an estimate and counts in doubles.
 */
#include "gateway/ce/ce_forecast.h"

#include <math.h>

#include "billing/calendar.h"

#define PI 3.14159265358979323846

/* --- distributions --- */

/* Of the normal distribution, by halving: erfc() only falls. */
static double normal_quantile(double probability)
{
	double low = 0, high = 10;

	for (int i = 0; i < 80; i++) {
		double middle = (low + high) / 2;

		if (erfc(middle / sqrt(2)) / 2 > 1 - probability)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* One and two degrees exactly; above, the expansion of Cornish and Fisher. */
double ce_student_quantile(double probability, size_t freedom)
{
	double z, v = (double)freedom;

	if (freedom == 1)
		return tan(PI * (probability - 0.5));
	if (freedom == 2)
		return (2 * probability - 1) / sqrt(2 * probability * (1 - probability));
	z = normal_quantile(probability);
	return z + (pow(z, 3) + z) / (4 * v) +
	       (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96 * pow(v, 2)) +
	       (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) / (384 * pow(v, 3)) +
	       (79 * pow(z, 9) + 776 * pow(z, 7) + 1482 * pow(z, 5) - 1920 * pow(z, 3) - 945 * z) /
		       (92160 * pow(v, 4));
}

/* --- days --- */

static double mean_of(const struct ce_history *history)
{
	double sum = 0;

	for (size_t i = 0; i < history->days; i++)
		sum += (double)history->day_nano[i];
	return sum / (double)history->days;
}

static double deviation_of(const struct ce_history *history)
{
	double mean = mean_of(history), sum = 0;

	for (size_t i = 0; i < history->days; i++)
		sum += pow((double)history->day_nano[i] - mean, 2);
	return sqrt(sum / (double)(history->days - 1));
}

/* The average day for @seconds, half to even. */
static int average_for(const struct ce_history *history, int64_t seconds, int64_t *ret_nano,
		       struct err *err)
{
	__int128 sum = 0, by = (__int128)CALENDAR_DAY_S * (__int128)history->days;
	__int128 quotient, rest;

	for (size_t i = 0; i < history->days; i++)
		sum += history->day_nano[i];
	sum *= seconds;
	quotient = sum / by;
	rest = sum % by;
	if (rest < 0) { /* corrections gave back more than the days cost */
		rest += by;
		quotient--;
	}
	if (2 * rest > by || (2 * rest == by && quotient % 2 != 0))
		quotient++;
	if (quotient > INT64_MAX || quotient < INT64_MIN)
		return err_set(err, ERR_LIMIT, "the forecast is out of range");
	*ret_nano = (int64_t)quotient;
	return 0;
}

static int check_days(const struct ce_history *history, int level, struct err *err)
{
	size_t needed = level > 0 ? 2 : 1;

	if (history->days >= needed)
		return 0;
	return err_set(err, ERR_NOT_FOUND,
		       "Insufficient amount of historical data to generate forecast%s: of finished "
		       "days since the first costs %zu are needed, and there are %zu",
		       level > 0 ? " with PredictionIntervalLevel" : "", needed, history->days);
}

static int set_interval(const struct ce_history *history, double days, int level, int64_t sure_nano,
			struct ce_forecast *forecast, struct err *err)
{
	double probability = 0.5 + (double)level / 200;
	double k = (double)history->days;
	double half = ce_student_quantile(probability, history->days - 1) * deviation_of(history) *
		      sqrt(days + days * days / k);
	double upper = (double)forecast->mean_nano + half;
	double lower = (double)forecast->mean_nano - half;

	if (upper > (double)(INT64_MAX / 2))
		return err_set(err, ERR_LIMIT, "the interval is out of range");
	forecast->upper_nano = (int64_t)llround(upper);
	/* What has been spent is spent. */
	forecast->lower_nano = lower < (double)sure_nano ? sure_nano : (int64_t)llround(lower);
	if (forecast->lower_nano > forecast->mean_nano)
		forecast->lower_nano = forecast->mean_nano;
	return 0;
}

int ce_forecast_make(const struct ce_history *history, int64_t from_s, int64_t until_s, int level,
		     struct ce_forecast *ret_forecast, struct err *err)
{
	int64_t begin_s = from_s > history->now_s ? from_s : history->now_s;
	int64_t ahead_s = until_s > begin_s ? until_s - begin_s : 0;
	int64_t sure_nano = from_s <= history->now_s ? history->today_nano : 0;
	struct ce_forecast forecast;
	int64_t ahead_nano;

	if (check_days(history, level, err) < 0 ||
	    average_for(history, ahead_s, &ahead_nano, err) < 0)
		return -1;
	if (__builtin_add_overflow(sure_nano, ahead_nano, &forecast.mean_nano))
		return err_set(err, ERR_LIMIT, "the forecast is out of range");
	forecast.lower_nano = forecast.upper_nano = forecast.mean_nano;
	if (level > 0 && set_interval(history, (double)ahead_s / CALENDAR_DAY_S, level, sure_nano,
				      &forecast, err) < 0)
		return -1;
	*ret_forecast = forecast;
	return 0;
}
