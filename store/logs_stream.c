/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log streams.
 */
#include <stdio.h>
#include <string.h>

#include "store/logs_private.h"
#include "store/record.h"

#define STREAM_COLUMNS                                                                             \
	"name, created_ms, first_event_ms, last_event_ms, last_ingestion_ms, stored_bytes"

int log_stream_id(struct db *db, int64_t group_id, const char *stream, int64_t *ret_id,
		  struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t id;

	if (db_query(db, "SELECT id FROM log_stream WHERE group_id = ?1 AND name = ?2", &query,
		     err) < 0)
		return -1;
	db_bind_int(query, 1, group_id);
	db_bind_text(query, 2, stream);
	if (record_int(query, 0, &id, err) < 0)
		return -1;
	if (id == 0)
		return err_set(err, ERR_NOT_FOUND, "no log stream %s", stream);
	*ret_id = id;
	return 0;
}

int log_stream_insert(struct db *db, int64_t group_id, const char *stream, int64_t now_ms,
		      struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO log_stream (group_id, name, created_ms, first_event_ms,"
		     " last_event_ms, last_ingestion_ms, stored_bytes)"
		     " VALUES (?1, ?2, ?3, 0, 0, 0, 0)",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, group_id);
	db_bind_text(query, 2, stream);
	db_bind_int(query, 3, now_ms);
	return db_run(query, NULL, err);
}

int log_stream_create(struct db *db, const char *account, const char *group, const char *stream,
		      int64_t now_ms, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	int64_t group_id;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    log_group_id(db, account, group, &group_id, err) < 0)
		return -1;
	if (log_stream_insert(db, group_id, stream, now_ms, err) < 0) {
		if (err->code == ERR_EXISTS)
			return err_set(err, ERR_EXISTS, "there is a log stream %s already", stream);
		return -1;
	}
	return record_scope_commit(&scope, err);
}

static int list_query(struct db *db, int64_t group_id, const char *prefix, bool by_time,
		      bool descending, struct db_query **ret_query, struct err *err)
{
	AUTO(freep) char *end = record_prefix_end(prefix);
	const char *order = descending ? " DESC" : "";
	struct db_query *query;
	char sql[LOG_SQL_MAX];

	snprintf(sql, sizeof(sql),
		 "SELECT " STREAM_COLUMNS " FROM log_stream WHERE group_id = ?1%s"
		 " ORDER BY %s%s%sname%s LIMIT ?3 OFFSET ?4",
		 prefix ? " AND name >= ?2 AND name < ?5" : "", by_time ? "last_event_ms" : "",
		 by_time ? order : "", by_time ? ", " : "", order);
	if (db_query(db, sql, &query, err) < 0)
		return -1;
	db_bind_int(query, 1, group_id);
	if (prefix) {
		db_bind_text(query, 2, prefix);
		db_bind_text(query, 5, end);
	}
	*ret_query = query;
	return 0;
}

static void read_stream(struct record_row *row, void *ret_item)
{
	struct log_stream *ret_stream = ret_item;

	*ret_stream = (struct log_stream){
		.name = record_text(row, 0),
		.created_ms = db_int(row->query, 1),
		.first_event_ms = db_int(row->query, 2),
		.last_event_ms = db_int(row->query, 3),
		.last_ingestion_ms = db_int(row->query, 4),
		.stored_bytes = db_int(row->query, 5),
	};
}

int log_stream_list(struct db *db, const char *account, const char *group, const char *prefix,
		    bool by_time, bool descending, int64_t offset, size_t limit,
		    struct arena *arena, struct log_stream **ret_streams, size_t *ret_count,
		    struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t group_id;

	if (log_group_id(db, account, group, &group_id, err) < 0 ||
	    list_query(db, group_id, prefix, by_time, descending, &query, err) < 0)
		return -1;
	db_bind_int(query, 3, (int64_t)limit);
	db_bind_int(query, 4, offset);
	return record_list(query, read_stream, sizeof(struct log_stream), arena, ret_streams,
			   ret_count, err);
}
