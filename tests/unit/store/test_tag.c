/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/place.h"

#include "store/tag.h"

#define ARN "arn:aws:ecs:us-east-1:111122223333:cluster/c"

static size_t count_of(struct place *place, const char *arn, struct tag **ret_tags)
{
	size_t count;

	ASSERT_OK(tag_list(place->db, arn, place->arena, ret_tags, &count, &place->err),
		  &place->err);
	return count;
}

START_TEST(tags_are_added_replaced_and_removed)
{
	static const struct tag first[] = {{"b", "1"}, {"a", "2"}, {"A", ""}};
	static const struct tag second[] = {{"b", "3"}};
	static const char *const keys[] = {"a", "not there"};
	AUTO(place_done) struct place place;
	struct tag *tags;

	place_state(&place);
	ASSERT_OK(tag_put(place.db, ARN, first, 3, &place.err), &place.err);
	ASSERT_OK(tag_put(place.db, ARN, second, 1, &place.err), &place.err);
	ck_assert_uint_eq(count_of(&place, ARN, &tags), 3);
	ck_assert_str_eq(tags[0].key, "A");
	ck_assert_str_eq(tags[0].value, "");
	ck_assert_str_eq(tags[2].key, "b");
	ck_assert_str_eq(tags[2].value, "3");
	ASSERT_OK(tag_remove(place.db, ARN, keys, 2, &place.err), &place.err);
	ck_assert_uint_eq(count_of(&place, ARN, &tags), 2);
	ASSERT_OK(tag_clear(place.db, ARN, &place.err), &place.err);
	ck_assert_uint_eq(count_of(&place, ARN, &tags), 0);
}
END_TEST

START_TEST(the_fifty_first_is_refused_and_leaves_nothing)
{
	AUTO(place_done) struct place place;
	struct tag tags[TAGS_MAX + 1], *found;

	place_state(&place);
	for (int i = 0; i <= TAGS_MAX; i++)
		tags[i] = (struct tag){arena_printf(place.arena, "k%d", i), "v"};
	ASSERT_FAILS(tag_put(place.db, ARN, tags, TAGS_MAX + 1, &place.err), ERR_LIMIT, &place.err);
	ck_assert_uint_eq(count_of(&place, ARN, &found), 0);
	ASSERT_OK(tag_put(place.db, ARN, tags, TAGS_MAX, &place.err), &place.err);
	ASSERT_OK(tag_put(place.db, ARN, tags, 1, &place.err), &place.err);
	ASSERT_FAILS(tag_put(place.db, ARN, tags + TAGS_MAX, 1, &place.err), ERR_LIMIT, &place.err);
	ck_assert_uint_eq(count_of(&place, ARN, &found), TAGS_MAX);
}
END_TEST

START_TEST(each_resource_has_its_own)
{
	static const struct tag tag = {"k", "v"};
	AUTO(place_done) struct place place;
	struct tag *tags;

	place_state(&place);
	ASSERT_OK(tag_put(place.db, ARN, &tag, 1, &place.err), &place.err);
	ck_assert_uint_eq(count_of(&place, ARN "2", &tags), 0);
	ASSERT_FAILS(tag_put(place.db, "cluster/c", &tag, 1, &place.err), ERR_INVALID, &place.err);
}
END_TEST

START_TEST(tags_end_with_the_callers_transaction)
{
	static const struct tag tag = {"k", "v"};
	AUTO(place_done) struct place place;
	struct tag *tags;

	place_state(&place);
	ASSERT_OK(db_begin(place.db, &place.err), &place.err);
	ASSERT_OK(tag_put(place.db, ARN, &tag, 1, &place.err), &place.err);
	ck_assert(db_in_transaction(place.db));
	db_rollback(place.db);
	ck_assert_uint_eq(count_of(&place, ARN, &tags), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		tags_are_added_replaced_and_removed,
		the_fifty_first_is_refused_and_leaves_nothing,
		each_resource_has_its_own,
		tags_end_with_the_callers_transaction,
	};

	return suite_run("store/tag", tests, ARRAY_LEN(tests));
}
