/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appending: the events, and what stream, group and total then hold, in one
 * transaction.
 */
#include "store/logs_private.h"
#include "store/record.h"

int log_count_bytes(struct db *db, int64_t group_id, int64_t stream_id, int64_t bytes,
		    struct err *err)
{
	static const char *const texts[] = {
		"UPDATE log_stream SET stored_bytes = stored_bytes + ?1 WHERE id = ?2",
		"UPDATE log_group SET stored_bytes = stored_bytes + ?1 WHERE id = ?2",
		"UPDATE log_total SET stored_bytes = stored_bytes + ?1 WHERE id = ?2",
	};
	const int64_t ids[ARRAY_LEN(texts)] = {stream_id, group_id, 1};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct db_query *query;

		if (db_query(db, texts[i], &query, err) < 0)
			return -1;
		db_bind_int(query, 1, bytes);
		db_bind_int(query, 2, ids[i]);
		if (db_run(query, NULL, err) < 0)
			return -1;
	}
	return 0;
}

static int stream_for(struct db *db, int64_t group_id, const char *stream, int64_t now_ms,
		      int64_t *ret_id, struct err *err)
{
	if (log_stream_id(db, group_id, stream, ret_id, err) == 0)
		return 0;
	if (err->code != ERR_NOT_FOUND)
		return -1;
	err_clear(err);
	if (log_stream_insert(db, group_id, stream, now_ms, err) < 0)
		return -1;
	*ret_id = db_last_id(db);
	return 0;
}

static int insert_event(struct db *db, int64_t group_id, int64_t stream_id,
			const struct log_event *event, int64_t now_ms, struct err *err)
{
	struct db_query *query;

	if (event->message_len > LOGS_MESSAGE_MAX)
		return err_set(err, ERR_LIMIT, "a log message has at most %u bytes",
			       LOGS_MESSAGE_MAX);
	if (db_query(db,
		     "INSERT INTO log_event (group_id, stream_id, timestamp_ms, ingestion_ms,"
		     " message) VALUES (?1, ?2, ?3, ?4, ?5)",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, group_id);
	db_bind_int(query, 2, stream_id);
	db_bind_int(query, 3, event->timestamp_ms);
	db_bind_int(query, 4, now_ms);
	db_bind_blob(query, 5, event->message, event->message_len);
	return db_run(query, NULL, err);
}

/* The stream's first and last time, with what was appended. */
static int update_times(struct db *db, int64_t stream_id, int64_t first_ms, int64_t last_ms,
			int64_t now_ms, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE log_stream SET"
		     " first_event_ms = CASE WHEN first_event_ms = 0 OR first_event_ms > ?2"
		     " THEN ?2 ELSE first_event_ms END,"
		     " last_event_ms = CASE WHEN last_event_ms < ?3"
		     " THEN ?3 ELSE last_event_ms END,"
		     " last_ingestion_ms = ?4 WHERE id = ?1",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, stream_id);
	db_bind_int(query, 2, first_ms);
	db_bind_int(query, 3, last_ms);
	db_bind_int(query, 4, now_ms);
	return db_run(query, NULL, err);
}

static int append_events(struct db *db, int64_t group_id, int64_t stream_id,
			 const struct log_event *events, size_t count, int64_t now_ms,
			 struct err *err)
{
	int64_t first_ms = INT64_MAX, last_ms = 0, bytes = 0;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		const struct log_event *event = &events[i];

		if (insert_event(db, group_id, stream_id, event, now_ms, err) < 0)
			return -1;
		if (event->timestamp_ms < first_ms)
			first_ms = event->timestamp_ms;
		if (event->timestamp_ms > last_ms)
			last_ms = event->timestamp_ms;
		bytes += (int64_t)event->message_len + LOG_EVENT_OVERHEAD;
	}
	if (update_times(db, stream_id, first_ms, last_ms, now_ms, err) < 0)
		return -1;
	return log_count_bytes(db, group_id, stream_id, bytes, err);
}

int log_append(struct db *db, const char *account, const char *group, const char *stream,
	       const struct log_event *events, size_t count, int64_t now_ms, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	int64_t group_id, stream_id;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    log_group_id(db, account, group, &group_id, err) < 0 ||
	    stream_for(db, group_id, stream, now_ms, &stream_id, err) < 0 ||
	    append_events(db, group_id, stream_id, events, count, now_ms, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

static int take_key(struct db *db, const char *key, int64_t now_ms, bool *ret_taken,
		    struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "INSERT INTO log_once (key, written_ms) VALUES (?1, ?2)"
		     " ON CONFLICT (key) DO NOTHING",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, key);
	db_bind_int(query, 2, now_ms);
	if (db_run(query, &changed, err) < 0)
		return -1;
	*ret_taken = changed > 0;
	return 0;
}

int log_append_once(struct db *db, const char *account, const char *group, const char *stream,
		    const struct log_event *event, const char *key, int64_t now_ms, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	bool taken;

	if (record_scope_begin(&scope, db, err) < 0 || take_key(db, key, now_ms, &taken, err) < 0)
		return -1;
	if (!taken)
		return 0;
	if (log_append(db, account, group, stream, event, 1, now_ms, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

int log_once_trim(struct db *db, int64_t before_ms, size_t batch, bool *ret_more, struct err *err)
{
	struct db_query *query;
	int64_t dropped;

	if (db_query(db,
		     "DELETE FROM log_once WHERE key IN (SELECT key FROM log_once"
		     " WHERE written_ms < ?1 ORDER BY written_ms LIMIT ?2)",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, before_ms);
	db_bind_int(query, 2, (int64_t)batch);
	if (db_run(query, &dropped, err) < 0)
		return -1;
	*ret_more = (size_t)dropped == batch;
	return 0;
}
