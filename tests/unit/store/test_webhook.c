/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/sealed_place.h"

#include "store/sealed.h"
#include "store/webhook.h"

static struct webhook webhook_of(const char *id, const char *name)
{
	return (struct webhook){.id = id,
				.account = ACCOUNT,
				.name = name,
				.bus = "default",
				.kind = "github",
				.source = "s",
				.type = "",
				.secret = "a secret of its own",
				.created_ms = 5};
}

START_TEST(what_was_made_is_found_by_its_id_with_its_secret)
{
	const struct webhook made = webhook_of("a-1", "a");
	AUTO(sealed_place_done) struct sealed_place place;
	struct webhook found;
	bool any;

	sealed_place_open(&place);
	ASSERT_OK(webhook_create(place.place.db, place.key, &made, &place.place.err),
		  &place.place.err);
	ASSERT_OK(webhook_find(place.place.db, place.key, "a-1", place.place.arena, &found,
			       &place.place.err),
		  &place.place.err);
	ck_assert_str_eq(found.account, ACCOUNT);
	ck_assert_str_eq(found.name, "a");
	ck_assert_str_eq(found.bus, "default");
	ck_assert_str_eq(found.kind, "github");
	ck_assert_str_eq(found.source, "s");
	ck_assert_str_eq(found.type, "");
	ck_assert_str_eq(found.secret, made.secret);
	ck_assert_int_eq(found.created_ms, 5);
	ASSERT_FAILS(webhook_find(place.place.db, place.key, "a", place.place.arena, &found,
				  &place.place.err),
		     ERR_NOT_FOUND, &place.place.err);
	ASSERT_OK(sealed_any(place.place.db, &any, &place.place.err), &place.place.err);
	ck_assert(any);
	ck_assert(!sealed_place_holds(&place, "a secret of its own"));
}
END_TEST

START_TEST(a_name_is_there_once_in_an_account)
{
	struct webhook made = webhook_of("a-1", "a");
	AUTO(sealed_place_done) struct sealed_place place;
	struct webhook *list;
	size_t count;

	sealed_place_open(&place);
	ASSERT_OK(webhook_create(place.place.db, place.key, &made, &place.place.err),
		  &place.place.err);
	made.id = "a-2";
	ASSERT_FAILS(webhook_create(place.place.db, place.key, &made, &place.place.err), ERR_EXISTS,
		     &place.place.err);
	made.account = OTHER_ACCOUNT;
	ASSERT_OK(webhook_create(place.place.db, place.key, &made, &place.place.err),
		  &place.place.err);
	ASSERT_OK(webhook_list(place.place.db, place.place.arena, &list, &count, &place.place.err),
		  &place.place.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(list[0].id, "a-1");
	ck_assert_ptr_null(list[0].secret);
	ASSERT_OK(webhook_delete(place.place.db, ACCOUNT, "a", &place.place.err), &place.place.err);
	ASSERT_FAILS(webhook_delete(place.place.db, ACCOUNT, "a", &place.place.err), ERR_NOT_FOUND,
		     &place.place.err);
	ASSERT_OK(webhook_find(place.place.db, place.key, "a-2", place.place.arena, list,
			       &place.place.err),
		  &place.place.err);
}
END_TEST

START_TEST(a_secret_does_not_open_in_anothers_row_and_not_without_the_key)
{
	const struct webhook mine = webhook_of("a-1", "a");
	const struct webhook other = webhook_of("b-1", "b");
	AUTO(sealed_place_done) struct sealed_place place;
	struct webhook found;

	sealed_place_open(&place);
	ASSERT_FAILS(webhook_create(place.place.db, NULL, &mine, &place.place.err), ERR_UNAVAILABLE,
		     &place.place.err);
	ASSERT_OK(webhook_create(place.place.db, place.key, &mine, &place.place.err),
		  &place.place.err);
	ASSERT_OK(webhook_create(place.place.db, place.key, &other, &place.place.err),
		  &place.place.err);
	ASSERT_OK(db_exec(place.place.db,
			  "UPDATE webhook SET sealed = (SELECT sealed FROM webhook WHERE id = "
			  "'b-1') WHERE id = 'a-1'",
			  NULL, &place.place.err),
		  &place.place.err);
	ASSERT_FAILS(webhook_find(place.place.db, place.key, "a-1", place.place.arena, &found,
				  &place.place.err),
		     ERR_CORRUPT, &place.place.err);
	ASSERT_FAILS(webhook_find(place.place.db, NULL, "b-1", place.place.arena, &found,
				  &place.place.err),
		     ERR_UNAVAILABLE, &place.place.err);
}
END_TEST

START_TEST(ids_have_the_name_and_are_new_each_time)
{
	char first[WEBHOOK_ID_SIZE];
	char second[WEBHOOK_ID_SIZE];

	webhook_make_id("ci", first);
	webhook_make_id("ci", second);
	ck_assert_int_eq(strncmp(first, "ci-", 3), 0);
	ck_assert_uint_eq(strlen(first), 15);
	ck_assert_str_ne(first, second);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store/webhook");
	TCase *all = tcase_create("all");

	tcase_add_test(all, what_was_made_is_found_by_its_id_with_its_secret);
	tcase_add_test(all, a_name_is_there_once_in_an_account);
	tcase_add_test(all, a_secret_does_not_open_in_anothers_row_and_not_without_the_key);
	tcase_add_test(all, ids_have_the_name_and_are_new_each_time);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
