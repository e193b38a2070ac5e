/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last events of a bus are kept while somebody watches it, and only then, and never too many.
 */
#include "tests/unit/store/place.h"

#include "store/event_tail.h"

#define NOW_MS 1764000000000LL

static const struct event_watch watch = {ACCOUNT, "default", "w"};

static void show(struct place *place, const char *bus, const char *body)
{
	const struct event_accepted event = {ACCOUNT, bus, "e", NOW_MS, body, 0};

	ASSERT_OK(event_tail_show(place->db, &event, &place->err), &place->err);
}

static size_t look(struct place *place, int64_t after, struct event_recent **ret_events)
{
	size_t n;

	ASSERT_OK(event_tail_read(place->db, &watch, after, 1000, place->arena, ret_events, &n,
				  &place->err),
		  &place->err);
	return n;
}

static void hold(struct place *place)
{
	ASSERT_OK(event_tail_hold(place->db, &watch, NOW_MS + 10, &place->err), &place->err);
}

START_TEST(nothing_is_kept_of_a_bus_that_nobody_watches)
{
	AUTO(place_done) struct place place;
	struct event_recent *events;

	place_state(&place);
	show(&place, "default", "{}");
	hold(&place);
	show(&place, "other", "{}");
	ck_assert_uint_eq(look(&place, 0, &events), 0);
	show(&place, "default", "{\"n\":1}");
	show(&place, "default", "{\"n\":2}");
	ck_assert_uint_eq(look(&place, 0, &events), 2);
	ck_assert_int_eq(events[0].number, 1);
	ck_assert_str_eq(events[1].body, "{\"n\":2}");
	ck_assert_uint_eq(look(&place, 1, &events), 1);
}
END_TEST

START_TEST(only_the_newest_are_kept_and_numbers_tell_of_gaps)
{
	AUTO(place_done) struct place place;
	struct event_recent *events;

	place_state(&place);
	hold(&place);
	for (int i = 0; i < EVENT_RECENT_MAX + 5; i++)
		show(&place, "default", "{}");
	ck_assert_uint_eq(look(&place, 0, &events), EVENT_RECENT_MAX);
	ck_assert_int_eq(events[0].number, 6);
}
END_TEST

START_TEST(large_events_are_few_but_the_newest_stays)
{
	AUTO(place_done) struct place place;
	AUTO(freep) char *large = xcalloc(1, EVENT_RECENT_BYTES + 2);
	struct event_recent *events;

	place_state(&place);
	hold(&place);
	memset(large, 'x', EVENT_RECENT_BYTES + 1);
	for (int i = 0; i < 3; i++)
		show(&place, "default", "{}");
	show(&place, "default", large);
	ck_assert_uint_eq(look(&place, 0, &events), 1);
	ck_assert_int_eq(events[0].number, 4);
	large[EVENT_RECENT_BYTES / 2] = '\0';
	show(&place, "default", large);
	show(&place, "default", large);
	show(&place, "default", large);
	ck_assert_uint_eq(look(&place, 0, &events), 2);
}
END_TEST

START_TEST(a_lease_ends_by_itself_and_takes_its_events_along)
{
	AUTO(place_done) struct place place;
	struct event_recent *events;
	bool watched;

	place_state(&place);
	hold(&place);
	show(&place, "default", "{}");
	ASSERT_OK(event_tail_trim(place.db, NOW_MS + 10, &place.err), &place.err);
	ck_assert_uint_eq(look(&place, 0, &events), 1);
	ASSERT_OK(event_tail_trim(place.db, NOW_MS + 11, &place.err), &place.err);
	ck_assert_uint_eq(look(&place, 0, &events), 0);
	ASSERT_OK(event_tail_watched(place.db, ACCOUNT, "default", &watched, &place.err),
		  &place.err);
	ck_assert(!watched);
	hold(&place);
	ASSERT_OK(event_tail_leave(place.db, &watch, &place.err), &place.err);
	ASSERT_OK(event_tail_watched(place.db, ACCOUNT, "default", &watched, &place.err),
		  &place.err);
	ck_assert(!watched);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store/event_tail");
	TCase *all = tcase_create("all");

	tcase_add_test(all, nothing_is_kept_of_a_bus_that_nobody_watches);
	tcase_add_test(all, only_the_newest_are_kept_and_numbers_tell_of_gaps);
	tcase_add_test(all, large_events_are_few_but_the_newest_stays);
	tcase_add_test(all, a_lease_ends_by_itself_and_takes_its_events_along);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
