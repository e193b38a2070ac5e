/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The newest event of a bus is never dropped while the bus is watched, so numbers go on.
 */
#include "store/event_tail.h"

#include <string.h>

#include "store/record.h"

static void bind_bus(struct db_query *query, const char *account, const char *bus)
{
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, bus);
}

int event_tail_hold(struct db *db, const struct event_watch *watch, int64_t until_ms,
		    struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO event_tail (account, bus, watcher, until_ms)"
		     " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (account, bus, watcher)"
		     " DO UPDATE SET until_ms = excluded.until_ms",
		     &query, err) < 0)
		return -1;
	bind_bus(query, watch->account, watch->bus);
	db_bind_text(query, 3, watch->watcher);
	db_bind_int(query, 4, until_ms);
	return db_run(query, NULL, err);
}

int event_tail_leave(struct db *db, const struct event_watch *watch, struct err *err)
{
	struct db_query *query;

	if (db_query(db, "DELETE FROM event_tail WHERE account = ?1 AND bus = ?2 AND watcher = ?3",
		     &query, err) < 0)
		return -1;
	bind_bus(query, watch->account, watch->bus);
	db_bind_text(query, 3, watch->watcher);
	return db_run(query, NULL, err);
}

int event_tail_watched(struct db *db, const char *account, const char *bus, bool *ret_watched,
		       struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t found;

	if (db_query(db, "SELECT 1 FROM event_tail WHERE account = ?1 AND bus = ?2 LIMIT 1", &query,
		     err) < 0)
		return -1;
	bind_bus(query, account, bus);
	if (record_int(query, 0, &found, err) < 0)
		return -1;
	*ret_watched = found != 0;
	return 0;
}

static int insert(struct db *db, const struct event_accepted *event, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO event_recent (account, bus, number, size, body)"
		     " VALUES (?1, ?2, 1 + (SELECT COALESCE(MAX(number), 0) FROM event_recent"
		     " WHERE account = ?1 AND bus = ?2), ?3, ?4)",
		     &query, err) < 0)
		return -1;
	bind_bus(query, event->account, event->bus);
	db_bind_int(query, 3, (int64_t)strlen(event->body));
	db_bind_text(query, 4, event->body);
	return db_run(query, NULL, err);
}

/* All behind the newest ones that are few and small enough together. */
static int drop_old(struct db *db, const struct event_accepted *event, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "DELETE FROM event_recent WHERE account = ?1 AND bus = ?2 AND number <="
		     " (SELECT COALESCE(MAX(number), 0) FROM (SELECT number,"
		     " SUM(size) OVER (ORDER BY number DESC) AS bytes,"
		     " ROW_NUMBER() OVER (ORDER BY number DESC) AS place"
		     " FROM event_recent WHERE account = ?1 AND bus = ?2) AS kept"
		     " WHERE (bytes > ?3 OR place > ?4) AND place > 1)",
		     &query, err) < 0)
		return -1;
	bind_bus(query, event->account, event->bus);
	db_bind_int(query, 3, EVENT_RECENT_BYTES);
	db_bind_int(query, 4, EVENT_RECENT_MAX);
	return db_run(query, NULL, err);
}

int event_tail_show(struct db *db, const struct event_accepted *event, struct err *err)
{
	bool watched;

	if (event_tail_watched(db, event->account, event->bus, &watched, err) < 0)
		return -1;
	if (!watched)
		return 0;
	return insert(db, event, err) < 0 ? -1 : drop_old(db, event, err);
}

static void read_recent(struct record_row *row, void *ret_item)
{
	*(struct event_recent *)ret_item =
		(struct event_recent){db_int(row->query, 0), record_text(row, 1)};
}

int event_tail_read(struct db *db, const struct event_watch *watch, int64_t after, size_t limit,
		    struct arena *arena, struct event_recent **ret_events, size_t *ret_count,
		    struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT number, body FROM event_recent"
		     " WHERE account = ?1 AND bus = ?2 AND number > ?3 ORDER BY number LIMIT ?4",
		     &query, err) < 0)
		return -1;
	bind_bus(query, watch->account, watch->bus);
	db_bind_int(query, 3, after);
	db_bind_int(query, 4, (int64_t)limit);
	return record_list(query, read_recent, sizeof(struct event_recent), arena, ret_events,
			   ret_count, err);
}

int event_tail_last(struct db *db, const struct event_watch *watch, int64_t *ret_number,
		    struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT COALESCE(MAX(number), 0) FROM event_recent"
		     " WHERE account = ?1 AND bus = ?2",
		     &query, err) < 0)
		return -1;
	bind_bus(query, watch->account, watch->bus);
	return record_int(query, 0, ret_number, err);
}

int event_tail_trim(struct db *db, int64_t now_ms, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct db_query *query;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    db_query(db, "DELETE FROM event_tail WHERE until_ms < ?1", &query, err) < 0)
		return -1;
	db_bind_int(query, 1, now_ms);
	if (db_run(query, NULL, err) < 0 ||
	    db_exec(db,
		    "DELETE FROM event_recent WHERE NOT EXISTS (SELECT 1 FROM event_tail"
		    " WHERE event_tail.account = event_recent.account"
		    " AND event_tail.bus = event_recent.bus)",
		    NULL, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}
