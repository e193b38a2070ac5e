/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/place.h"

#include "store/logs.h"

static void group(struct place *place, const char *name)
{
	ASSERT_OK(log_group_create(place->db, ACCOUNT, name, 1, &place->err), &place->err);
}

static void append(struct place *place, const char *group_name, const char *stream,
		   int64_t timestamp_ms, const char *message)
{
	struct log_event event = {
		.timestamp_ms = timestamp_ms, .message = message, .message_len = strlen(message)};

	ASSERT_OK(log_append(place->db, ACCOUNT, group_name, stream, &event, 1, 500, &place->err),
		  &place->err);
}

static const char *joined(struct place *place, const struct log_event *events, size_t count)
{
	char *text = arena_strdup(place->arena, "");

	for (size_t i = 0; i < count; i++)
		text = arena_printf(place->arena, "%s %s:%s", text, events[i].stream,
				    events[i].message);
	return text;
}

static const char *read_with(struct place *place, struct log_query query)
{
	struct log_event *events;
	size_t count;

	query.account = ACCOUNT;
	query.group = "g";
	query.limit = query.limit ? query.limit : 100;
	ASSERT_OK(log_read(place->db, &query, place->arena, &events, &count, &place->err),
		  &place->err);
	return joined(place, events, count);
}

#define READ(...) read_with(&place, (struct log_query){__VA_ARGS__})

START_TEST(a_group_lives)
{
	AUTO(place_done) struct place place;
	struct log_group found;

	place_logs(&place);
	group(&place, "g");
	ASSERT_FAILS(log_group_create(place.db, ACCOUNT, "g", 2, &place.err), ERR_EXISTS,
		     &place.err);
	ASSERT_OK(log_group_create(place.db, OTHER_ACCOUNT, "g", 2, &place.err), &place.err);
	ASSERT_OK(log_group_retention(place.db, ACCOUNT, "g", 7, &place.err), &place.err);
	append(&place, "g", "s", 10, "12345");
	ASSERT_OK(log_group_find(place.db, ACCOUNT, "g", place.arena, &found, &place.err),
		  &place.err);
	ck_assert_str_eq(found.name, "g");
	ck_assert_int_eq(found.created_ms, 1);
	ck_assert_int_eq(found.retention_days, 7);
	ck_assert_int_eq(found.stored_bytes, 5 + 26);
	ASSERT_OK(log_group_delete(place.db, ACCOUNT, "g", &place.err), &place.err);
	ASSERT_FAILS(log_group_find(place.db, ACCOUNT, "g", place.arena, &found, &place.err),
		     ERR_NOT_FOUND, &place.err);
	ASSERT_FAILS(log_group_delete(place.db, ACCOUNT, "g", &place.err), ERR_NOT_FOUND,
		     &place.err);
	ASSERT_FAILS(log_group_retention(place.db, ACCOUNT, "g", 1, &place.err), ERR_NOT_FOUND,
		     &place.err);
	group(&place, "g"); /* the name is free, and nothing of the old one shows */
	ASSERT_OK(log_group_find(place.db, ACCOUNT, "g", place.arena, &found, &place.err),
		  &place.err);
	ck_assert_int_eq(found.stored_bytes, 0);
	ck_assert_str_eq(READ(), "");
}
END_TEST

START_TEST(groups_are_listed_by_prefix_in_pages)
{
	static const char *const names[] = {"/a/b", "/a", "/a/b/c", "/b", "z"};
	AUTO(place_done) struct place place;
	struct log_group *groups;
	size_t count;

	place_logs(&place);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		group(&place, names[i]);
	ASSERT_OK(log_group_list(place.db, ACCOUNT, "/a", NULL, 2, place.arena, &groups, &count,
				 &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(groups[1].name, "/a/b");
	ASSERT_OK(log_group_list(place.db, ACCOUNT, "/a", "/a/b", 2, place.arena, &groups, &count,
				 &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(groups[0].name, "/a/b/c");
	ASSERT_OK(log_group_list(place.db, ACCOUNT, NULL, NULL, 9, place.arena, &groups, &count,
				 &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 5);
	ASSERT_OK(log_group_list(place.db, OTHER_ACCOUNT, NULL, NULL, 9, place.arena, &groups,
				 &count, &place.err),
		  &place.err);
	ck_assert_uint_eq(count, 0);
}
END_TEST

static const char *streams_with(struct place *place, const char *prefix, bool by_time,
				bool descending)
{
	char *text = arena_strdup(place->arena, "");
	struct log_stream *streams;
	int64_t offset = 0;
	size_t count;

	do {
		ASSERT_OK(log_stream_list(place->db, ACCOUNT, "g", prefix, by_time, descending,
					  offset, 2, place->arena, &streams, &count, &place->err),
			  &place->err);
		for (size_t i = 0; i < count; i++)
			text = arena_printf(place->arena, "%s %s", text, streams[i].name);
		offset += (int64_t)count;
	} while (count == 2);
	return text;
}

START_TEST(streams_are_listed_by_name_prefix_or_time)
{
	AUTO(place_done) struct place place;
	struct log_stream *streams;
	size_t count;

	place_logs(&place);
	group(&place, "g");
	append(&place, "g", "web/app/1", 30, "x");
	append(&place, "g", "web/app/2", 10, "x");
	append(&place, "g", "web/\xc3\xa4", 20, "x");
	append(&place, "g", "w", 40, "x");
	ASSERT_OK(log_stream_create(place.db, ACCOUNT, "g", "empty", 9, &place.err), &place.err);
	ck_assert_str_eq(streams_with(&place, NULL, false, false),
			 " empty w web/app/1 web/app/2 web/\xc3\xa4");
	ck_assert_str_eq(streams_with(&place, "web/", false, true),
			 " web/\xc3\xa4 web/app/2 web/app/1");
	ck_assert_str_eq(streams_with(&place, "web/a", false, false), " web/app/1 web/app/2");
	ck_assert_str_eq(streams_with(&place, NULL, true, true),
			 " w web/app/1 web/\xc3\xa4 web/app/2 empty");
	ASSERT_OK(log_stream_list(place.db, ACCOUNT, "g", "web/app/1", false, false, 0, 1,
				  place.arena, &streams, &count, &place.err),
		  &place.err);
	ck_assert_int_eq(streams[0].first_event_ms, 30);
	ck_assert_int_eq(streams[0].last_event_ms, 30);
	ck_assert_int_eq(streams[0].last_ingestion_ms, 500);
	ck_assert_int_eq(streams[0].stored_bytes, 27);
	ASSERT_FAILS(log_stream_create(place.db, ACCOUNT, "g", "w", 9, &place.err), ERR_EXISTS,
		     &place.err);
	ASSERT_FAILS(log_stream_create(place.db, ACCOUNT, "h", "w", 9, &place.err), ERR_NOT_FOUND,
		     &place.err);
}
END_TEST

START_TEST(events_come_in_time_and_then_in_the_order_of_writing)
{
	AUTO(place_done) struct place place;

	place_logs(&place);
	group(&place, "g");
	append(&place, "g", "s", 20, "b");
	append(&place, "g", "s", 20, "c");
	append(&place, "g", "t", 10, "a");
	append(&place, "g", "u", 30, "d");
	ck_assert_str_eq(READ(), " t:a s:b s:c u:d");
	ck_assert_str_eq(READ(.newest_first = true), " u:d s:c s:b t:a");
	ck_assert_str_eq(READ(.start_ms = 20, .end_ms = 30), " s:b s:c");
	ck_assert_str_eq(READ(.limit = 2), " t:a s:b");
	ck_assert_str_eq(READ(.after_ms = 20, .after_id = 1), " s:c u:d");
	ck_assert_str_eq(READ(.before_ms = 20, .before_id = 2, .newest_first = true), " s:b t:a");
	ck_assert_str_eq(READ(.byte_limit = 2), " t:a s:b");
}
END_TEST

START_TEST(streams_are_merged_however_they_are_named)
{
	static const char *const named[] = {"s1", "s3"};
	AUTO(place_done) struct place place;

	place_logs(&place);
	group(&place, "g");
	for (int i = 0; i < 9; i++)
		append(&place, "g", arena_printf(place.arena, "s%d", i % 4), 10 + i,
		       arena_printf(place.arena, "%d", i));
	append(&place, "g", "other", 1, "x");
	ck_assert_str_eq(READ(.streams = named, .stream_count = 2), " s1:1 s3:3 s1:5 s3:7");
	ck_assert_str_eq(READ(.streams = named, .stream_count = 2, .newest_first = true),
			 " s3:7 s1:5 s3:3 s1:1");
	ck_assert_str_eq(READ(.stream_prefix = "s", .limit = 4), " s0:0 s1:1 s2:2 s3:3");
	ck_assert_str_eq(READ(.stream_prefix = "nothing"), "");
	/* More streams than are merged: the group is filtered instead. */
	for (int i = 0; i < 120; i++)
		append(&place, "g", arena_printf(place.arena, "sx%03d", i), 100 + i, "y");
	ck_assert_str_eq(READ(.stream_prefix = "s", .limit = 5), " s0:0 s1:1 s2:2 s3:3 s0:4");
	ck_assert_str_eq(READ(.stream_prefix = "sx", .limit = 2, .newest_first = true),
			 " sx119:y sx118:y");
}
END_TEST

START_TEST(what_is_not_there_is_named)
{
	static const char *const named[] = {"s", "missing"};
	AUTO(place_done) struct place place;
	struct log_query query = {.account = ACCOUNT, .group = "g", .limit = 1};
	struct log_event *events, event = {.message = "", .message_len = LOGS_MESSAGE_MAX + 1};
	size_t count;

	place_logs(&place);
	ASSERT_FAILS(log_read(place.db, &query, place.arena, &events, &count, &place.err),
		     ERR_NOT_FOUND, &place.err);
	ASSERT_FAILS(log_append(place.db, ACCOUNT, "g", "s", NULL, 0, 1, &place.err), ERR_NOT_FOUND,
		     &place.err);
	group(&place, "g");
	append(&place, "g", "s", 1, "x");
	query.streams = named;
	query.stream_count = 2;
	ASSERT_FAILS(log_read(place.db, &query, place.arena, &events, &count, &place.err),
		     ERR_NOT_FOUND, &place.err);
	ck_assert(!db_in_transaction(place.db));
	ASSERT_FAILS(log_append(place.db, ACCOUNT, "g", "new", &event, 1, 1, &place.err), ERR_LIMIT,
		     &place.err);
	ck_assert_str_eq(streams_with(&place, NULL, false, false), " s");
	query.account = OTHER_ACCOUNT;
	ASSERT_FAILS(log_read(place.db, &query, place.arena, &events, &count, &place.err),
		     ERR_NOT_FOUND, &place.err);
}
END_TEST

START_TEST(messages_are_bytes)
{
	static const char bytes[] = "a\0b\xff\n";
	AUTO(place_done) struct place place;
	struct log_event event = {.timestamp_ms = 1, .message = bytes, .message_len = 5}, *events;
	struct log_query query = {.account = ACCOUNT, .group = "g", .limit = 9};
	size_t count;

	place_logs(&place);
	group(&place, "g");
	ASSERT_OK(log_append(place.db, ACCOUNT, "g", "s", &event, 1, 2, &place.err), &place.err);
	event.message_len = 0;
	ASSERT_OK(log_append(place.db, ACCOUNT, "g", "s", &event, 1, 2, &place.err), &place.err);
	ASSERT_OK(log_read(place.db, &query, place.arena, &events, &count, &place.err), &place.err);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(events[0].message_len, 5);
	ck_assert_mem_eq(events[0].message, bytes, 5);
	ck_assert_int_eq(events[0].ingestion_ms, 2);
	ck_assert_uint_eq(events[1].message_len, 0);
	ck_assert_int_lt(events[0].id, events[1].id);
}
END_TEST

START_TEST(a_report_and_its_lines_stand_or_fall_together)
{
	AUTO(place_done) struct place place;
	int64_t seq;

	place_logs(&place);
	group(&place, "g");
	for (int round = 0; round < 2; round++) {
		ASSERT_OK(db_begin(place.db, &place.err), &place.err);
		append(&place, "g", "s", 1, "line");
		ASSERT_OK(log_agent_seq_put(place.db, "task", 7, &place.err), &place.err);
		if (round == 0)
			db_rollback(place.db);
		else
			ASSERT_OK(db_commit(place.db, &place.err), &place.err);
		ASSERT_OK(log_agent_seq(place.db, "task", &seq, &place.err), &place.err);
		ck_assert_int_eq(seq, round == 0 ? 0 : 7);
		ck_assert_str_eq(READ(), round == 0 ? "" : " s:line");
	}
	ASSERT_OK(log_agent_seq_put(place.db, "task", 8, &place.err), &place.err);
	ASSERT_OK(log_agent_seq(place.db, "task", &seq, &place.err), &place.err);
	ck_assert_int_eq(seq, 8);
	ASSERT_OK(log_agent_seq_drop(place.db, "task", &place.err), &place.err);
	ASSERT_OK(log_agent_seq(place.db, "task", &seq, &place.err), &place.err);
	ck_assert_int_eq(seq, 0);
}
END_TEST

START_TEST(a_full_arena_is_an_error)
{
	AUTO(place_done) struct place place;
	AUTO(arena_freep) struct arena *small = arena_new(64);
	struct log_query query = {.account = ACCOUNT, .group = "g", .limit = 9};
	struct log_event *events;
	size_t count;

	place_logs(&place);
	group(&place, "g");
	append(&place, "g", "s", 1,
	       "sixty-four bytes are not enough for this one and its place....");
	ASSERT_FAILS(log_read(place.db, &query, small, &events, &count, &place.err), ERR_LIMIT,
		     &place.err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_group_lives,
		groups_are_listed_by_prefix_in_pages,
		streams_are_listed_by_name_prefix_or_time,
		events_come_in_time_and_then_in_the_order_of_writing,
		streams_are_merged_however_they_are_named,
		what_is_not_there_is_named,
		messages_are_bytes,
		a_report_and_its_lines_stand_or_fall_together,
		a_full_arena_is_an_error,
	};

	return suite_run("store/logs", tests, ARRAY_LEN(tests));
}
