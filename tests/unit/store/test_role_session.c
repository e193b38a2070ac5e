/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/place.h"

#include "store/role_session.h"

#define TASK "0123456789abcdef0123456789abcdef"

static const struct role_seed seed = {.bytes = {1, 2, 3}};
static const struct role_seed other_seed = {.bytes = {1, 2, 4}};

START_TEST(the_seed_is_made_once)
{
	AUTO(place_done) struct place place;
	struct role_seed first, second;

	place_state(&place);
	ck_assert_int_eq(role_seed_find(place.db, &first, &place.err), -1);
	ck_assert_int_eq(place.err.code, ERR_NOT_FOUND);
	err_clear(&place.err);
	ASSERT_OK(role_seed_make(place.db, &first, &place.err), &place.err);
	ASSERT_OK(role_seed_make(place.db, &second, &place.err), &place.err);
	ck_assert(memcmp(&first, &second, sizeof(first)) == 0);
	ASSERT_OK(role_seed_find(place.db, &second, &place.err), &place.err);
	ck_assert(memcmp(&first, &second, sizeof(first)) == 0);
}
END_TEST

START_TEST(a_token_tells_its_key_again)
{
	struct role_session made, read, other;
	struct err err = ERR_INIT;

	role_session_make(&seed, TASK, "reader", 1795334400, &made);
	ck_assert_uint_eq(strlen(made.access_key), ACCESS_KEY_SIZE - 1);
	ck_assert_int_eq(strncmp(made.access_key, "ASIA", 4), 0);
	ck_assert_uint_eq(strlen(made.secret), SECRET_KEY_SIZE - 1);
	ck_assert_ptr_null(strstr(made.token, made.secret));
	ASSERT_OK(role_session_read(&seed, made.token, &read, &err), &err);
	ck_assert_str_eq(read.task, TASK);
	ck_assert_str_eq(read.role, "reader");
	ck_assert_int_eq(read.expires_s, 1795334400);
	ck_assert_str_eq(read.access_key, made.access_key);
	ck_assert_str_eq(read.secret, made.secret);
	role_session_make(&seed, TASK, "reader", 1795334401, &other);
	ck_assert_str_ne(other.access_key, made.access_key);
	ck_assert_str_ne(other.secret, made.secret);
	role_session_make(&other_seed, TASK, "reader", 1795334400, &other);
	ck_assert_str_ne(other.secret, made.secret);
	ck_assert_int_eq(role_session_read(&other_seed, made.token, &read, &err), -1);
}
END_TEST

START_TEST(no_character_of_a_token_can_be_another)
{
	struct role_session made, read;
	struct err err = ERR_INIT;
	char token[ROLE_TOKEN_SIZE + 1];

	role_session_make(&seed, TASK, "reader", 1795334400, &made);
	for (size_t i = 0; i < strlen(made.token); i++) {
		(void)snprintf(token, sizeof(token), "%s", made.token);
		token[i] = token[i] == '1' ? '2' : '1';
		ck_assert_int_eq(role_session_read(&seed, token, &read, &err), -1);
		token[i] = '\0';
		ck_assert_int_eq(role_session_read(&seed, token, &read, &err), -1);
	}
	(void)snprintf(token, sizeof(token), "%s0", made.token);
	ck_assert_int_eq(role_session_read(&seed, token, &read, &err), -1);
}
END_TEST

static const char *const strange[] = {
	"",
	".",
	"...",
	TASK,
	TASK ".reader",
	TASK "..1.",
	TASK ".reader.x.y",
	TASK ".reader.99999999999999999999999999.00",
	TASK ".reader.-1.00",
};

START_TEST(strange_tokens_are_none)
{
	struct role_session read;
	struct err err = ERR_INIT;

	ck_assert_int_eq(role_session_read(&seed, strange[_i], &read, &err), -1);
}
END_TEST

START_TEST(a_task_that_is_over_has_no_account)
{
	AUTO(place_done) struct place place;
	char account[ACCOUNT_ID_SIZE];

	place_state(&place);
	ck_assert_int_eq(role_session_account(place.db, TASK, account, &place.err), -1);
	ck_assert_int_eq(place.err.code, ERR_NOT_FOUND);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store/role_session");
	TCase *all = tcase_create("all");

	tcase_add_test(all, the_seed_is_made_once);
	tcase_add_test(all, a_token_tells_its_key_again);
	tcase_add_test(all, no_character_of_a_token_can_be_another);
	tcase_add_loop_test(all, strange_tokens_are_none, 0, ARRAY_LEN(strange));
	tcase_add_test(all, a_task_that_is_over_has_no_account);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
