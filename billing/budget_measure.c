/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Amounts are compared as exact products: nothing is rounded on the way to a threshold.
 */
#include "billing/budget_measure.h"

#include "billing/cost.h"

void budget_period_at(enum budget_period kind, int64_t now_s, int64_t *ret_from_s,
		      int64_t *ret_until_s)
{
	static const enum cost_grain grains[BUDGET_PERIOD_COUNT] = {
		[BUDGET_DAY] = COST_DAYS,
		[BUDGET_MONTH] = COST_MONTHS,
		[BUDGET_ALL] = COST_WHOLE,
	};

	*ret_from_s = kind == BUDGET_ALL ? 0 : cost_grain_begin(grains[kind], now_s);
	*ret_until_s = cost_grain_end(grains[kind], now_s);
}

bool budget_reached(int64_t spent_nano, int64_t amount_nano, int64_t percent)
{
	return (__int128)spent_nano * 100 >= (__int128)amount_nano * percent;
}

int budget_amount_parse(const char *text, int64_t *ret_nano, struct err *err)
{
	const char *c = text;
	int64_t nano = 0, unit = PRICE_NANO;
	bool digits = false;

	for (; *c >= '0' && *c <= '9'; c++, digits = true) {
		if (nano > INT64_MAX / 10 / PRICE_NANO - 1)
			return err_set(err, ERR_INVALID,
				       "an amount has at most nine digits before "
				       "its point");
		nano = nano * 10 + (*c - '0');
	}
	nano *= PRICE_NANO;
	if (*c == '.' && digits) {
		for (c++, digits = false; *c >= '0' && *c <= '9' && unit > 1; c++, digits = true) {
			unit /= 10;
			nano += (*c - '0') * unit;
		}
	}
	if (!digits || *c != '\0' || nano == 0)
		return err_set(err, ERR_INVALID,
			       "an amount is more than 0, like 100 or 0.25, with at most nine "
			       "decimals, not '%.40s'",
			       text);
	*ret_nano = nano;
	return 0;
}
