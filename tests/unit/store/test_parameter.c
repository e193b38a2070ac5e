/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/sealed_place.h"

#include "store/parameter.h"

static int put(struct sealed_place *at, const char *name, const char *type, const char *value,
	       bool overwrite, int64_t *ret_version)
{
	const struct parameter given = {
		.name = name, .type = type, .value = value, .modified_ms = 5, .modified_by = "me"};

	return parameter_put(at->place.db, at->key, ACCOUNT, &given, overwrite, ret_version,
			     &at->place.err);
}

static int find(struct sealed_place *at, const char *account, const char *name, int64_t version,
		enum parameter_read read, struct parameter *ret)
{
	return parameter_find(at->place.db, at->key, account, name, version, read, at->place.arena,
			      ret, &at->place.err);
}

START_TEST(versions_are_numbered_and_none_lies_in_clear)
{
	AUTO(sealed_place_done) struct sealed_place at;
	struct parameter found;
	int64_t version;

	sealed_place_open(&at);
	ASSERT_OK(put(&at, "/db", PARAMETER_SECURE, "first-value", false, &version), &at.place.err);
	ck_assert_int_eq(version, 1);
	ASSERT_FAILS(put(&at, "/db", NULL, "x", false, &version), ERR_EXISTS, &at.place.err);
	ASSERT_FAILS(put(&at, "/db", "String", "x", true, &version), ERR_CONFLICT, &at.place.err);
	ASSERT_FAILS(put(&at, "/new", NULL, "x", true, &version), ERR_INVALID, &at.place.err);
	ASSERT_OK(put(&at, "/db", NULL, "second-value", true, &version), &at.place.err);
	ck_assert_int_eq(version, 2);

	ASSERT_OK(find(&at, ACCOUNT, "/db", 0, PARAMETER_OPEN, &found), &at.place.err);
	ck_assert_str_eq(found.value, "second-value");
	ck_assert_str_eq(found.type, PARAMETER_SECURE);
	ck_assert_str_eq(found.modified_by, "me");
	ASSERT_OK(find(&at, ACCOUNT, "/db", 1, PARAMETER_OPEN, &found), &at.place.err);
	ck_assert_str_eq(found.value, "first-value");
	ASSERT_OK(find(&at, ACCOUNT, "/db", 0, PARAMETER_SEALED, &found), &at.place.err);
	ck_assert_ptr_null(strstr(found.value, "second"));
	ASSERT_OK(find(&at, ACCOUNT, "/db", 0, PARAMETER_ABOUT, &found), &at.place.err);
	ck_assert_ptr_null(found.value);
	ASSERT_FAILS(find(&at, ACCOUNT, "/db", 3, PARAMETER_OPEN, &found), ERR_INVALID,
		     &at.place.err);
	ASSERT_FAILS(find(&at, OTHER_ACCOUNT, "/db", 0, PARAMETER_OPEN, &found), ERR_NOT_FOUND,
		     &at.place.err);
	ck_assert(!sealed_place_holds(&at, "second-value"));
	ck_assert(!sealed_place_holds(&at, "first-value"));
	ck_assert(sealed_place_holds(&at, PARAMETER_SECURE)); /* the search works */
}
END_TEST

START_TEST(a_value_in_anothers_row_does_not_open)
{
	AUTO(sealed_place_done) struct sealed_place at;
	struct parameter found;
	int64_t version;

	sealed_place_open(&at);
	ASSERT_OK(put(&at, "a", "String", "of a", false, &version), &at.place.err);
	ASSERT_OK(put(&at, "b", "String", "of b", false, &version), &at.place.err);
	ASSERT_OK(db_exec(at.place.db,
			  "UPDATE parameter_version SET sealed = (SELECT sealed FROM"
			  " parameter_version WHERE name = 'a') WHERE name = 'b'",
			  NULL, &at.place.err),
		  &at.place.err);
	ASSERT_FAILS(find(&at, ACCOUNT, "b", 0, PARAMETER_OPEN, &found), ERR_CORRUPT,
		     &at.place.err);
}
END_TEST

START_TEST(the_oldest_versions_go)
{
	AUTO(sealed_place_done) struct sealed_place at;
	struct parameter found;
	int64_t version;

	sealed_place_open(&at);
	ASSERT_OK(put(&at, "a", "String", "x", false, &version), &at.place.err);
	for (int i = 0; i < PARAMETER_VERSIONS_MAX; i++)
		ASSERT_OK(put(&at, "a", NULL, "y", true, &version), &at.place.err);
	ck_assert_int_eq(version, PARAMETER_VERSIONS_MAX + 1);
	ASSERT_FAILS(find(&at, ACCOUNT, "a", 1, PARAMETER_OPEN, &found), ERR_INVALID,
		     &at.place.err);
	ASSERT_OK(find(&at, ACCOUNT, "a", 2, PARAMETER_OPEN, &found), &at.place.err);
}
END_TEST

START_TEST(a_list_goes_on_behind_its_last)
{
	AUTO(sealed_place_done) struct sealed_place at;
	struct parameter_list asked = {.prefix = "/a/", .limit = 2};
	struct parameter *found;
	int64_t version;
	size_t count;

	sealed_place_open(&at);
	for (const char *const *name = (const char *const[]){"/a/1", "/a/2", "/a/3", "/b/1", NULL};
	     *name; name++)
		ASSERT_OK(put(&at, *name, "String", *name, false, &version), &at.place.err);
	ASSERT_OK(parameter_list(at.place.db, at.key, ACCOUNT, &asked, PARAMETER_OPEN,
				 at.place.arena, &found, &count, &at.place.err),
		  &at.place.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(found[1].value, "/a/2");
	asked.after = found[1].name;
	ASSERT_OK(parameter_list(at.place.db, at.key, ACCOUNT, &asked, PARAMETER_OPEN,
				 at.place.arena, &found, &count, &at.place.err),
		  &at.place.err);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(found[0].name, "/a/3");
}
END_TEST

START_TEST(a_deleted_one_leaves_nothing)
{
	AUTO(sealed_place_done) struct sealed_place at;
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t version;

	sealed_place_open(&at);
	ASSERT_OK(put(&at, "a", "String", "x", false, &version), &at.place.err);
	ASSERT_FAILS(parameter_delete(at.place.db, OTHER_ACCOUNT, "a", &at.place.err),
		     ERR_NOT_FOUND, &at.place.err);
	ASSERT_OK(parameter_delete(at.place.db, ACCOUNT, "a", &at.place.err), &at.place.err);
	ASSERT_OK(db_query(at.place.db, "SELECT COUNT(*) FROM parameter_version", &query,
			   &at.place.err),
		  &at.place.err);
	ck_assert_int_eq(db_step(query, &at.place.err), 1);
	ck_assert_int_eq(db_int(query, 0), 0);
	ASSERT_OK(put(&at, "a", "SecureString", "x", false, &version), &at.place.err);
	ck_assert_int_eq(version, 1);
}
END_TEST

START_TEST(without_a_key_nothing_is_stored)
{
	AUTO(sealed_place_done) struct sealed_place at;
	const struct parameter given = {
		.name = "a", .type = "String", .value = "v", .modified_by = ""};
	struct parameter found;
	int64_t version;

	sealed_place_open(&at);
	ASSERT_FAILS(
		parameter_put(at.place.db, NULL, ACCOUNT, &given, false, &version, &at.place.err),
		ERR_UNAVAILABLE, &at.place.err);
	ASSERT_FAILS(find(&at, ACCOUNT, "a", 0, PARAMETER_ABOUT, &found), ERR_NOT_FOUND,
		     &at.place.err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		versions_are_numbered_and_none_lies_in_clear,
		a_value_in_anothers_row_does_not_open,
		the_oldest_versions_go,
		a_list_goes_on_behind_its_last,
		a_deleted_one_leaves_nothing,
		without_a_key_nothing_is_stored,
	};

	return suite_run("store/parameter", tests, ARRAY_LEN(tests));
}
