/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics: their names, their amounts to the last digit, their units.
 */
#include "tests/support/suite.h"

#include "gateway/ce/ce_metric.h"

static const struct {
	__int128 amount[METER_COUNT]; /* milli-vCPU, MiB, GiB, each x seconds */
	const char *text;
} quantities[] = {
	{{0, 0, 0}, "0"},
	{{3600000, 0, 0}, "1"},
	{{0, 1024 * 3600, 0}, "1"},
	{{0, 0, 3600}, "1"},
	{{3600000, 1024 * 3600, 3600}, "3"},
	{{1000, 0, 0}, "0.0002777778"},
	{{0, 0, 1}, "0.0002777778"},
	{{250, 0, 0}, "0.0000694444"},
	{{-1000, 0, 0}, "-0.0002777778"},
	{{500, 0, 0}, "0.0001388889"},
	/* 32812.5 and 73437.5 of the last decimal: half to even. */
	{{4, 8, 0}, "0.0000032812"},
	{{3, 24, 0}, "0.0000073438"},
	{{(__int128)3600000 * 1000000000000, 0, 0}, "1000000000000"},
};

START_TEST(quantities_of_all_units_are_added_up_exactly)
{
	char text[CE_QUANTITY_SIZE];

	ck_assert_str_eq(ce_quantity_text(quantities[_i].amount, text), quantities[_i].text);
}
END_TEST

START_TEST(a_unit_is_said_where_there_is_one)
{
	struct summary_row row = {.amount = {[METER_VCPU] = 3600000}};
	json_t *json = ce_metric_json(CE_METRIC_USAGE, &row, "USD");

	ck_assert_str_eq(json_string_value(json_object_get(json, "Unit")), "vCPU-Hours");
	json_decref(json);
	row.amount[METER_MEMORY] = 1;
	json = ce_metric_json(CE_METRIC_USAGE, &row, "USD");
	ck_assert_str_eq(json_string_value(json_object_get(json, "Unit")), "N/A");
	json_decref(json);
	row.amount[METER_VCPU] = 0;
	row.amount[METER_STORAGE] = 1;
	json = ce_metric_json(CE_METRIC_USAGE, &row, "USD");
	ck_assert_str_eq(json_string_value(json_object_get(json, "Unit")), "GB-Hours");
	json_decref(json);
	json = ce_metric_json(CE_METRIC_USAGE, NULL, "USD");
	ck_assert_str_eq(json_string_value(json_object_get(json, "Unit")), "N/A");
	json_decref(json);
}
END_TEST

START_TEST(all_kinds_of_cost_are_the_cost)
{
	const struct summary_row row = {.total_nano = 138750};

	for (int i = 0; i < CE_METRIC_COUNT; i++) {
		json_t *json = ce_metric_json((enum ce_metric)i, &row, "EUR");
		bool cost = ce_metric_is_cost((enum ce_metric)i);

		ck_assert_str_eq(json_string_value(json_object_get(json, "Amount")),
				 cost ? "0.000138750" : "0");
		ck_assert_str_eq(json_string_value(json_object_get(json, "Unit")),
				 cost ? "EUR" : "N/A");
		json_decref(json);
	}
}
END_TEST

START_TEST(an_unknown_metric_is_named)
{
	enum ce_metric metric;
	struct err err = ERR_INIT;

	ASSERT_OK(ce_metric_find("NetUnblendedCost", &metric, &err), &err);
	ck_assert_int_eq(metric, CE_METRIC_NET_UNBLENDED);
	ck_assert_int_eq(ce_metric_find("Price", &metric, &err), -1);
	ck_assert_msg(strstr(err.text, "Price") && strstr(err.text, "UsageQuantity"), "%s",
		      err.text);
}
END_TEST

START_TEST(rows_are_compared_by_what_is_asked_for)
{
	const struct summary_row dear = {.total_nano = 2, .amount = {1, 0, 0}};
	const struct summary_row cheap = {.total_nano = 1, .amount = {2, 0, 0}};

	ck_assert_int_eq(ce_metric_compare(CE_METRIC_BLENDED, &dear, &cheap), 1);
	ck_assert_int_eq(ce_metric_compare(CE_METRIC_USAGE, &dear, &cheap), -1);
	ck_assert_int_eq(ce_metric_compare(CE_METRIC_NORMALIZED, &dear, &cheap), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/ce_metric");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, quantities_of_all_units_are_added_up_exactly, 0,
			    ARRAY_LEN(quantities));
	tcase_add_test(all, a_unit_is_said_where_there_is_one);
	tcase_add_test(all, all_kinds_of_cost_are_the_cost);
	tcase_add_test(all, an_unknown_metric_is_named);
	tcase_add_test(all, rows_are_compared_by_what_is_asked_for);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
