/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/sealed_place.h"

#include "store/secret.h"

#define ARGS(at) (at)->place.db, (at)->key, ACCOUNT
#define ERR(at)	 (&(at)->place.err)

static void create(struct sealed_place *at, const char *name)
{
	const struct secret given = {
		.name = name, .suffix = "AbCdEf", .description = "", .key_id = "", .created_ms = 1};

	ASSERT_OK(secret_create(at->place.db, ACCOUNT, &given, ERR(at)), ERR(at));
}

static int put(struct sealed_place *at, const char *name, const char *id, const char *value,
	       const char *stage)
{
	const char *stages[] = {stage};
	const struct secret_version given = {
		.id = id, .value = value, .stages = stages, .stage_count = 1};

	return secret_put(ARGS(at), name, &given, 2, ERR(at));
}

static int get(struct sealed_place *at, const char *name, const char *id, const char *stage,
	       struct secret_version *ret)
{
	return secret_read(ARGS(at), name, id, stage, at->place.arena, ret, ERR(at));
}

START_TEST(a_new_value_is_current_and_the_one_before_previous)
{
	AUTO(sealed_place_done) struct sealed_place at;
	struct secret_version *versions, version;
	size_t count;

	sealed_place_open(&at);
	create(&at, "app");
	ASSERT_FAILS(get(&at, "app", NULL, NULL, &version), ERR_NOT_FOUND, ERR(&at));
	ASSERT_OK(put(&at, "app", "v1", "value-one", SECRET_CURRENT), ERR(&at));
	ASSERT_OK(put(&at, "app", "v2", "value-two", SECRET_CURRENT), ERR(&at));
	ASSERT_OK(get(&at, "app", NULL, NULL, &version), ERR(&at));
	ck_assert_str_eq(version.value, "value-two");
	ck_assert_str_eq(version.id, "v2");
	ASSERT_OK(get(&at, "app", NULL, SECRET_PREVIOUS, &version), ERR(&at));
	ck_assert_str_eq(version.value, "value-one");
	ASSERT_OK(put(&at, "app", "v3", "value-three", "MINE"), ERR(&at));
	ASSERT_OK(get(&at, "app", "v3", "MINE", &version), ERR(&at));
	ASSERT_FAILS(get(&at, "app", "v3", SECRET_CURRENT, &version), ERR_INVALID, ERR(&at));
	ASSERT_FAILS(get(&at, "app", NULL, "NONE", &version), ERR_NOT_FOUND, ERR(&at));
	ASSERT_OK(secret_versions(at.place.db, ACCOUNT, "app", at.place.arena, &versions, &count,
				  ERR(&at)),
		  ERR(&at));
	ck_assert_uint_eq(count, 3);
	ck_assert(!sealed_place_holds(&at, "value-"));
}
END_TEST

START_TEST(a_retry_is_harmless_and_another_value_is_refused)
{
	AUTO(sealed_place_done) struct sealed_place at;
	struct secret_version version;

	sealed_place_open(&at);
	create(&at, "app");
	ASSERT_OK(put(&at, "app", "v1", "one", SECRET_CURRENT), ERR(&at));
	ASSERT_OK(put(&at, "app", "v2", "two", SECRET_CURRENT), ERR(&at));
	ASSERT_OK(put(&at, "app", "v1", "one", SECRET_CURRENT), ERR(&at));
	ASSERT_OK(get(&at, "app", NULL, NULL, &version), ERR(&at));
	ck_assert_str_eq(version.id, "v2");
	ASSERT_FAILS(put(&at, "app", "v1", "other", SECRET_CURRENT), ERR_EXISTS, ERR(&at));
}
END_TEST

START_TEST(a_secret_is_found_by_name_and_by_the_name_of_its_arn)
{
	AUTO(sealed_place_done) struct sealed_place at;
	struct secret found;

	sealed_place_open(&at);
	create(&at, "app");
	create(&at, "app-123456"); /* looks like a suffix */
	for (const char *const *name = (const char *const[]){"app", "app-AbCdEf", NULL}; *name;
	     name++) {
		ASSERT_OK(secret_find(at.place.db, ACCOUNT, *name, 5, at.place.arena, &found,
				      ERR(&at)),
			  ERR(&at));
		ck_assert_str_eq(found.name, "app");
	}
	ASSERT_OK(secret_find(at.place.db, ACCOUNT, "app-123456", 5, at.place.arena, &found,
			      ERR(&at)),
		  ERR(&at));
	ck_assert_str_eq(found.name, "app-123456");
	ASSERT_FAILS(secret_find(at.place.db, ACCOUNT, "app-AbCdEg", 5, at.place.arena, &found,
				 ERR(&at)),
		     ERR_NOT_FOUND, ERR(&at));
	ASSERT_FAILS(
		secret_find(at.place.db, OTHER_ACCOUNT, "app", 5, at.place.arena, &found, ERR(&at)),
		ERR_NOT_FOUND, ERR(&at));
}
END_TEST

START_TEST(a_secret_that_is_to_go_stays_until_its_time)
{
	AUTO(sealed_place_done) struct sealed_place at;
	const struct secret again = {.name = "app",
				     .suffix = "ghijkl",
				     .description = "",
				     .key_id = "",
				     .created_ms = 99};
	struct secret_list asked = {.limit = 10};
	struct secret late = again;
	struct secret found, *list;
	size_t count;

	sealed_place_open(&at);
	create(&at, "app");
	ASSERT_OK(put(&at, "app", "v1", "one", SECRET_CURRENT), ERR(&at));
	ASSERT_OK(secret_delete(at.place.db, ACCOUNT, "app", 10, 100, ERR(&at)), ERR(&at));
	ASSERT_OK(secret_find(at.place.db, ACCOUNT, "app", 99, at.place.arena, &found, ERR(&at)),
		  ERR(&at));
	ck_assert_int_eq(found.deleted_ms, 10);
	ASSERT_FAILS(secret_create(at.place.db, ACCOUNT, &again, ERR(&at)), ERR_EXISTS, ERR(&at));
	asked.deleted = false;
	ASSERT_OK(secret_list(at.place.db, ACCOUNT, &asked, 50, at.place.arena, &list, &count,
			      ERR(&at)),
		  ERR(&at));
	ck_assert_uint_eq(count, 0);
	asked.deleted = true;
	ASSERT_OK(secret_list(at.place.db, ACCOUNT, &asked, 50, at.place.arena, &list, &count,
			      ERR(&at)),
		  ERR(&at));
	ck_assert_uint_eq(count, 1);
	ASSERT_FAILS(
		secret_find(at.place.db, ACCOUNT, "app", 100, at.place.arena, &found, ERR(&at)),
		ERR_NOT_FOUND, ERR(&at));
	late.created_ms = 100;
	ASSERT_OK(secret_create(at.place.db, ACCOUNT, &late, ERR(&at)), ERR(&at));
	ASSERT_OK(secret_find(at.place.db, ACCOUNT, "app", 101, at.place.arena, &found, ERR(&at)),
		  ERR(&at));
	ck_assert_str_eq(found.suffix, "ghijkl");
}
END_TEST

START_TEST(versions_without_a_stage_go_when_there_are_many)
{
	AUTO(sealed_place_done) struct sealed_place at;
	AUTO(db_donep) struct db_query *query = NULL;
	struct secret_version version;

	sealed_place_open(&at);
	create(&at, "app");
	for (int i = 0; i < SECRET_VERSIONS_MAX + 25; i++) {
		AUTO(freep) char *id = xasprintf("version-%d", i);
		AUTO(freep) char *stage = xasprintf("stage-%d", i);

		/* Some that stay before those that go. */
		ASSERT_OK(put(&at, "app", id, id, i < 10 ? stage : SECRET_CURRENT), ERR(&at));
	}
	ASSERT_OK(db_query(at.place.db, "SELECT COUNT(*) FROM secret_version", &query, ERR(&at)),
		  ERR(&at));
	ck_assert_int_eq(db_step(query, ERR(&at)), 1);
	ck_assert_int_eq(db_int(query, 0), SECRET_VERSIONS_MAX);
	ASSERT_OK(get(&at, "app", NULL, "stage-0", &version), ERR(&at));
	ASSERT_OK(get(&at, "app", NULL, SECRET_PREVIOUS, &version), ERR(&at));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_new_value_is_current_and_the_one_before_previous,
		a_retry_is_harmless_and_another_value_is_refused,
		a_secret_is_found_by_name_and_by_the_name_of_its_arn,
		a_secret_that_is_to_go_stays_until_its_time,
		versions_without_a_stage_go_when_there_are_many,
	};

	return suite_run("store/secret", tests, ARRAY_LEN(tests));
}
