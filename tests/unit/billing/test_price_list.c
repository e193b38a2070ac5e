/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "billing/price.h"
#include "core/file.h"

#define DAY_MS 86400000LL

static int read_text(const char *text, struct price_list *list, struct err *err)
{
	char folder[64], path[96];
	int rc;

	suite_folder(folder, sizeof(folder));
	(void)snprintf(path, sizeof(path), "%s/prices.conf", folder);
	suite_write(path, text);
	rc = price_list_read(path, list, err);
	ASSERT_OK(file_remove_tree(folder, &(struct err)ERR_INIT), err);
	return rc;
}

#define DAY_1970_01_03                                                                             \
	"vcpu_hour.1970-01-03 = 3\ngb_hour.1970-01-03 = 0.3\n"                                     \
	"storage_gb_hour.1970-01-03 = 0.03\nminimum_seconds.1970-01-03 = 1\n"
#define DAY_1970_01_02                                                                             \
	"gb_hour.1970-01-02 = 0.2\nvcpu_hour.1970-01-02 = 2\n"                                     \
	"storage_gb_hour.1970-01-02 = 0.02\nminimum_seconds.1970-01-02 = 60\n"

START_TEST(a_price_holds_from_its_day_until_the_next)
{
	static const struct {
		int64_t wall_ms, vcpu_nano, minimum;
	} rows[] = {
		{0, 0, 0},
		{DAY_MS - 1, 0, 0},
		{DAY_MS, 2 * PRICE_NANO, 60},
		{2 * DAY_MS - 1, 2 * PRICE_NANO, 60},
		{2 * DAY_MS, 3 * PRICE_NANO, 1},
		{INT64_MAX, 3 * PRICE_NANO, 1},
	};
	AUTO(price_list_done) struct price_list list = {0};
	struct err err = ERR_INIT;

	/* The later day first: the file's order does not matter. */
	ASSERT_OK(read_text("currency = EUR\n" DAY_1970_01_03 DAY_1970_01_02, &list, &err), &err);
	ck_assert_str_eq(list.currency, "EUR");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct price *price = price_list_at(&list, rows[i].wall_ms);

		ck_assert_int_eq(price != NULL, rows[i].minimum != 0);
		if (!price)
			continue;
		ck_assert_int_eq(price->per_hour_nano[METER_VCPU], rows[i].vcpu_nano);
		ck_assert_int_eq(price->per_hour_nano[METER_MEMORY], rows[i].vcpu_nano / 10);
		ck_assert_int_eq(price->per_hour_nano[METER_STORAGE], rows[i].vcpu_nano / 100);
		ck_assert_int_eq(price->minimum_seconds, rows[i].minimum);
	}
}
END_TEST

START_TEST(what_is_wrong_in_a_list_is_named)
{
	static const struct {
		const char *text, *named;
	} rows[] = {
		{"", "there is no price"},
		{"currency = usd\n" DAY_1970_01_02, "currency"},
		{"currency = US\n" DAY_1970_01_02, "currency"},
		{"vcpu_hour.1970-01-02 = 1\n", "gb_hour.1970-01-02 is missing"},
		{DAY_1970_01_02 "gb_hour.1970-01-09 = 1\n", "vcpu_hour.1970-01-09 is missing"},
		{DAY_1970_01_02 "minimum_seconds.1970-01-09 = 1\n",
		 "vcpu_hour.1970-01-09 is missing"},
		{"vcpu_hour.1970-01-02 = x\n", "vcpu_hour.1970-01-02"},
		{"vcpu_hour.1970-02-30 = 1\n", "1970-02-30"},
		{"vcpu_hour.today = 1\n", "today"},
		{"gpu_hour.1970-01-02 = 1\n", "gpu_hour"},
		{"vcpu_hour.1970-01-02 = 2\ngb_hour.1970-01-02 = 0.2\n"
		 "storage_gb_hour.1970-01-02 = 0.02\nminimum_seconds.1970-01-02 = 0\n",
		 "minimum_seconds.1970-01-02"},
		{"vcpu_hour.1970-01-02 = 2\ngb_hour.1970-01-02 = 0.2\n"
		 "storage_gb_hour.1970-01-02 = 0.02\nminimum_seconds.1970-01-02 = 1s\n",
		 "minimum_seconds.1970-01-02"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct price_list list;
		struct err err = ERR_INIT;

		ck_assert_msg(read_text(rows[i].text, &list, &err) == -1, "row %zu", i);
		ck_assert_msg(strstr(err.text, rows[i].named) != NULL, "%s: %s", rows[i].named,
			      err.text);
	}
}
END_TEST

START_TEST(the_shipped_lists_are_what_they_say)
{
	static const struct {
		const char *path;
		int64_t minimum;
	} rows[] = {{"conf/prices/slipway.conf", 1}, {"conf/prices/aws-us-east-1.conf", 60}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(price_list_done) struct price_list list = {0};
		struct err err = ERR_INIT;
		const struct price *price;

		ASSERT_OK(price_list_read(rows[i].path, &list, &err), &err);
		ck_assert_str_eq(list.currency, "USD");
		price = price_list_at(&list, INT64_MAX);
		ck_assert_ptr_nonnull(price);
		ck_assert_int_eq(price->minimum_seconds, rows[i].minimum);
		ck_assert_int_eq(price->per_hour_nano[METER_VCPU], 40480000);
		ck_assert_int_eq(price->per_hour_nano[METER_MEMORY], 4445000);
		ck_assert_int_eq(price->per_hour_nano[METER_STORAGE], 111000);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_price_holds_from_its_day_until_the_next,
		what_is_wrong_in_a_list_is_named,
		the_shipped_lists_are_what_they_say,
	};

	return suite_run("billing/price_list", tests, ARRAY_LEN(tests));
}
