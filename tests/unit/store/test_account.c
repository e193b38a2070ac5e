/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/place.h"

#include "core/clock.h"
#include "store/account.h"

START_TEST(an_account_is_found_by_the_name_it_was_made_with)
{
	AUTO(place_done) struct place place;
	struct account made, found;

	place_state(&place);
	clock_fake(1234, 0);
	ASSERT_OK(account_create(place.db, "default", &made, &place.err), &place.err);
	ck_assert_uint_eq(strspn(made.id, "0123456789"), 12);
	ck_assert_uint_eq(strlen(made.id), 12);
	ASSERT_OK(account_find_by_name(place.db, "default", &found, &place.err), &place.err);
	ck_assert_str_eq(found.id, made.id);
	ck_assert_str_eq(found.name, "default");
	ck_assert_int_eq(found.created_ms, 1234);
	ASSERT_FAILS(account_find_by_name(place.db, "Default", &found, &place.err), ERR_NOT_FOUND,
		     &place.err);
}
END_TEST

START_TEST(a_name_is_taken_once)
{
	AUTO(place_done) struct place place;
	struct account made;

	place_state(&place);
	ASSERT_OK(account_create(place.db, "a", &made, &place.err), &place.err);
	ASSERT_FAILS(account_create(place.db, "a", &made, &place.err), ERR_EXISTS, &place.err);
	ck_assert(!db_in_transaction(place.db));
}
END_TEST

START_TEST(a_name_that_is_none_is_refused)
{
	static const char *const names[] = {"", "a b", "a/b", "\xc3\xa4", "a\n"};
	AUTO(place_done) struct place place;
	struct account made;
	char longest[66];

	place_state(&place);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		ASSERT_FAILS(account_create(place.db, names[i], &made, &place.err), ERR_INVALID,
			     &place.err);
	memset(longest, 'x', 65);
	longest[65] = '\0';
	ASSERT_FAILS(account_create(place.db, longest, &made, &place.err), ERR_INVALID, &place.err);
	longest[64] = '\0';
	ASSERT_OK(account_create(place.db, longest, &made, &place.err), &place.err);
	ck_assert_str_eq(made.name, longest);
}
END_TEST

START_TEST(accounts_are_listed_by_name)
{
	AUTO(place_done) struct place place;
	AUTO(freep) struct account *accounts = NULL;
	struct account made;
	size_t count;

	place_state(&place);
	ASSERT_OK(account_list(place.db, &accounts, &count, &place.err), &place.err);
	ck_assert_uint_eq(count, 0);
	ASSERT_OK(account_create(place.db, "b", &made, &place.err), &place.err);
	ASSERT_OK(account_create(place.db, "a", &made, &place.err), &place.err);
	free(accounts);
	ASSERT_OK(account_list(place.db, &accounts, &count, &place.err), &place.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(accounts[0].name, "a");
	ck_assert_str_eq(accounts[1].name, "b");
}
END_TEST

START_TEST(a_key_lives_is_switched_off_and_ends)
{
	AUTO(place_done) struct place place;
	struct account account;
	struct access_key made, found;

	place_state(&place);
	ASSERT_OK(account_create(place.db, "a", &account, &place.err), &place.err);
	ASSERT_OK(access_key_create(place.db, account.id, "alice", &made, &place.err), &place.err);
	ck_assert_uint_eq(strlen(made.id), 20);
	ck_assert_int_eq(strncmp(made.id, "AKIA", 4), 0);
	ck_assert_uint_eq(strlen(made.secret), 40);

	ASSERT_OK(access_key_find(place.db, made.id, &found, &place.err), &place.err);
	ck_assert_str_eq(found.secret, made.secret);
	ck_assert_str_eq(found.account, account.id);
	ck_assert_str_eq(found.user, "alice");
	ck_assert(found.active);

	ASSERT_OK(access_key_set_active(place.db, made.id, false, &place.err), &place.err);
	ASSERT_OK(access_key_find(place.db, made.id, &found, &place.err), &place.err);
	ck_assert(!found.active);
	ASSERT_OK(access_key_delete(place.db, made.id, &place.err), &place.err);
	ASSERT_FAILS(access_key_find(place.db, made.id, &found, &place.err), ERR_NOT_FOUND,
		     &place.err);
}
END_TEST

START_TEST(what_has_no_key_or_account_is_named)
{
	AUTO(place_done) struct place place;
	struct access_key key;

	place_state(&place);
	ASSERT_FAILS(access_key_create(place.db, "000000000000", "u", &key, &place.err),
		     ERR_NOT_FOUND, &place.err);
	ASSERT_FAILS(access_key_create(place.db, "000000000000", "u/v", &key, &place.err),
		     ERR_INVALID, &place.err);
	ASSERT_FAILS(access_key_set_active(place.db, "AKIAX", true, &place.err), ERR_NOT_FOUND,
		     &place.err);
	ASSERT_FAILS(access_key_delete(place.db, "AKIAX", &place.err), ERR_NOT_FOUND, &place.err);
}
END_TEST

START_TEST(keys_are_listed_by_account)
{
	AUTO(place_done) struct place place;
	AUTO(freep) struct access_key *keys = NULL;
	struct account a, b;
	struct access_key key;
	size_t count;

	place_state(&place);
	ASSERT_OK(account_create(place.db, "a", &a, &place.err), &place.err);
	ASSERT_OK(account_create(place.db, "b", &b, &place.err), &place.err);
	ASSERT_OK(access_key_create(place.db, a.id, "u", &key, &place.err), &place.err);
	ASSERT_OK(access_key_create(place.db, b.id, "v", &key, &place.err), &place.err);
	ASSERT_OK(access_key_list(place.db, b.id, &keys, &count, &place.err), &place.err);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(keys[0].user, "v");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_account_is_found_by_the_name_it_was_made_with,
		a_name_is_taken_once,
		a_name_that_is_none_is_refused,
		accounts_are_listed_by_name,
		a_key_lives_is_switched_off_and_ends,
		what_has_no_key_or_account_is_named,
		keys_are_listed_by_account,
	};

	return suite_run("store/account", tests, ARRAY_LEN(tests));
}
