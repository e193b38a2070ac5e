/* SPDX-License-Identifier: Apache-2.0 */
#include "store/event_source.h"

#include "store/record.h"

int event_source_clear(struct db *db, struct err *err)
{
	return db_exec(db, "DELETE FROM event_source", NULL, err);
}

int event_source_put(struct db *db, const struct event_source *source, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct db_query *query;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    db_query(
		    db,
		    "INSERT INTO event_source (name, kind, account, state, since_ms, tries, reason)"
		    " VALUES (?1, ?2, ?3, ?4, ?5, CASE WHEN ?4 = '" EVENT_SOURCE_WAITS
		    "' THEN 1 ELSE 0 END, ?6)"
		    " ON CONFLICT (name) DO UPDATE SET kind = excluded.kind,"
		    " account = excluded.account, reason = excluded.reason,"
		    " tries = CASE WHEN event_source.state = excluded.state"
		    " THEN event_source.tries + excluded.tries ELSE excluded.tries END,"
		    " since_ms = CASE WHEN event_source.state = excluded.state"
		    " THEN event_source.since_ms ELSE excluded.since_ms END,"
		    " state = excluded.state",
		    &query, err) < 0)
		return -1;
	db_bind_text(query, 1, source->name);
	db_bind_text(query, 2, source->kind);
	db_bind_text(query, 3, source->account);
	db_bind_text(query, 4, source->state);
	db_bind_int(query, 5, source->since_ms);
	db_bind_text(query, 6, source->reason);
	if (db_run(query, NULL, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

static void read_source(struct record_row *row, void *ret_item)
{
	*(struct event_source *)ret_item = (struct event_source){
		.name = record_text(row, 0),
		.kind = record_text(row, 1),
		.account = record_text(row, 2),
		.state = record_text(row, 3),
		.since_ms = db_int(row->query, 4),
		.tries = db_int(row->query, 5),
		.reason = record_text(row, 6),
	};
}

int event_source_list(struct db *db, const char *account, struct arena *arena,
		      struct event_source **ret_sources, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT name, kind, account, state, since_ms, tries, reason FROM event_source"
		     " WHERE ?1 IS NULL OR account = ?1 ORDER BY name",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	return record_list(query, read_source, sizeof(struct event_source), arena, ret_sources,
			   ret_count, err);
}
