/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making room. After each step the counters must be what the rows add up to.
 */
#include "tests/unit/store/place.h"

#include "store/logs.h"

#define DAY_MS	  (24 * 60 * 60 * 1000LL)
#define NOW_MS	  (100 * DAY_MS)
#define NO_LIMIT  INT64_MAX
#define EVENT_LEN 74 /* and 26 that are counted with each: 100 */

static void group(struct place *place, const char *name)
{
	ASSERT_OK(log_group_create(place->db, ACCOUNT, name, 1, &place->err), &place->err);
}

static void append(struct place *place, const char *group_name, const char *stream,
		   int64_t timestamp_ms, int64_t now_ms)
{
	static char message[EVENT_LEN + 1];
	struct log_event event = {
		.timestamp_ms = timestamp_ms, .message = message, .message_len = EVENT_LEN};

	memset(message, 'm', EVENT_LEN);
	ASSERT_OK(
		log_append(place->db, ACCOUNT, group_name, stream, &event, 1, now_ms, &place->err),
		&place->err);
}

static int64_t number(struct place *place, const char *sql)
{
	AUTO(db_donep) struct db_query *query = NULL;

	ASSERT_OK(db_query(place->db, sql, &query, &place->err), &place->err);
	ck_assert_int_eq(db_step(query, &place->err), 1);
	return db_int(query, 0);
}

static void check_counters(struct place *place)
{
	ck_assert_int_eq(number(place, "SELECT (SELECT stored_bytes FROM log_total) -"
				       " (SELECT COALESCE(SUM(length(message) + 26), 0)"
				       " FROM log_event)"),
			 0);
	ck_assert_int_eq(number(place, "SELECT COUNT(*) FROM log_group AS g WHERE stored_bytes <>"
				       " (SELECT COALESCE(SUM(length(message) + 26), 0)"
				       " FROM log_event WHERE group_id = g.id)"),
			 0);
	ck_assert_int_eq(number(place,
				"SELECT COUNT(*) FROM log_stream AS s WHERE stored_bytes <>"
				" (SELECT COALESCE(SUM(length(message) + 26), 0)"
				" FROM log_event WHERE stream_id = s.id)"
				" OR first_event_ms <> (SELECT COALESCE(MIN(timestamp_ms), 0)"
				" FROM log_event WHERE stream_id = s.id)"),
			 0);
}

/* How often it had to be called. */
static int trim(struct place *place, int64_t limit_bytes, size_t batch)
{
	bool more = true;
	int calls = 0;

	while (more) {
		ck_assert_int_lt(calls, 1000);
		ASSERT_OK(log_trim(place->db, NOW_MS, limit_bytes, batch, &more, &place->err),
			  &place->err);
		check_counters(place);
		calls++;
	}
	return calls;
}

START_TEST(nothing_goes_that_may_stay)
{
	AUTO(place_done) struct place place;

	place_logs(&place);
	group(&place, "g");
	append(&place, "g", "s", 1, 1);
	ck_assert_int_eq(trim(&place, NO_LIMIT, 10), 1);
	ck_assert_int_eq(number(&place, "SELECT COUNT(*) FROM log_event"), 1);
	ck_assert_int_eq(trim(&place, 100, 10), 1);
	ck_assert_int_eq(number(&place, "SELECT COUNT(*) FROM log_event"), 1);
}
END_TEST

START_TEST(events_past_the_retention_of_their_group_go)
{
	AUTO(place_done) struct place place;

	place_logs(&place);
	group(&place, "kept");
	group(&place, "week");
	ASSERT_OK(log_group_retention(place.db, ACCOUNT, "week", 7, &place.err), &place.err);
	append(&place, "kept", "s", 1, 1);
	append(&place, "week", "s", NOW_MS - 7 * DAY_MS - 1, NOW_MS);
	append(&place, "week", "s", NOW_MS - 7 * DAY_MS, NOW_MS);
	append(&place, "week", "t", NOW_MS, NOW_MS);
	trim(&place, NO_LIMIT, 10);
	ck_assert_int_eq(number(&place, "SELECT COUNT(*) FROM log_event"), 3);
	ck_assert_int_eq(number(&place, "SELECT MIN(timestamp_ms) FROM log_event"), 1);
	ck_assert_int_eq(number(&place, "SELECT COUNT(*) FROM log_event WHERE timestamp_ms > 1"),
			 2);
}
END_TEST

START_TEST(the_oldest_go_until_all_is_below_the_limit)
{
	AUTO(place_done) struct place place;

	place_logs(&place);
	group(&place, "g");
	group(&place, "h");
	for (int i = 0; i < 25; i++)
		append(&place, i % 2 ? "g" : "h", i % 3 ? "s" : "t", 1000 + i, NOW_MS);
	ck_assert_int_eq(trim(&place, 1050, 4), 4); /* 15 in batches of 4 */
	ck_assert_int_eq(number(&place, "SELECT COUNT(*) FROM log_event"), 10);
	ck_assert_int_eq(number(&place, "SELECT MIN(timestamp_ms) FROM log_event"), 1015);
}
END_TEST

START_TEST(a_deleted_group_goes_in_batches_and_then_itself)
{
	AUTO(place_done) struct place place;

	place_logs(&place);
	group(&place, "g");
	group(&place, "stays");
	append(&place, "stays", "s", 1, 1);
	for (int i = 0; i < 10; i++)
		append(&place, "g", i % 2 ? "a" : "b", i + 1, NOW_MS);
	ASSERT_OK(log_group_delete(place.db, ACCOUNT, "g", &place.err), &place.err);
	ck_assert_int_gt(trim(&place, NO_LIMIT, 3), 3);
	ck_assert_int_eq(number(&place, "SELECT COUNT(*) FROM log_event"), 1);
	ck_assert_int_eq(number(&place, "SELECT COUNT(*) FROM log_stream"), 1);
	ck_assert_int_eq(number(&place, "SELECT COUNT(*) FROM log_group"), 1);
}
END_TEST

START_TEST(an_emptied_stream_goes_when_it_has_been_silent_for_a_day)
{
	AUTO(place_done) struct place place;

	place_logs(&place);
	group(&place, "g");
	append(&place, "g", "silent", 1, NOW_MS - DAY_MS - 1);
	append(&place, "g", "busy", 2, NOW_MS - 1);
	ASSERT_OK(log_stream_create(place.db, ACCOUNT, "g", "not yet written", 1, &place.err),
		  &place.err);
	trim(&place, 0, 10);
	ck_assert_int_eq(number(&place, "SELECT COUNT(*) FROM log_event"), 0);
	ck_assert_int_eq(number(&place, "SELECT COUNT(*) FROM log_stream WHERE name = 'silent'"),
			 0);
	ck_assert_int_eq(number(&place, "SELECT COUNT(*) FROM log_stream"), 2);
	append(&place, "g", "silent", 3, NOW_MS); /* its writer comes back */
	check_counters(&place);
}
END_TEST

START_TEST(a_position_is_never_given_to_a_later_event)
{
	AUTO(place_done) struct place place;
	int64_t last;

	place_logs(&place);
	group(&place, "g");
	append(&place, "g", "s", 1, NOW_MS);
	last = number(&place, "SELECT MAX(id) FROM log_event");
	trim(&place, 0, 10);
	append(&place, "g", "s", 1, NOW_MS);
	ck_assert_int_gt(number(&place, "SELECT MAX(id) FROM log_event"), last);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		nothing_goes_that_may_stay,
		events_past_the_retention_of_their_group_go,
		the_oldest_go_until_all_is_below_the_limit,
		a_deleted_group_goes_in_batches_and_then_itself,
		an_emptied_stream_goes_when_it_has_been_silent_for_a_day,
		a_position_is_never_given_to_a_later_event,
	};

	return suite_run("store/logs_trim", tests, ARRAY_LEN(tests));
}
