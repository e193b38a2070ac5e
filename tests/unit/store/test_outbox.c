/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outbox: what is put is read once and in order by whoever keeps a position, the same
 * event is there once, and nothing grows.
 */
#include "tests/unit/store/place.h"

#include "store/outbox.h"

static void put(struct place *place, const char *id)
{
	const struct outbox_event event = {.id = id,
					   .type = "slipway.test",
					   .source = "/slipway/" ACCOUNT,
					   .subject = "budget/b",
					   .time_ms = 7,
					   .data_json = "{\"a\":1}"};

	ASSERT_OK(outbox_put(place->db, &event, &place->err), &place->err);
}

/* "POSITION=ID ..." of what is read behind @position. */
static const char *text_behind(struct place *place, int64_t position, size_t limit)
{
	struct outbox_event *events;
	const char *text = "";
	size_t count;

	ASSERT_OK(
		outbox_read(place->db, position, limit, place->arena, &events, &count, &place->err),
		&place->err);
	for (size_t i = 0; i < count; i++)
		text = arena_printf(place->arena, "%s%lld=%s ", text, (long long)events[i].position,
				    events[i].id);
	return text;
}

static void check_ends(struct place *place, int64_t first, int64_t last)
{
	int64_t found_first, found_last;

	ASSERT_OK(outbox_ends(place->db, &found_first, &found_last, &place->err), &place->err);
	ck_assert_int_eq(found_first, first);
	ck_assert_int_eq(found_last, last);
}

START_TEST(events_are_read_behind_a_position)
{
	AUTO(place_done) struct place place;
	struct outbox_event *events;
	size_t count;

	place_state(&place);
	check_ends(&place, 1, 0);
	ck_assert_str_eq(text_behind(&place, 0, 10), "");
	put(&place, "a");
	put(&place, "b");
	put(&place, "c");
	check_ends(&place, 1, 3);
	ck_assert_str_eq(text_behind(&place, 0, 10), "1=a 2=b 3=c ");
	ck_assert_str_eq(text_behind(&place, 1, 1), "2=b ");
	ck_assert_str_eq(text_behind(&place, 3, 10), "");
	ASSERT_OK(outbox_read(place.db, 0, 1, place.arena, &events, &count, &place.err),
		  &place.err);
	ck_assert_str_eq(events[0].type, "slipway.test");
	ck_assert_str_eq(events[0].source, "/slipway/" ACCOUNT);
	ck_assert_str_eq(events[0].subject, "budget/b");
	ck_assert_int_eq(events[0].time_ms, 7);
	ck_assert_str_eq(events[0].data_json, "{\"a\":1}");
}
END_TEST

START_TEST(the_same_event_is_there_once)
{
	AUTO(place_done) struct place place;

	place_state(&place);
	put(&place, "a");
	put(&place, "a");
	put(&place, "b");
	ck_assert_str_eq(text_behind(&place, 0, 10), "1=a 2=b ");
}
END_TEST

START_TEST(an_event_goes_with_the_transaction_of_its_cause)
{
	AUTO(place_done) struct place place;

	place_state(&place);
	ASSERT_OK(db_begin(place.db, &place.err), &place.err);
	put(&place, "a");
	db_rollback(place.db);
	check_ends(&place, 1, 0);
	put(&place, "b");
	ck_assert_str_eq(text_behind(&place, 0, 10), "1=b ");
}
END_TEST

START_TEST(a_position_is_never_used_again)
{
	AUTO(place_done) struct place place;

	place_state(&place);
	put(&place, "a");
	put(&place, "b");
	ASSERT_OK(outbox_trim(place.db, 1, &place.err), &place.err);
	check_ends(&place, 2, 2);
	ASSERT_OK(outbox_trim(place.db, 2, &place.err), &place.err);
	check_ends(&place, 3, 2);
	put(&place, "c");
	ck_assert_str_eq(text_behind(&place, 0, 10), "3=c ");
}
END_TEST

START_TEST(the_oldest_goes_when_too_many_are_kept)
{
	AUTO(place_done) struct place place;

	place_state(&place);
	put(&place, "old");
	ASSERT_OK(db_exec(place.db, "UPDATE outbox_head SET position = 99999", NULL, &place.err),
		  &place.err);
	put(&place, "a");
	check_ends(&place, 1, OUTBOX_KEPT);
	put(&place, "b");
	check_ends(&place, OUTBOX_KEPT, OUTBOX_KEPT + 1);
}
END_TEST

START_TEST(data_that_nobody_must_forward_is_refused)
{
	AUTO(place_done) struct place place;
	AUTO(freep) char *data = xcalloc(1, OUTBOX_DATA_MAX + 2);
	struct outbox_event event = {
		.id = "a", .type = "t", .source = "s", .subject = "s", .data_json = data};

	place_state(&place);
	memset(data, ' ', OUTBOX_DATA_MAX + 1);
	ASSERT_FAILS(outbox_put(place.db, &event, &place.err), ERR_LIMIT, &place.err);
	data[OUTBOX_DATA_MAX] = '\0';
	ASSERT_OK(outbox_put(place.db, &event, &place.err), &place.err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		events_are_read_behind_a_position,
		the_same_event_is_there_once,
		an_event_goes_with_the_transaction_of_its_cause,
		a_position_is_never_used_again,
		the_oldest_goes_when_too_many_are_kept,
		data_that_nobody_must_forward_is_refused,
	};

	return suite_run("store/outbox", tests, ARRAY_LEN(tests));
}
