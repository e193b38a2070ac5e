/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetCostForecast: what the days or months to come will cost if all goes on as it was. The method
 * is gateway/ce/ce_forecast.h's.
 */
#include <string.h>

#include "billing/calendar.h"
#include "gateway/api_table.h"
#include "gateway/ce/ce_forecast.h"
#include "gateway/ce/ce_metric.h"
#include "gateway/ce/ce_question.h"
#include "gateway/json_out.h"

struct input {
	struct ce_period_input period;
	int granularity, metric;
	int64_t level;
	bool has_level;
	const json_t *filter;
};

static const struct shape_field fields[] = {
	{.name = "TimePeriod",
	 .type = SHAPE_OBJECT,
	 .flags = SHAPE_REQUIRED,
	 .offset = offsetof(struct input, period),
	 .shape = &ce_period_shape},
	WORD(struct input, granularity, "Granularity", ce_granularities, SHAPE_REQUIRED),
	WORD(struct input, metric, "Metric", ce_metric_forecasts, SHAPE_REQUIRED),
	INT_SEEN(struct input, level, has_level, "PredictionIntervalLevel", 51, 99),
	JSON(struct input, filter, "Filter", 0),
	REFUSED("BillingViewArn"),
};
static const struct shape shape = SHAPE_OF(struct input, fields);

/* --- what was --- */

/* Finished days from the first that cost anything, and today. */
static void take_days(const struct summary *summary, struct ce_history *history)
{
	int64_t today_s = calendar_floor(history->now_s, CALENDAR_DAY_S);
	int64_t first_s = summary->count > 0 ? summary->rows[0].from_s : today_s;

	for (size_t i = 0; i < summary->count; i++) {
		const struct summary_row *row = &summary->rows[i];
		int64_t day = (row->from_s - first_s) / CALENDAR_DAY_S;

		if (row->from_s == today_s)
			history->today_nano = row->total_nano;
		else if (day < CE_FORECAST_DAYS)
			history->day_nano[day] = row->total_nano;
	}
	history->days = (size_t)((today_s - first_s) / CALENDAR_DAY_S);
}

static int read_history(struct ce_question *question, struct ce_history *ret_history)
{
	int64_t now_s = question->call->now_ms / 1000;
	int64_t today_s = calendar_floor(now_s, CALENDAR_DAY_S);
	const struct ce_period period = {
		.from_s = today_s - (int64_t)CE_FORECAST_DAYS * CALENDAR_DAY_S,
		.until_s = today_s + CALENDAR_DAY_S,
		.grain = COST_DAYS,
	};
	struct summary summary;

	*ret_history = (struct ce_history){.now_s = now_s};
	if (ce_question_sum(question, &period, NULL, &summary) < 0)
		return -1;
	take_days(&summary, ret_history);
	return 0;
}

/* --- the answer --- */

static json_t *result_json(const struct ce_period *period, int64_t from_s, int64_t until_s,
			   const struct ce_forecast *forecast, bool has_level)
{
	json_t *object = out_object();
	char text[PRICE_TEXT_SIZE];

	out_put(object, "TimePeriod", ce_period_json(period, from_s, until_s));
	out_text(object, "MeanValue", price_text(forecast->mean_nano, text));
	if (has_level) {
		out_text(object, "PredictionIntervalLowerBound",
			 price_text(forecast->lower_nano, text));
		out_text(object, "PredictionIntervalUpperBound",
			 price_text(forecast->upper_nano, text));
	}
	return object;
}

static int answer(struct ce_question *question, const struct input *input,
		  const struct ce_period *period, const struct ce_history *history,
		  json_t **ret_output)
{
	AUTO(json_decrefp) json_t *output = out_object();
	json_t *results = out_list();
	json_t *total = out_object();
	int64_t sum_nano = 0, until_s;
	char text[PRICE_TEXT_SIZE];
	struct err err = ERR_INIT;

	out_put(output, "ForecastResultsByTime", results);
	out_put(output, "Total", total);
	for (int64_t from_s = period->from_s; from_s < period->until_s; from_s = until_s) {
		struct ce_forecast forecast;

		until_s = ce_period_bucket_end(period, from_s);
		if (ce_forecast_make(history, from_s, until_s,
				     input->has_level ? (int)input->level : 0, &forecast,
				     &err) < 0 ||
		    cost_add(&sum_nano, forecast.mean_nano, &err) < 0)
			return ce_fail(question->call, &err);
		out_push(results,
			 result_json(period, from_s, until_s, &forecast, input->has_level));
	}
	out_text(total, "Amount", price_text(sum_nano, text));
	out_text(total, "Unit", price_list_currency(question->tariff.prices));
	*ret_output = STEAL(output, NULL);
	return 0;
}

static int check(struct call *call, const struct input *input, struct ce_period *ret_period)
{
	struct err err = ERR_INIT;

	if (!ce_metric_is_cost((enum ce_metric)input->metric))
		return call_fail(call, "ValidationException",
				 "Metric %s is not supported: only costs are forecast.",
				 ce_metric_forecasts[input->metric]);
	if (ce_grain(input->granularity) == COST_HOURS)
		return call_fail(call, "ValidationException",
				 "Granularity HOURLY is not supported: forecasts are DAILY or "
				 "MONTHLY.");
	if (ce_period_read_ahead(&input->period, ce_grain(input->granularity), call->now_ms / 1000,
				 ret_period, &err) < 0)
		return ce_fail(call, &err);
	return 0;
}

static int get_cost_forecast(struct call *call, const void *filled, json_t **ret_output)
{
	const struct input *input = filled;
	AUTO(ce_question_done) struct ce_question question = {.call = call};
	struct ce_history history;
	struct ce_period period;

	if (check(call, input, &period) < 0 ||
	    ce_question_begin(call, input->filter, &question) < 0 ||
	    read_history(&question, &history) < 0)
		return -1;
	return answer(&question, input, &period, &history, ret_output);
}

const struct operation op_ce_get_cost_forecast = {
	.service = "ce",
	.name = "GetCostForecast",
	.shape = &shape,
	.handler = get_cost_forecast,
	.shape_error = "ValidationException",
	.snapshot = true,
};
