/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forecasts: the mean exactly, the interval against tables of Student's distribution.
 */
#include "tests/support/suite.h"

#include <math.h>

#include "gateway/ce/ce_forecast.h"

#define DAY   86400LL
#define TODAY (20000 * DAY)

static struct ce_history history_of(int64_t a, int64_t b, int64_t c, size_t days)
{
	return (struct ce_history){
		.day_nano = {a, b, c}, .days = days, .today_nano = 1000, .now_s = TODAY + DAY / 4};
}

START_TEST(a_day_to_come_costs_the_average_of_the_finished_ones)
{
	const struct ce_history history = history_of(100, 200, 301, 3);
	struct ce_forecast forecast;
	struct err err = ERR_INIT;

	ASSERT_OK(ce_forecast_make(&history, TODAY + DAY, TODAY + 2 * DAY, 0, &forecast, &err),
		  &err);
	ck_assert_int_eq(forecast.mean_nano, 200); /* 200 1/3 */
	ck_assert_int_eq(forecast.lower_nano, 200);
	ASSERT_OK(ce_forecast_make(&history, TODAY + DAY, TODAY + 4 * DAY, 0, &forecast, &err),
		  &err);
	ck_assert_int_eq(forecast.mean_nano, 601);
}
END_TEST

START_TEST(today_costs_what_it_did_and_the_average_for_its_rest)
{
	const struct ce_history history = history_of(400, 400, 400, 3);
	struct ce_forecast forecast;
	struct err err = ERR_INIT;

	ASSERT_OK(ce_forecast_make(&history, TODAY, TODAY + DAY, 0, &forecast, &err), &err);
	ck_assert_int_eq(forecast.mean_nano, 1300);
	ASSERT_OK(ce_forecast_make(&history, TODAY, TODAY + 2 * DAY, 0, &forecast, &err), &err);
	ck_assert_int_eq(forecast.mean_nano, 1700);
}
END_TEST

START_TEST(days_that_are_alike_have_no_interval)
{
	const struct ce_history history = history_of(400, 400, 400, 3);
	struct ce_forecast forecast;
	struct err err = ERR_INIT;

	ASSERT_OK(ce_forecast_make(&history, TODAY + DAY, TODAY + 2 * DAY, 80, &forecast, &err),
		  &err);
	ck_assert_int_eq(forecast.lower_nano, 400);
	ck_assert_int_eq(forecast.upper_nano, 400);
}
END_TEST

START_TEST(the_interval_is_students)
{
	/* s = 1000, k = 3, one day: half = 4.302653 * 1000 * sqrt(4 / 3) */
	const struct ce_history history = history_of(9000, 10000, 11000, 3);
	struct ce_forecast forecast;
	struct err err = ERR_INIT;

	ASSERT_OK(ce_forecast_make(&history, TODAY + DAY, TODAY + 2 * DAY, 95, &forecast, &err),
		  &err);
	ck_assert_int_eq(forecast.mean_nano, 10000);
	ck_assert_int_eq(forecast.upper_nano, 14968);
	ck_assert_int_eq(forecast.lower_nano, 5032);
	/* What was spent is spent, and nothing costs less than nothing. */
	ASSERT_OK(ce_forecast_make(&history, TODAY + DAY, TODAY + 2 * DAY, 99, &forecast, &err),
		  &err);
	ck_assert_int_eq(forecast.lower_nano, 0);
	ASSERT_OK(ce_forecast_make(&history, TODAY, TODAY + DAY, 99, &forecast, &err), &err);
	ck_assert_int_eq(forecast.lower_nano, 1000);
}
END_TEST

START_TEST(without_finished_days_there_is_no_forecast)
{
	const struct ce_history none = history_of(0, 0, 0, 0);
	const struct ce_history one = history_of(5, 0, 0, 1);
	struct ce_forecast forecast;
	struct err err = ERR_INIT;

	ck_assert_int_eq(ce_forecast_make(&none, TODAY, TODAY + DAY, 0, &forecast, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ASSERT_OK(ce_forecast_make(&one, TODAY, TODAY + DAY, 0, &forecast, &err), &err);
	ck_assert_int_eq(ce_forecast_make(&one, TODAY, TODAY + DAY, 80, &forecast, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
}
END_TEST

START_TEST(what_is_too_large_is_an_error)
{
	const struct ce_history history = history_of(INT64_MAX, INT64_MAX, INT64_MAX, 3);
	struct ce_forecast forecast;
	struct err err = ERR_INIT;

	ck_assert_int_eq(
		ce_forecast_make(&history, TODAY + DAY, TODAY + 9 * DAY, 0, &forecast, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

/* Of a printed table. */
static const struct {
	double probability;
	size_t freedom;
	double quantile;
} table[] = {
	{0.90, 1, 3.0777},   {0.975, 1, 12.7062}, {0.995, 1, 63.6567}, {0.90, 2, 1.8856},
	{0.995, 2, 9.9248},  {0.90, 3, 1.6377},	  {0.975, 3, 3.1824},  {0.975, 4, 2.7764},
	{0.90, 5, 1.4759},   {0.975, 10, 2.2281}, {0.995, 10, 3.1693}, {0.995, 29, 2.7564},
	{0.755, 29, 0.6998},
};

START_TEST(quantiles_are_those_of_the_table)
{
	double found = ce_student_quantile(table[_i].probability, table[_i].freedom);

	ck_assert_msg(fabs(found - table[_i].quantile) <= 0.02 * table[_i].quantile, "%f, not %f",
		      found, table[_i].quantile);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/ce_forecast");
	TCase *all = tcase_create("all");

	tcase_add_test(all, a_day_to_come_costs_the_average_of_the_finished_ones);
	tcase_add_test(all, today_costs_what_it_did_and_the_average_for_its_rest);
	tcase_add_test(all, days_that_are_alike_have_no_interval);
	tcase_add_test(all, the_interval_is_students);
	tcase_add_test(all, without_finished_days_there_is_no_forecast);
	tcase_add_test(all, what_is_too_large_is_an_error);
	tcase_add_loop_test(all, quantiles_are_those_of_the_table, 0, ARRAY_LEN(table));
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
