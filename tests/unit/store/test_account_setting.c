/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/place.h"

#include "store/account_setting.h"

static const char *find(struct place *place, const char *account, const char *principal)
{
	const char *value;

	ASSERT_OK(account_setting_find(place->db, account, principal, "n", place->arena, &value,
				       &place->err),
		  &place->err);
	return value;
}

START_TEST(a_setting_is_one_principals_and_one_accounts)
{
	const struct account_setting first = {"n", "1"};
	const struct account_setting second = {"n", "2"};
	AUTO(place_done) struct place place;

	place_state(&place);
	ck_assert_ptr_null(find(&place, ACCOUNT, "p"));
	ASSERT_OK(account_setting_put(place.db, ACCOUNT, "p", &first, &place.err), &place.err);
	ASSERT_OK(account_setting_put(place.db, ACCOUNT, "p", &second, &place.err), &place.err);
	ck_assert_str_eq(find(&place, ACCOUNT, "p"), "2");
	ck_assert_ptr_null(find(&place, ACCOUNT, "q"));
	ck_assert_ptr_null(find(&place, "000000000009", "p"));
}
END_TEST

START_TEST(a_setting_that_is_deleted_is_gone)
{
	const struct account_setting setting = {"n", "1"};
	AUTO(place_done) struct place place;

	place_state(&place);
	ASSERT_OK(account_setting_put(place.db, ACCOUNT, "p", &setting, &place.err), &place.err);
	for (int times = 0; times < 2; times++)
		ASSERT_OK(account_setting_delete(place.db, ACCOUNT, "p", "n", &place.err),
			  &place.err);
	ck_assert_ptr_null(find(&place, ACCOUNT, "p"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_setting_is_one_principals_and_one_accounts,
		a_setting_that_is_deleted_is_gone,
	};

	return suite_run("store/account_setting", tests, ARRAY_LEN(tests));
}
