/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/place.h"

#include "store/definition.h"
#include "store/tag.h"

#define HOUR_MS (60 * 60 * 1000LL)

static int64_t add(struct place *place, const char *family)
{
	struct definition definition = {.family = family,
					.body_json = "{\"cpu\":\"256\"}",
					.registered_by = "arn:aws:iam::1:user/u",
					.registered_ms = 7};
	int64_t revision;

	ASSERT_OK(definition_register(place->db, ACCOUNT, &definition, &revision, &place->err),
		  &place->err);
	return revision;
}

static void set(struct place *place, const char *family, int64_t revision,
		enum definition_status status, int64_t now_ms)
{
	ASSERT_OK(definition_set_status(place->db, ACCOUNT, family, revision, status, now_ms,
					&place->err),
		  &place->err);
}

static struct definition find(struct place *place, const char *family, int64_t revision)
{
	struct definition definition;

	ASSERT_OK(definition_find(place->db, ACCOUNT, family, revision, place->arena, &definition,
				  &place->err),
		  &place->err);
	return definition;
}

START_TEST(revisions_count_up_in_each_family)
{
	AUTO(place_done) struct place place;
	struct definition definition;

	place_state(&place);
	ck_assert_int_eq(add(&place, "web"), 1);
	ck_assert_int_eq(add(&place, "web"), 2);
	ck_assert_int_eq(add(&place, "job"), 1);
	definition = find(&place, "web", 2);
	ck_assert_str_eq(definition.family, "web");
	ck_assert_int_eq(definition.revision, 2);
	ck_assert_int_eq(definition.status, DEFINITION_ACTIVE);
	ck_assert_str_eq(definition.body_json, "{\"cpu\":\"256\"}");
	ck_assert_str_eq(definition.registered_by, "arn:aws:iam::1:user/u");
	ck_assert_int_eq(definition.registered_ms, 7);
	ck_assert_int_eq(definition.deregistered_ms, 0);
}
END_TEST

START_TEST(a_registration_that_is_rolled_back_uses_no_number_up)
{
	AUTO(place_done) struct place place;

	place_state(&place);
	add(&place, "web");
	ASSERT_OK(db_begin(place.db, &place.err), &place.err);
	ck_assert_int_eq(add(&place, "web"), 2);
	db_rollback(place.db);
	ck_assert_int_eq(add(&place, "web"), 2);
}
END_TEST

START_TEST(the_family_alone_is_its_newest_active_revision)
{
	AUTO(place_done) struct place place;
	struct definition definition;

	place_state(&place);
	for (int i = 0; i < 11; i++)
		add(&place, "web");
	ck_assert_int_eq(find(&place, "web", 0).revision, 11);
	set(&place, "web", 11, DEFINITION_INACTIVE, 50);
	ck_assert_int_eq(find(&place, "web", 0).revision, 10);
	definition = find(&place, "web", 11);
	ck_assert_int_eq(definition.status, DEFINITION_INACTIVE);
	ck_assert_int_eq(definition.deregistered_ms, 50);
	for (int64_t i = 1; i <= 10; i++)
		set(&place, "web", i, DEFINITION_INACTIVE, 51);
	ASSERT_FAILS(
		definition_find(place.db, ACCOUNT, "web", 0, place.arena, &definition, &place.err),
		ERR_NOT_FOUND, &place.err);
	ASSERT_FAILS(definition_find(place.db, OTHER_ACCOUNT, "web", 1, place.arena, &definition,
				     &place.err),
		     ERR_NOT_FOUND, &place.err);
	ASSERT_FAILS(definition_set_status(place.db, ACCOUNT, "web", 12, DEFINITION_INACTIVE, 1,
					   &place.err),
		     ERR_NOT_FOUND, &place.err);
}
END_TEST

/* All pages of two, as one text. */
static const char *listed(struct place *place, const char *family, enum definition_status status,
			  bool descending)
{
	const struct definition_key *after = NULL;
	struct definition_key *keys;
	char *text = arena_strdup(place->arena, "");
	size_t count;

	do {
		ASSERT_OK(definition_list(place->db, ACCOUNT, family, status, descending, after, 2,
					  place->arena, &keys, &count, &place->err),
			  &place->err);
		for (size_t i = 0; i < count; i++)
			text = arena_printf(place->arena, "%s %s:%d", text, keys[i].family,
					    (int)keys[i].revision);
		after = count ? &keys[count - 1] : NULL;
	} while (count == 2);
	return text;
}

START_TEST(lists_go_by_family_and_then_by_number)
{
	AUTO(place_done) struct place place;

	place_state(&place);
	for (int i = 0; i < 10; i++)
		add(&place, "web");
	add(&place, "api");
	add(&place, "web-2");
	for (int i = 3; i < 10; i++)
		set(&place, "web", i, DEFINITION_INACTIVE, 1);
	ck_assert_str_eq(listed(&place, NULL, DEFINITION_ACTIVE, false),
			 " api:1 web:1 web:2 web:10 web-2:1");
	ck_assert_str_eq(listed(&place, NULL, DEFINITION_ACTIVE, true),
			 " web-2:1 web:10 web:2 web:1 api:1");
	ck_assert_str_eq(listed(&place, "web", DEFINITION_ACTIVE, false), " web:1 web:2 web:10");
	ck_assert_str_eq(listed(&place, "web", DEFINITION_ACTIVE, true), " web:10 web:2 web:1");
	ck_assert_str_eq(listed(&place, "we", DEFINITION_ACTIVE, true), "");
	ck_assert_str_eq(listed(&place, NULL, DEFINITION_INACTIVE, true),
			 " web:9 web:8 web:7 web:6 web:5 web:4 web:3");
	ck_assert_str_eq(listed(&place, NULL, DEFINITION_DELETING, false), "");
}
END_TEST

static const char *families(struct place *place, const char *prefix, const char *status)
{
	const char **names, *after = NULL;
	char *text = arena_strdup(place->arena, "");
	size_t count;

	do {
		ASSERT_OK(definition_families(place->db, ACCOUNT, prefix, status, after, 2,
					      place->arena, &names, &count, &place->err),
			  &place->err);
		for (size_t i = 0; i < count; i++)
			text = arena_printf(place->arena, "%s %s", text, names[i]);
		after = count ? names[count - 1] : NULL;
	} while (count == 2);
	return text;
}

START_TEST(a_family_is_active_while_one_revision_is)
{
	AUTO(place_done) struct place place;
	const char **names;
	size_t count;

	place_state(&place);
	add(&place, "web");
	add(&place, "web");
	add(&place, "web-old");
	add(&place, "we");
	add(&place, "x");
	add(&place, "a");
	set(&place, "web", 1, DEFINITION_INACTIVE, 1);
	set(&place, "web", 1, DEFINITION_INACTIVE, 2);
	set(&place, "web-old", 1, DEFINITION_INACTIVE, 1);
	ck_assert_str_eq(families(&place, NULL, "ACTIVE"), " a we web x");
	ck_assert_str_eq(families(&place, NULL, "INACTIVE"), " web-old");
	ck_assert_str_eq(families(&place, NULL, "ALL"), " a we web web-old x");
	ck_assert_str_eq(families(&place, "we", "ALL"), " we web web-old");
	ck_assert_str_eq(families(&place, "web", "ACTIVE"), " web");
	ck_assert_str_eq(families(&place, "y", "ALL"), "");
	set(&place, "web-old", 1, DEFINITION_ACTIVE, 3);
	ck_assert_str_eq(families(&place, NULL, "INACTIVE"), "");
	ASSERT_FAILS(definition_families(place.db, ACCOUNT, NULL, "active", NULL, 2, place.arena,
					 &names, &count, &place.err),
		     ERR_INVALID, &place.err);
}
END_TEST

START_TEST(a_deleted_revision_goes_after_an_hour_and_its_number_never_returns)
{
	static const char arn[] = "arn:aws:ecs:eu-west-2:" ACCOUNT ":task-definition/web:1";
	static const struct tag tag = {"k", "v"};
	AUTO(place_done) struct place place;
	struct definition definition;
	struct tag *tags;
	size_t count;

	place_state(&place);
	add(&place, "web");
	ASSERT_OK(tag_put(place.db, arn, &tag, 1, &place.err), &place.err);
	set(&place, "web", 1, DEFINITION_INACTIVE, 10);
	set(&place, "web", 1, DEFINITION_DELETING, 1000);
	set(&place, "web", 1, DEFINITION_DELETING, 2000);
	ASSERT_OK(definition_expunge(place.db, 1000 + HOUR_MS - 1, &place.err), &place.err);
	definition = find(&place, "web", 1);
	ck_assert_int_eq(definition.status, DEFINITION_DELETING);
	ck_assert_int_eq(definition.delete_requested_ms, 1000);
	ASSERT_OK(definition_expunge(place.db, 1000 + HOUR_MS, &place.err), &place.err);
	ASSERT_FAILS(
		definition_find(place.db, ACCOUNT, "web", 1, place.arena, &definition, &place.err),
		ERR_NOT_FOUND, &place.err);
	ASSERT_OK(tag_list(place.db, arn, place.arena, &tags, &count, &place.err), &place.err);
	ck_assert_uint_eq(count, 0);
	ck_assert_str_eq(families(&place, NULL, "ALL"), "");
	ck_assert_int_eq(add(&place, "web"), 2);
}
END_TEST

START_TEST(a_deleted_revision_stays_while_a_task_uses_it)
{
	AUTO(place_done) struct place place;
	struct definition definition;
	const char *task;

	place_state(&place);
	add(&place, "web");
	add(&place, "web");
	task = place_insert(&place, 1); /* of web:1 */
	set(&place, "web", 1, DEFINITION_DELETING, 0);
	set(&place, "web", 2, DEFINITION_DELETING, 0);
	ASSERT_OK(definition_expunge(place.db, 2 * HOUR_MS, &place.err), &place.err);
	find(&place, "web", 1);
	ASSERT_FAILS(
		definition_find(place.db, ACCOUNT, "web", 2, place.arena, &definition, &place.err),
		ERR_NOT_FOUND, &place.err);
	place_stop(&place, task);
	ASSERT_OK(definition_expunge(place.db, 2 * HOUR_MS, &place.err), &place.err);
	ASSERT_FAILS(
		definition_find(place.db, ACCOUNT, "web", 1, place.arena, &definition, &place.err),
		ERR_NOT_FOUND, &place.err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		revisions_count_up_in_each_family,
		a_registration_that_is_rolled_back_uses_no_number_up,
		the_family_alone_is_its_newest_active_revision,
		lists_go_by_family_and_then_by_number,
		a_family_is_active_while_one_revision_is,
		a_deleted_revision_goes_after_an_hour_and_its_number_never_returns,
		a_deleted_revision_stays_while_a_task_uses_it,
	};

	return suite_run("store/definition", tests, ARRAY_LEN(tests));
}
