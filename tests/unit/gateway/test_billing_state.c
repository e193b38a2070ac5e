/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which price list the gateway takes, which it does not start with, and how many
 * questions are answered at once.
 */
#include "tests/support/suite.h"

#include <sys/stat.h>

#include "core/file.h"
#include "gateway/billing_state.h"

#define LIST(currency, price)                                                                      \
	"currency = " currency "\nvcpu_hour.2020-01-01 = " price                                   \
	"\ngb_hour.2020-01-01 = 1\nstorage_gb_hour.2020-01-01 = 1\nminimum_seconds.2020-01-01 = "  \
	"1\nspot_discount.2020-01-01 = 0%\n"

static char folder[64];
static struct shared_options options;

static void begin(void)
{
	char path[96];

	suite_folder(folder, sizeof(folder));
	(void)snprintf(path, sizeof(path), "%s/libexec", folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	options = (struct shared_options){.state_dir = folder, .prices = (char *)""};
}

static void end(void)
{
	struct err err = ERR_INIT;

	ck_assert(file_remove_tree(folder, &err) == 0);
}

static char *put(const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", folder, name);

	suite_write(path, text);
	return path;
}

static void check_currency(const char *currency)
{
	struct billing_state *state;
	struct err err = ERR_INIT;

	ASSERT_OK(billing_state_open(&options, 4, &state, &err), &err);
	ck_assert_str_eq(price_list_currency(billing_state_prices(state)), currency);
	billing_state_free(state);
}

START_TEST(the_operators_list_goes_before_the_shipped_one_and_the_key_before_both)
{
	AUTO(freep) char *own = NULL;

	free(put("libexec/prices.conf", LIST("EUR", "1")));
	check_currency("EUR");
	free(put("prices.conf", LIST("CHF", "1")));
	check_currency("CHF");
	own = put("elsewhere.conf", LIST("GBP", "1"));
	options.prices = own;
	check_currency("GBP");
}
END_TEST

START_TEST(without_a_list_there_are_no_prices)
{
	struct billing_state *state;
	struct err err = ERR_INIT;

	ASSERT_OK(billing_state_open(&options, 4, &state, &err), &err);
	ck_assert_ptr_null(billing_state_prices(state));
	billing_state_free(state);
}
END_TEST

START_TEST(a_list_that_is_configured_must_be_there)
{
	AUTO(freep) char *path = xasprintf("%s/nowhere.conf", folder);
	struct billing_state *state;
	struct err err = ERR_INIT;

	options.prices = path;
	ck_assert_int_eq(billing_state_open(&options, 4, &state, &err), -1);
	ck_assert_msg(strstr(err.text, "nowhere.conf"), "%s", err.text);
}
END_TEST

START_TEST(a_list_with_a_mistake_is_refused_with_its_line)
{
	struct billing_state *state;
	struct err err = ERR_INIT;

	free(put("prices.conf", LIST("EUR", "a lot")));
	ck_assert_int_eq(billing_state_open(&options, 4, &state, &err), -1);
	ck_assert_msg(strstr(err.text, "prices.conf:2"), "%s", err.text);
}
END_TEST

START_TEST(half_of_the_workers_answer_and_one_at_least)
{
	static const struct {
		int64_t workers;
		int places;
	} rows[] = {{1, 1}, {2, 1}, {3, 1}, {4, 2}, {64, 32}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct billing_state *state = billing_state_new(NULL, rows[i].workers);

		for (int j = 0; j < rows[i].places; j++)
			ck_assert(billing_state_enter(state));
		ck_assert(!billing_state_enter(state));
		ck_assert(!billing_state_enter(state));
		billing_state_leave(state);
		ck_assert(billing_state_enter(state));
		ck_assert(!billing_state_enter(state));
		billing_state_free(state);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway/billing_state");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, begin, end);
	tcase_add_test(all, the_operators_list_goes_before_the_shipped_one_and_the_key_before_both);
	tcase_add_test(all, without_a_list_there_are_no_prices);
	tcase_add_test(all, a_list_that_is_configured_must_be_there);
	tcase_add_test(all, a_list_with_a_mistake_is_refused_with_its_line);
	tcase_add_test(all, half_of_the_workers_answer_and_one_at_least);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
