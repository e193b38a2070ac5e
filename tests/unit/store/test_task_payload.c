/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/place.h"

#include "store/task_forget.h"
#include "store/task_payload.h"

#define ID "00000000000000000000000000000001"

static struct task_payload payload_of(const char *body)
{
	return (struct task_payload){.id = "i",
				     .source = "s \xc3\xa4",
				     .type = "t",
				     .time = "2026-07-01T00:00:00Z",
				     .bus = "default",
				     .rule = "r",
				     .body = body};
}

START_TEST(what_was_put_is_found_as_it_was)
{
	const struct task_payload put = payload_of("{\"detail\":1.10}");
	AUTO(place_done) struct place place;
	struct task_payload got;

	place_state(&place);
	place_insert(&place, 1);
	ASSERT_OK(task_payload_put(place.db, ID, &put, &place.err), &place.err);
	ASSERT_OK(task_payload_find(place.db, ID, place.arena, &got, &place.err), &place.err);
#define ASSERT_SAME(name, variable) ck_assert_str_eq(got.name, put.name);
	TASK_PAYLOAD_WORDS(ASSERT_SAME)
	ck_assert_str_eq(got.body, put.body);
	ck_assert_uint_eq(got.body_len, 15);
	ASSERT_FAILS(task_payload_find(place.db, "none", place.arena, &got, &place.err),
		     ERR_NOT_FOUND, &place.err);
}
END_TEST

START_TEST(none_is_put_without_its_task)
{
	const struct task_payload put = payload_of("{}");
	AUTO(place_done) struct place place;

	place_state(&place);
	ck_assert_int_eq(task_payload_put(place.db, ID, &put, &place.err), -1);
}
END_TEST

START_TEST(one_that_is_too_large_is_not_read)
{
	AUTO(freep) char *text = xcalloc(1, TASK_PAYLOAD_MAX + 2);
	struct task_payload put = payload_of(text);
	AUTO(place_done) struct place place;
	struct task_payload got;

	place_state(&place);
	place_insert(&place, 1);
	place_insert(&place, 2);
	memset(text, 'x', TASK_PAYLOAD_MAX + 1);
	ASSERT_OK(task_payload_put(place.db, ID, &put, &place.err), &place.err);
	ASSERT_FAILS(task_payload_find(place.db, ID, place.arena, &got, &place.err), ERR_LIMIT,
		     &place.err);
	text[TASK_PAYLOAD_MAX] = '\0';
	ASSERT_OK(task_payload_put(place.db, "00000000000000000000000000000002", &put, &place.err),
		  &place.err);
	ASSERT_OK(task_payload_find(place.db, "00000000000000000000000000000002", place.arena, &got,
				    &place.err),
		  &place.err);
	ck_assert_uint_eq(got.body_len, TASK_PAYLOAD_MAX);
}
END_TEST

START_TEST(it_is_forgotten_with_its_task)
{
	const struct task_payload put = payload_of("{}");
	struct task_forget_place at = {0};
	AUTO(place_done) struct place place;
	struct task_payload got;
	size_t forgotten;
	bool more;

	place_state(&place);
	place_insert(&place, 1);
	ASSERT_OK(task_payload_put(place.db, ID, &put, &place.err), &place.err);
	place_stop(&place, ID);
	ASSERT_OK(task_forget(place.db, INT64_MAX, INT64_MAX / 2, 8, &at, &forgotten, &more,
			      &place.err),
		  &place.err);
	ck_assert_uint_eq(forgotten, 1);
	ASSERT_FAILS(task_payload_find(place.db, ID, place.arena, &got, &place.err), ERR_NOT_FOUND,
		     &place.err);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store/task_payload");
	TCase *all = tcase_create("all");

	tcase_add_test(all, what_was_put_is_found_as_it_was);
	tcase_add_test(all, none_is_put_without_its_task);
	tcase_add_test(all, one_that_is_too_large_is_not_read);
	tcase_add_test(all, it_is_forgotten_with_its_task);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
