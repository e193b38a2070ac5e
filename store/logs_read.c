/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading events in the order of (timestamp_ms, id).
 *
 * All streams of a group: one cursor over the group's index. Some streams, named or
 * by prefix: one cursor for each over its own index, merged, so that a quiet stream
 * in a loud group is found without reading the loud ones. A prefix that fits more than
 * LOG_MERGE_MAX streams falls back to the group's cursor with a filter.
 */
#include <stdio.h>
#include <string.h>

#include "store/logs_private.h"
#include "store/record.h"

#define LOG_MERGE_MAX 100 /* the API names at most so many streams */

enum event_column { EVENT_ID, EVENT_STREAM, EVENT_TIMESTAMP, EVENT_INGESTION, EVENT_MESSAGE };

struct cursor {
	struct db_query *query;
	int64_t timestamp_ms, id; /* of the row it stands on */
};

struct reading {
	struct db *db;
	const struct log_query *want;
	struct arena *arena;
	int64_t group_id;
	struct cursor cursors[LOG_MERGE_MAX];
	size_t cursor_count;
	size_t bytes;	 /* of messages so far */
	int64_t name_of; /* the stream that @name belongs to */
	const char *name;
	struct buf events;
};

static void reading_done(struct reading *reading)
{
	for (size_t i = 0; i < reading->cursor_count; i++)
		db_done(reading->cursors[i].query);
	buf_done(&reading->events);
}

static void cursor_sql(const struct log_query *want, bool one_stream, char *ret)
{
	const char *prefix = "";

	if (!one_stream && want->stream_prefix)
		prefix = " AND stream_id IN (SELECT id FROM log_stream WHERE group_id = ?1"
			 " AND name >= ?9 AND name < ?10)";
	snprintf(ret, LOG_SQL_MAX,
		 "SELECT id, stream_id, timestamp_ms, ingestion_ms, message FROM log_event"
		 " WHERE %s = ?1 AND timestamp_ms >= ?2%s%s%s%s ORDER BY timestamp_ms%s, id%s"
		 " LIMIT ?8",
		 one_stream ? "stream_id" : "group_id",
		 want->end_ms ? " AND timestamp_ms < ?3" : "",
		 want->after_id ? " AND (timestamp_ms, id) > (?4, ?5)" : "",
		 want->before_id ? " AND (timestamp_ms, id) < (?6, ?7)" : "", prefix,
		 want->newest_first ? " DESC" : "", want->newest_first ? " DESC" : "");
}

/* Stand on the next row; a cursor at its end leaves the set. */
static int cursor_step(struct reading *reading, size_t index, struct err *err)
{
	struct cursor *cursor = &reading->cursors[index];
	int rc = db_step(cursor->query, err);

	if (rc < 0)
		return -1;
	if (rc == 0) {
		db_done(cursor->query);
		*cursor = reading->cursors[--reading->cursor_count];
		return 0;
	}
	cursor->timestamp_ms = db_int(cursor->query, EVENT_TIMESTAMP);
	cursor->id = db_int(cursor->query, EVENT_ID);
	return 0;
}

static int cursor_add(struct reading *reading, bool one_stream, int64_t id, struct err *err)
{
	const struct log_query *want = reading->want;
	struct cursor *cursor = &reading->cursors[reading->cursor_count];
	struct db_query *query;
	char sql[LOG_SQL_MAX];

	cursor_sql(want, one_stream, sql);
	if (db_query(reading->db, sql, &query, err) < 0)
		return -1;
	cursor->query = query;
	reading->cursor_count++;
	db_bind_int(query, 1, id);
	db_bind_int(query, 2, want->start_ms);
	if (want->end_ms)
		db_bind_int(query, 3, want->end_ms);
	if (want->after_id) {
		db_bind_int(query, 4, want->after_ms);
		db_bind_int(query, 5, want->after_id);
	}
	if (want->before_id) {
		db_bind_int(query, 6, want->before_ms);
		db_bind_int(query, 7, want->before_id);
	}
	db_bind_int(query, 8, (int64_t)want->limit);
	if (!one_stream && want->stream_prefix) {
		AUTO(freep) char *end = record_prefix_end(want->stream_prefix);

		db_bind_text(query, 9, want->stream_prefix);
		db_bind_text(query, 10, end);
	}
	return cursor_step(reading, reading->cursor_count - 1, err);
}

/* The streams of the prefix, at most @max; *ret_count is then more than that. */
static int prefix_streams(struct reading *reading, int64_t *ids, size_t max, size_t *ret_count,
			  struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(freep) char *end = record_prefix_end(reading->want->stream_prefix);
	size_t count = 0;
	int rc;

	if (db_query(reading->db,
		     "SELECT id FROM log_stream WHERE group_id = ?1 AND name >= ?2 AND name < ?4"
		     " ORDER BY name LIMIT ?3",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, reading->group_id);
	db_bind_text(query, 2, reading->want->stream_prefix);
	db_bind_int(query, 3, (int64_t)max + 1);
	db_bind_text(query, 4, end);
	while ((rc = db_step(query, err)) == 1) {
		if (count < max)
			ids[count] = db_int(query, 0);
		count++;
	}
	*ret_count = count;
	return rc;
}

static int open_named(struct reading *reading, struct err *err)
{
	const struct log_query *want = reading->want;

	if (want->stream_count > LOG_MERGE_MAX)
		return err_set(err, ERR_LIMIT, "at most %d log streams can be named",
			       LOG_MERGE_MAX);
	for (size_t i = 0; i < want->stream_count; i++) {
		int64_t id;

		if (log_stream_id(reading->db, reading->group_id, want->streams[i], &id, err) < 0 ||
		    cursor_add(reading, true, id, err) < 0)
			return -1;
	}
	return 0;
}

static int open_cursors(struct reading *reading, struct err *err)
{
	int64_t ids[LOG_MERGE_MAX];
	size_t count;

	if (reading->want->stream_count > 0)
		return open_named(reading, err);
	if (!reading->want->stream_prefix)
		return cursor_add(reading, false, reading->group_id, err);
	if (prefix_streams(reading, ids, LOG_MERGE_MAX, &count, err) < 0)
		return -1;
	if (count > LOG_MERGE_MAX)
		return cursor_add(reading, false, reading->group_id, err);
	for (size_t i = 0; i < count; i++) {
		if (cursor_add(reading, true, ids[i], err) < 0)
			return -1;
	}
	return 0;
}

/* The cursor whose event comes next. */
static size_t next_cursor(const struct reading *reading)
{
	bool newest_first = reading->want->newest_first;
	size_t best = 0;

	for (size_t i = 1; i < reading->cursor_count; i++) {
		const struct cursor *a = &reading->cursors[i], *b = &reading->cursors[best];
		bool before = a->timestamp_ms != b->timestamp_ms ? a->timestamp_ms < b->timestamp_ms
								 : a->id < b->id;

		if (before != newest_first)
			best = i;
	}
	return best;
}

/* The name of a stream, copied once for a run of its events. */
static int stream_name(struct reading *reading, int64_t stream_id, const char **ret_name,
		       struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct record_row row = {.arena = reading->arena};
	int rc;

	if (!reading->name || reading->name_of != stream_id) {
		if (db_query(reading->db, "SELECT name FROM log_stream WHERE id = ?1", &query,
			     err) < 0)
			return -1;
		row.query = query;
		db_bind_int(query, 1, stream_id);
		rc = db_step(query, err);
		if (rc < 0)
			return -1;
		reading->name = rc == 1 ? record_text(&row, 0) : "";
		reading->name_of = stream_id;
		if (record_row_check(&row, err) < 0)
			return -1;
	}
	*ret_name = reading->name;
	return 0;
}

/* 1: taken, 0: it would pass the answer's limit. */
static int take_event(struct reading *reading, struct db_query *query, struct err *err)
{
	const struct log_query *want = reading->want;
	struct log_event event = {.id = db_int(query, EVENT_ID),
				  .timestamp_ms = db_int(query, EVENT_TIMESTAMP),
				  .ingestion_ms = db_int(query, EVENT_INGESTION)};
	const void *message = db_blob(query, EVENT_MESSAGE, &event.message_len);
	char *copy;

	if (want->byte_limit && reading->events.len > 0 &&
	    reading->bytes + event.message_len > want->byte_limit)
		return 0;
	copy = arena_alloc(reading->arena, event.message_len + 1);
	if (!copy)
		return record_full(err);
	if (event.message_len > 0)
		memcpy(copy, message, event.message_len);
	copy[event.message_len] = '\0';
	event.message = copy;
	if (stream_name(reading, db_int(query, EVENT_STREAM), &event.stream, err) < 0 ||
	    buf_append(&reading->events, &event, sizeof(event), err) < 0)
		return -1;
	reading->bytes += event.message_len;
	return 1;
}

static int take_events(struct reading *reading, struct err *err)
{
	while (reading->cursor_count > 0 &&
	       reading->events.len / sizeof(struct log_event) < reading->want->limit) {
		size_t index = next_cursor(reading);
		int rc = take_event(reading, reading->cursors[index].query, err);

		if (rc <= 0)
			return rc;
		if (cursor_step(reading, index, err) < 0)
			return -1;
	}
	return 0;
}

int log_read(struct db *db, const struct log_query *want, struct arena *arena,
	     struct log_event **ret_events, size_t *ret_count, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	AUTO(reading_done) struct reading reading = {.db = db, .want = want, .arena = arena};

	buf_init(&reading.events, RECORD_LIST_MAX);
	if (record_scope_begin_read(&scope, db, err) < 0 ||
	    log_group_id(db, want->account, want->group, &reading.group_id, err) < 0 ||
	    open_cursors(&reading, err) < 0 || take_events(&reading, err) < 0)
		return -1;
	if (record_list_take(&reading.events, sizeof(struct log_event), arena, ret_events,
			     ret_count, err) < 0)
		return -1;
	/* The cursors end before the snapshot does: AUTO variables go in reverse order. */
	return 0;
}
