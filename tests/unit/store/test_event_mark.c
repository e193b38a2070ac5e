/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks: an item is new once under each of its values, and of its source alone.
 */
#include "tests/unit/store/place.h"

#include "store/event_mark.h"

static bool put(struct place *place, const char *source, const char *item, const char *value)
{
	bool is_new;

	ASSERT_OK(event_mark_put(place->db, source, item, value, &is_new, &place->err),
		  &place->err);
	return is_new;
}

static bool found(struct place *place, const char *source, const char *item, const char *value)
{
	bool ret;

	ASSERT_OK(event_mark_find(place->db, source, item, value, &ret, &place->err), &place->err);
	return ret;
}

START_TEST(an_item_is_new_once_under_each_value)
{
	AUTO(place_done) struct place place;

	place_state(&place);
	ck_assert(put(&place, "s", "a", "1"));
	ck_assert(!put(&place, "s", "a", "1"));
	ck_assert(put(&place, "other", "a", "1"));
	ck_assert(found(&place, "s", "a", "1"));
	ck_assert(!found(&place, "s", "a", "2"));
	ck_assert(put(&place, "s", "a", "2"));
	ck_assert(!found(&place, "s", "a", "1"));
	ASSERT_OK(event_mark_forget(place.db, "s", "a", &place.err), &place.err);
	ck_assert(!found(&place, "s", "a", "2"));
	ck_assert(found(&place, "other", "a", "1"));
}
END_TEST

START_TEST(items_of_a_source_are_listed_in_order_page_by_page)
{
	AUTO(place_done) struct place place;
	const char **items;
	size_t count;

	place_state(&place);
	(void)put(&place, "s", "c", "");
	(void)put(&place, "s", "a", "");
	(void)put(&place, "s", "b", "");
	(void)put(&place, "t", "d", "");
	ASSERT_OK(event_mark_list(place.db, "s", "", 2, place.arena, &items, &count, &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(items[0], "a");
	ck_assert_str_eq(items[1], "b");
	ASSERT_OK(event_mark_list(place.db, "s", "b", 2, place.arena, &items, &count, &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(items[0], "c");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_item_is_new_once_under_each_value,
		items_of_a_source_are_listed_in_order_page_by_page,
	};

	return suite_run("store/event_mark", tests, ARRAY_LEN(tests));
}
