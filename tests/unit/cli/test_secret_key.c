/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A state folder without the key of its secrets: of no account while nothing is stored, and
 * never passed over when something is.
 */
#include "tests/support/suite.h"

#include "cli/secret_key.h"
#include "core/file.h"
#include "core/seal.h"
#include "store/parameter.h"
#include "store/secret.h"

#define ACCOUNT "123456789012"

static char folder[64];
static char key_path[128], database[128];

static void set_up(void)
{
	struct err err = ERR_INIT;
	AUTO(freep) char *db = NULL;

	suite_folder(folder, sizeof(folder));
	db = xasprintf("%s/db", folder);
	ASSERT_OK(file_make_dir(db, 0755, &err), &err);
	(void)snprintf(database, sizeof(database), "%s/state.db", db);
	(void)snprintf(key_path, sizeof(key_path), "%s/secret.key", folder);
}

static void tear_down(void)
{
	struct err err = ERR_INIT;

	ASSERT_OK(file_remove_tree(folder, &err), &err);
}

static int put_parameter(struct db *db, const struct seal_key *key, struct err *err)
{
	const struct parameter given = {
		.name = "p", .type = "String", .value = "v", .modified_by = "me"};
	int64_t version;

	return parameter_put(db, key, ACCOUNT, &given, false, &version, err);
}

static int put_secret(struct db *db, const struct seal_key *key, struct err *err)
{
	const struct secret given = {
		.name = "s", .suffix = "AbCdEf", .description = "", .key_id = ""};
	const struct secret_version version = {.id = "v1", .value = "v"};

	if (secret_create(db, ACCOUNT, &given, err) < 0)
		return -1;
	return secret_put(db, key, ACCOUNT, "s", &version, 1, err);
}

static int put_nothing(struct db *db, const struct seal_key *key, struct err *err)
{
	(void)db;
	(void)key;
	(void)err;
	return 0;
}

typedef int put_fn(struct db *db, const struct seal_key *key, struct err *err);
static put_fn *const puts_sealed[] = {put_parameter, put_secret};

static void store(put_fn *put)
{
	AUTO(seal_key_freep) struct seal_key *key = NULL;
	AUTO(db_freep) struct db *db = NULL;
	struct err err = ERR_INIT;

	ASSERT_OK(seal_key_make(key_path, NULL, &err), &err);
	ASSERT_OK(seal_key_open(key_path, &key, &err), &err);
	ASSERT_OK(db_open_state(database, &db, &err), &err);
	ASSERT_OK(put(db, key, &err), &err);
}

START_TEST(a_key_that_is_missed_is_named_and_what_to_do)
{
	struct err err = ERR_INIT;

	store(puts_sealed[_i]);
	ASSERT_OK(secret_key_check(key_path, folder, &err), &err);
	ck_assert_int_eq(unlink(key_path), 0);
	ck_assert_int_lt(secret_key_check(key_path, folder, &err), 0);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_ptr_eq(strstr(err.text, key_path), err.text);
	ck_assert_ptr_nonnull(strstr(err.text, "put it back"));
	ck_assert_ptr_nonnull(strstr(err.text, "`slipway secret key --state "));
	ck_assert_int_lt(access(key_path, F_OK), 0);
}
END_TEST

START_TEST(a_key_of_nothing_is_not_missed)
{
	struct err err = ERR_INIT;

	/* Neither before there is a database nor while it holds no secret. */
	ASSERT_OK(secret_key_check(key_path, folder, &err), &err);
	ck_assert_int_lt(access(database, F_OK), 0);
	store(put_nothing);
	ck_assert_int_eq(unlink(key_path), 0);
	ASSERT_OK(secret_key_check(key_path, folder, &err), &err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cli/secret_key");
	TCase *tests = tcase_create("secret_key");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_loop_test(tests, a_key_that_is_missed_is_named_and_what_to_do, 0,
			    ARRAY_LEN(puts_sealed));
	tcase_add_test(tests, a_key_of_nothing_is_not_missed);
	suite_add_tcase(suite, tests);
	return suite_end(suite);
}
