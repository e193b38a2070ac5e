/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each event that is put pushes out the one that is OUTBOX_KEPT before it, so the table never
 * needs a larger clean-up than one row.
 */
#include "store/outbox.h"

#include <string.h>

#include "store/record.h"

static int insert(struct db *db, const struct outbox_event *event, int64_t *ret_changed,
		  struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO outbox (position, id, type, source, subject, time_ms, data_json)"
		     " VALUES ((SELECT position + 1 FROM outbox_head WHERE id = 1),"
		     " ?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, event->id);
	db_bind_text(query, 2, event->type);
	db_bind_text(query, 3, event->source);
	db_bind_text(query, 4, event->subject);
	db_bind_int(query, 5, event->time_ms);
	db_bind_text(query, 6, event->data_json);
	return db_run(query, ret_changed, err);
}

static int head_position(struct db *db, int64_t *ret_position, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT position FROM outbox_head WHERE id = 1", &query, err) < 0)
		return -1;
	return record_int(query, 0, ret_position, err);
}

int outbox_put(struct db *db, const struct outbox_event *event, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	int64_t changed, last;

	if (strlen(event->data_json) > OUTBOX_DATA_MAX)
		return err_set(err, ERR_LIMIT, "the data of event %s has more than %d bytes",
			       event->id, OUTBOX_DATA_MAX);
	if (record_scope_begin(&scope, db, err) < 0 || insert(db, event, &changed, err) < 0)
		return -1;
	if (changed > 0 &&
	    (db_exec(db, "UPDATE outbox_head SET position = position + 1 WHERE id = 1", NULL, err) <
		     0 ||
	     head_position(db, &last, err) < 0 || outbox_trim(db, last - OUTBOX_KEPT, err) < 0))
		return -1;
	return record_scope_commit(&scope, err);
}

static void read_event(struct record_row *row, void *ret_item)
{
	struct outbox_event *ret_event = ret_item;

	*ret_event = (struct outbox_event){
		.position = db_int(row->query, 0),
		.id = record_text(row, 1),
		.type = record_text(row, 2),
		.source = record_text(row, 3),
		.subject = record_text(row, 4),
		.time_ms = db_int(row->query, 5),
		.data_json = record_text(row, 6),
	};
}

int outbox_read(struct db *db, int64_t position, size_t limit, struct arena *arena,
		struct outbox_event **ret_events, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT position, id, type, source, subject, time_ms, data_json FROM outbox"
		     " WHERE position > ?1 ORDER BY position LIMIT ?2",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, position);
	db_bind_int(query, 2, (int64_t)limit);
	return record_list(query, read_event, sizeof(**ret_events), arena, ret_events, ret_count,
			   err);
}

int outbox_ends(struct db *db, int64_t *ret_first, int64_t *ret_last, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t first, last;

	if (record_scope_begin_read(&scope, db, err) < 0 || head_position(db, &last, err) < 0 ||
	    db_query(db, "SELECT position FROM outbox ORDER BY position LIMIT 1", &query, err) <
		    0 ||
	    record_int(query, last + 1, &first, err) < 0)
		return -1;
	db_donep(&query);
	if (record_scope_commit(&scope, err) < 0)
		return -1;
	*ret_first = first;
	*ret_last = last;
	return 0;
}

int outbox_trim(struct db *db, int64_t position, struct err *err)
{
	struct db_query *query;

	if (db_query(db, "DELETE FROM outbox WHERE position <= ?1", &query, err) < 0)
		return -1;
	db_bind_int(query, 1, position);
	return db_run(query, NULL, err);
}
