/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the events of an account hold: counted from the first delivery to the last letter.
 */
#include "tests/unit/store/place.h"

#include "store/event_archive.h"
#include "store/event_held.h"
#include "store/event_letter.h"

#define NOW_MS 1764000000000LL
#define TEXT   "{\"a\":\"\xc3\xa4\"}" /* its bytes count, not its characters */
#define ONE    ((int64_t)strlen(TEXT) + EVENT_HELD_ROW)

static int64_t held(struct place *place, const char *account)
{
	int64_t bytes;

	ASSERT_OK(event_held_bytes(place->db, account, &bytes, &place->err), &place->err);
	return bytes;
}

static void accept(struct place *place, const char *id)
{
	const struct event_accepted event = {ACCOUNT, "default", id, NOW_MS, TEXT, 0};

	ASSERT_OK(event_accept_one(place->db, &event, "r", "t", &place->err), &place->err);
}

static struct event_delivery first(struct place *place)
{
	struct event_delivery *found;
	size_t count;

	ASSERT_OK(event_deliveries_due(place->db, ACCOUNT, NOW_MS, 1, place->arena, &found, &count,
				       &place->err),
		  &place->err);
	ck_assert_uint_eq(count, 1);
	return found[0];
}

START_TEST(deliveries_and_letters_hold_their_events_until_they_are_gone)
{
	const struct event_dead why = {"Code", "reason", "", NOW_MS + 1};
	AUTO(place_done) struct place place;
	struct event_delivery delivery;

	place_state(&place);
	ck_assert_int_eq(held(&place, ACCOUNT), 0);
	accept(&place, "one");
	accept(&place, "two");
	ck_assert_int_eq(held(&place, ACCOUNT), 2 * ONE);
	delivery = first(&place);
	ASSERT_OK(event_delivery_die(place.db, &delivery, &why, &place.err), &place.err);
	ck_assert_int_eq(held(&place, ACCOUNT), 2 * ONE);
	delivery = first(&place);
	ASSERT_OK(event_delivery_end(place.db, &delivery, &place.err), &place.err);
	ck_assert_int_eq(held(&place, ACCOUNT), ONE);
	ASSERT_OK(event_letter_redrive(place.db, 1, NOW_MS, &place.err), &place.err);
	ck_assert_int_eq(held(&place, ACCOUNT), ONE);
	delivery = first(&place);
	ASSERT_OK(event_delivery_die(place.db, &delivery, &why, &place.err), &place.err);
	ck_assert_int_eq(held(&place, OTHER_ACCOUNT), 0);
	ASSERT_OK(event_letter_delete(place.db, 2, &place.err), &place.err);
	ck_assert_int_eq(held(&place, ACCOUNT), 0);
}
END_TEST

START_TEST(letters_that_are_forgotten_hold_nothing)
{
	const struct event_accepted event = {ACCOUNT, "default", "e", NOW_MS, TEXT, 0};
	const struct event_dead why = {"Code", "reason", "", NOW_MS};
	AUTO(place_done) struct place place;

	place_state(&place);
	ASSERT_OK(event_die(place.db, &event, &why, &place.err), &place.err);
	ck_assert_int_eq(held(&place, ACCOUNT), ONE);
	ASSERT_OK(event_queue_trim(place.db, NOW_MS + EVENT_DEAD_MS, 10, &place.err), &place.err);
	ck_assert_int_eq(held(&place, ACCOUNT), 0);
}
END_TEST

START_TEST(archives_hold_their_events)
{
	const struct event_archive archive = {.name = "a", .bus = "default", .description = ""};
	const struct event_archived event = {
		.id = "e", .event_ms = NOW_MS, .received_ms = NOW_MS, .body = TEXT};
	AUTO(place_done) struct place place;
	bool more;

	place_state(&place);
	ASSERT_OK(event_archive_create(place.db, ACCOUNT, &archive, &place.err), &place.err);
	ASSERT_OK(event_archive_add(place.db, ACCOUNT, "a", &event, &place.err), &place.err);
	ck_assert_int_eq(held(&place, ACCOUNT), ONE);
	ASSERT_OK(event_archive_delete(place.db, ACCOUNT, "a", &place.err), &place.err);
	ASSERT_OK(event_archive_trim(place.db, NOW_MS, 10, &more, &place.err), &place.err);
	ck_assert_int_eq(held(&place, ACCOUNT), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store/event_held");
	TCase *all = tcase_create("all");

	tcase_add_test(all, deliveries_and_letters_hold_their_events_until_they_are_gone);
	tcase_add_test(all, letters_that_are_forgotten_hold_nothing);
	tcase_add_test(all, archives_hold_their_events);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
