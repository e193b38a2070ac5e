/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic of GetCostForecast, which is simple and says so: a day to come costs what the
 * finished days behind us cost on average (up to 30, from the first that cost anything), and today
 * what it has cost so far and that rate for the rest of it.
 *
 * The interval takes days for independent of each other, with the variance that those behind us
 * have: of d days to come, after k finished ones with standard deviation s, the sum's is
 * s * sqrt(d + d * d / k), by Student's distribution with k - 1 degrees. It knows nothing of
 * weekdays or of what people plan.
 */
#ifndef SLIPWAY_GATEWAY_CE_FORECAST_H
#define SLIPWAY_GATEWAY_CE_FORECAST_H

#include "core/err.h"

#define CE_FORECAST_DAYS 30 /* that are looked back at */

struct ce_history {
	int64_t day_nano[CE_FORECAST_DAYS]; /* finished days, the oldest first */
	size_t days;
	int64_t today_nano; /* so far */
	int64_t now_s;
};

struct ce_forecast {
	int64_t mean_nano, lower_nano, upper_nano;
};

/*
 * What [from_s, until_s) costs; it begins today or later. @level: percent of the interval, 0: none
 * is asked for (lower and upper are the mean). ERR_NOT_FOUND: no day is finished, or, for an
 * interval, only one. ERR_LIMIT: out of range.
 */
int ce_forecast_make(const struct ce_history *history, int64_t from_s, int64_t until_s, int level,
		     struct ce_forecast *ret_forecast, struct err *err) MUST_CHECK;

/* Student's t: of @freedom degrees, which is exceeded with probability 1 - @probability (0.5 to
 * 1). To a thousandth or better. */
double ce_student_quantile(double probability, size_t freedom);

#endif
