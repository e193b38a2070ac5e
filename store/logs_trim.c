/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making room, in three steps that share one batch, each call one transaction, so that
 * writers never wait long: what belongs to deleted groups, what is past its group's
 * retention, and then the oldest events of all while the total is over the limit.
 *
 * A stream that was emptied and has been silent for a day goes too: otherwise every task
 * would leave one for ever. If its writer comes back, log_append() makes it anew.
 */
#include <string.h>

#include "store/logs_private.h"
#include "store/record.h"

/* A run of events to be dropped that belong to one stream. */
struct run {
	int64_t group_id, stream_id, bytes;
};

struct trim {
	struct db *db;
	int64_t now_ms;
	size_t left; /* of the batch */
	struct run run;
};

struct victim {
	int64_t id, group_id, stream_id, bytes;
};

#define VICTIM_SELECT "SELECT id, group_id, stream_id, length(message) FROM log_event"

static int drop_empty_stream(struct trim *trim, int64_t stream_id, struct err *err)
{
	struct db_query *query;

	if (db_query(trim->db,
		     "DELETE FROM log_stream WHERE id = ?1 AND first_event_ms = 0"
		     " AND last_ingestion_ms < ?2",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, stream_id);
	db_bind_int(query, 2, trim->now_ms - LOG_DAY_MS);
	return db_run(query, NULL, err);
}

/* Tell stream, group and total what the run took away. */
static int run_end(struct trim *trim, struct err *err)
{
	struct run run = STEAL(trim->run, (struct run){0});
	struct db_query *query;

	if (run.stream_id == 0)
		return 0;
	if (log_count_bytes(trim->db, run.group_id, run.stream_id, -run.bytes, err) < 0 ||
	    db_query(trim->db,
		     "UPDATE log_stream SET first_event_ms = COALESCE((SELECT MIN(timestamp_ms)"
		     " FROM log_event WHERE stream_id = ?1), 0) WHERE id = ?1",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, run.stream_id);
	if (db_run(query, NULL, err) < 0)
		return -1;
	return drop_empty_stream(trim, run.stream_id, err);
}

static int drop_event(struct trim *trim, const struct victim *victim, struct err *err)
{
	struct db_query *query;

	if (victim->stream_id != trim->run.stream_id && run_end(trim, err) < 0)
		return -1;
	if (db_query(trim->db, "DELETE FROM log_event WHERE id = ?1", &query, err) < 0)
		return -1;
	db_bind_int(query, 1, victim->id);
	if (db_run(query, NULL, err) < 0)
		return -1;
	trim->run.group_id = victim->group_id;
	trim->run.stream_id = victim->stream_id;
	trim->run.bytes += victim->bytes;
	trim->left--;
	return 0;
}

/* Drop the events that a bound VICTIM_SELECT names, but no more than @max_bytes need (0: all). */
static int drop_all(struct trim *trim, struct db_query *query, int64_t max_bytes, struct err *err)
{
	AUTO(buf_done) struct buf list;
	int64_t bytes = 0;
	int rc;

	/* Gathered first: rows must not go away under the query that names them. */
	buf_init(&list, RECORD_LIST_MAX);
	while ((max_bytes == 0 || bytes < max_bytes) && (rc = db_step(query, err)) != 0) {
		struct victim victim;

		if (rc < 0)
			return -1;
		victim = (struct victim){db_int(query, 0), db_int(query, 1), db_int(query, 2),
					 db_int(query, 3) + LOG_EVENT_OVERHEAD};
		bytes += victim.bytes;
		if (buf_append(&list, &victim, sizeof(victim), err) < 0)
			return -1;
	}
	for (size_t at = 0; at < list.len; at += sizeof(struct victim)) {
		struct victim victim;

		memcpy(&victim, list.data + at, sizeof(victim));
		if (drop_event(trim, &victim, err) < 0)
			return -1;
	}
	return run_end(trim, err);
}

/* Events of a group before @before_ms. */
static int drop_of_group(struct trim *trim, int64_t group_id, int64_t before_ms, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(trim->db,
		     VICTIM_SELECT " WHERE group_id = ?1 AND timestamp_ms < ?2"
				   " ORDER BY timestamp_ms, id LIMIT ?3",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, group_id);
	db_bind_int(query, 2, before_ms);
	db_bind_int(query, 3, (int64_t)trim->left);
	return drop_all(trim, query, 0, err);
}

struct group_row {
	int64_t id, retention_days;
};

static int groups_of(struct db *db, const char *sql, struct buf *list, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db, sql, &query, err) < 0)
		return -1;
	while ((rc = db_step(query, err)) == 1) {
		struct group_row row = {db_int(query, 0), db_int(query, 1)};

		if (buf_append(list, &row, sizeof(row), err) < 0)
			return -1;
	}
	return rc;
}

static int drop_row(struct db *db, const char *sql, int64_t group_id, struct err *err)
{
	struct db_query *query;

	if (db_query(db, sql, &query, err) < 0)
		return -1;
	db_bind_int(query, 1, group_id);
	return db_run(query, NULL, err);
}

/* A deleted group without events: its streams and itself. */
static int drop_group(struct db *db, int64_t group_id, struct err *err)
{
	if (drop_row(db, "DELETE FROM log_stream WHERE group_id = ?1", group_id, err) < 0)
		return -1;
	return drop_row(db, "DELETE FROM log_group WHERE id = ?1", group_id, err);
}

static int trim_deleted(struct trim *trim, struct err *err)
{
	AUTO(buf_done) struct buf list;

	buf_init(&list, RECORD_LIST_MAX);
	if (groups_of(trim->db,
		      "SELECT id, 0 FROM log_group WHERE account = '" LOG_DELETED_ACCOUNT "'",
		      &list, err) < 0)
		return -1;
	for (size_t at = 0; at < list.len && trim->left > 0; at += sizeof(struct group_row)) {
		struct group_row row;

		memcpy(&row, list.data + at, sizeof(row));
		if (drop_of_group(trim, row.id, INT64_MAX, err) < 0)
			return -1;
		if (trim->left > 0 && drop_group(trim->db, row.id, err) < 0)
			return -1;
	}
	return 0;
}

static int trim_retention(struct trim *trim, struct err *err)
{
	AUTO(buf_done) struct buf list;

	buf_init(&list, RECORD_LIST_MAX);
	if (groups_of(trim->db, "SELECT id, retention_days FROM log_group WHERE retention_days > 0",
		      &list, err) < 0)
		return -1;
	for (size_t at = 0; at < list.len && trim->left > 0; at += sizeof(struct group_row)) {
		struct group_row row;

		memcpy(&row, list.data + at, sizeof(row));
		if (drop_of_group(trim, row.id, trim->now_ms - row.retention_days * LOG_DAY_MS,
				  err) < 0)
			return -1;
	}
	return 0;
}

static int trim_size(struct trim *trim, int64_t limit_bytes, struct err *err)
{
	AUTO(db_donep) struct db_query *total_query = NULL;
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t total;

	if (db_query(trim->db, "SELECT stored_bytes FROM log_total WHERE id = 1", &total_query,
		     err) < 0 ||
	    record_int(total_query, 0, &total, err) < 0)
		return -1;
	if (trim->left == 0 || total <= limit_bytes)
		return 0;
	if (db_query(trim->db, VICTIM_SELECT " ORDER BY id LIMIT ?1", &query, err) < 0)
		return -1;
	db_bind_int(query, 1, (int64_t)trim->left);
	return drop_all(trim, query, total - limit_bytes, err);
}

int log_trim(struct db *db, int64_t now_ms, int64_t limit_bytes, size_t batch, bool *ret_more,
	     struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct trim trim = {.db = db, .now_ms = now_ms, .left = batch};

	if (record_scope_begin(&scope, db, err) < 0 || trim_deleted(&trim, err) < 0 ||
	    trim_retention(&trim, err) < 0 || trim_size(&trim, limit_bytes, err) < 0 ||
	    record_scope_commit(&scope, err) < 0)
		return -1;
	*ret_more = trim.left == 0;
	return 0;
}
