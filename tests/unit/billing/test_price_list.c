/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "billing/price.h"
#include "core/file.h"

#define DAY_S 86400LL

static const struct price_holder holder = {"123456789012", "X86_64", false};

static int read_text(const char *text, struct price_list **list, struct err *err)
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
		int64_t at_s, vcpu_nano, minimum, until_s;
	} rows[] = {
		{0, 0, 0, DAY_S},
		{DAY_S - 1, 0, 0, DAY_S},
		{DAY_S, 2 * PRICE_NANO, 60, 2 * DAY_S},
		{2 * DAY_S - 1, 2 * PRICE_NANO, 60, 2 * DAY_S},
		{2 * DAY_S, 3 * PRICE_NANO, 1, INT64_MAX},
		{253402300799, 3 * PRICE_NANO, 1, INT64_MAX},
	};
	AUTO(price_list_freep) struct price_list *list = NULL;
	struct err err = ERR_INIT;

	/* The later day first: the file's order does not matter. */
	ASSERT_OK(read_text("currency = EUR\n" DAY_1970_01_03 DAY_1970_01_02, &list, &err), &err);
	ck_assert_str_eq(price_list_currency(list), "EUR");
	ck_assert_int_eq(price_minimum_max(list), 60);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct price_rate rate;
		int64_t until_s, minimum;
		int rc = price_rate_at(list, &holder, METER_VCPU, rows[i].at_s, &rate, &until_s,
				       &err);

		ck_assert_int_eq(rc == 0, rows[i].minimum != 0);
		ck_assert_int_eq(until_s, rows[i].until_s);
		if (rc < 0)
			continue;
		ck_assert_int_eq(rate.list_nano, rows[i].vcpu_nano);
		ck_assert_int_eq(rate.share, PRICE_WHOLE);
		ASSERT_OK(price_rate_at(list, &holder, METER_MEMORY, rows[i].at_s, &rate, &until_s,
					&err),
			  &err);
		ck_assert_int_eq(rate.list_nano, rows[i].vcpu_nano / 10);
		ASSERT_OK(price_minimum_at(list, &holder, rows[i].at_s, &minimum, &err), &err);
		ck_assert_int_eq(minimum, rows[i].minimum);
	}
}
END_TEST

START_TEST(arm_and_spot_have_prices_or_discounts_of_their_own)
{
	static const struct {
		const char *lines;
		const char *architecture;
		bool spot;
		int64_t list_nano, share;
	} rows[] = {
		{"", "ARM64", true, 2 * PRICE_NANO, PRICE_WHOLE},
		{"arm_discount.1970-01-02 = 20%\n", "ARM64", false, 2 * PRICE_NANO, 80000000},
		{"arm_discount.1970-01-02 = 20%\n", "X86_64", false, 2 * PRICE_NANO, PRICE_WHOLE},
		{"spot_discount.1970-01-02 = 66.66%\n", "X86_64", true, 2 * PRICE_NANO, 33340000},
		{"spot_discount.1970-01-02 = 100%\n", "X86_64", true, 2 * PRICE_NANO, 0},
		{"arm_discount.1970-01-02 = 20%\nspot_discount.1970-01-02 = 70%\n", "ARM64", true,
		 2 * PRICE_NANO, 24000000},
		{"arm_vcpu_hour.1970-01-02 = 1.5\narm_gb_hour.1970-01-02 = 0.1\n", "ARM64", false,
		 1500000000, PRICE_WHOLE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(price_list_freep) struct price_list *list = NULL;
		AUTO(freep) char *text = xasprintf(DAY_1970_01_02 "%s", rows[i].lines);
		const struct price_holder asked = {"123456789012", rows[i].architecture,
						   rows[i].spot};
		struct err err = ERR_INIT;
		struct price_rate rate;
		int64_t until_s;

		ASSERT_OK(read_text(text, &list, &err), &err);
		ASSERT_OK(price_rate_at(list, &asked, METER_VCPU, DAY_S, &rate, &until_s, &err),
			  &err);
		ck_assert_int_eq(rate.list_nano, rows[i].list_nano);
		ck_assert_int_eq(rate.share, rows[i].share);
	}
}
END_TEST

START_TEST(an_account_may_have_a_list_of_its_own)
{
	char folder[64];
	AUTO(freep) char *path = NULL;
	AUTO(freep) char *own = NULL;
	AUTO(price_list_freep) struct price_list *list = NULL;
	AUTO(price_list_freep) struct price_list *again = NULL;
	const struct price_holder partner = {"210987654321", "X86_64", false};
	struct err err = ERR_INIT;
	struct price_rate rate;
	int64_t until_s;

	suite_folder(folder, sizeof(folder));
	path = xasprintf("%s/prices.conf", folder);
	own = xasprintf("%s/partner.conf", folder);
	suite_write(path, DAY_1970_01_02 "account.210987654321 = partner.conf\n");
	suite_write(own, DAY_1970_01_03);
	ASSERT_OK(price_list_read(path, &list, &err), &err);
	ASSERT_OK(price_list_parse(price_list_text(list), &again, &err), &err);
	ck_assert_str_eq(price_list_text(list), price_list_text(again));
	ASSERT_OK(price_rate_at(again, &partner, METER_VCPU, 2 * DAY_S, &rate, &until_s, &err),
		  &err);
	ck_assert_int_eq(rate.list_nano, 3 * PRICE_NANO);
	ck_assert_int_eq(price_rate_at(list, &partner, METER_VCPU, DAY_S, &rate, &until_s, &err),
			 -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(err.text, "account 210987654321"));
	price_list_freep(&list);
	list = NULL;
	suite_write(own, "currency = EUR\n" DAY_1970_01_03);
	ck_assert_int_eq(price_list_read(path, &list, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "partner.conf:1: currency must be USD"));
	ASSERT_OK(file_remove_tree(folder, &(struct err)ERR_INIT), &err);
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
		{"\n# a day\nvcpu_hour.1970-01-02 = 1\n", "prices.conf:3: vcpu_hour.1970-01-02"},
		{DAY_1970_01_02 DAY_1970_01_02, "prices.conf:5"},
		{DAY_1970_01_02 "arm_vcpu_hour.1970-01-02 = 1\n",
		 "arm_gb_hour.1970-01-02 is missing"},
		{DAY_1970_01_02 "arm_vcpu_hour.1970-01-02 = 1\narm_gb_hour.1970-01-02 = 1\n"
				"arm_discount.1970-01-02 = 20%\n",
		 "prices.conf:7: arm_discount.1970-01-02"},
		{DAY_1970_01_02 "spot_discount.1970-01-02 = 20\n", "prices.conf:5: spot_discount"},
		{DAY_1970_01_02 "spot_discount.1970-01-02 = 101%\n", "spot_discount.1970-01-02"},
		{DAY_1970_01_02 "spot_discount.1970-01-02 = 1.005%\n", "spot_discount"},
		{DAY_1970_01_02 "account.12 = x\n", "prices.conf:5: account.12: an account is"},
		{DAY_1970_01_02 "account.123456789012 = none.conf\n", "none.conf"},
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
		struct price_list *list = NULL;
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
	static const int64_t nano[METER_COUNT] = {40480000, 4445000, 111000};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(price_list_freep) struct price_list *list = NULL;
		struct err err = ERR_INIT;
		struct price_rate rate;
		int64_t until_s, minimum;

		ASSERT_OK(price_list_read(rows[i].path, &list, &err), &err);
		ck_assert_str_eq(price_list_currency(list), "USD");
		ASSERT_OK(price_minimum_at(list, &holder, 2000000000, &minimum, &err), &err);
		ck_assert_int_eq(minimum, rows[i].minimum);
		for (int meter = 0; meter < METER_COUNT; meter++) {
			ASSERT_OK(price_rate_at(list, &holder, (enum meter)meter, 2000000000, &rate,
						&until_s, &err),
				  &err);
			ck_assert_int_eq(rate.list_nano, nano[meter]);
		}
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_price_holds_from_its_day_until_the_next,
		arm_and_spot_have_prices_or_discounts_of_their_own,
		an_account_may_have_a_list_of_its_own,
		what_is_wrong_in_a_list_is_named,
		the_shipped_lists_are_what_they_say,
	};

	return suite_run("billing/price_list", tests, ARRAY_LEN(tests));
}
