/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An archive's counts stand in its row and move with its events. A deleted one has no name any
 * more: its events are taken away some at a time, since there may be millions.
 */
#include "store/event_archive.h"

#include <string.h>

#include "store/event_rule.h"
#include "store/record.h"

#define DAY_MS (24 * 60 * 60 * 1000LL)
#define COLUMNS                                                                                    \
	"number, name, bus, description, pattern, retention_days, created_ms, event_count,"        \
	" size_bytes"

static void read_archive(struct record_row *row, void *ret_item)
{
	*(struct event_archive *)ret_item = (struct event_archive){
		.number = db_int(row->query, 0),
		.name = record_text(row, 1),
		.bus = record_text(row, 2),
		.description = record_text(row, 3),
		.pattern = record_text_or_null(row, 4),
		.retention_days = db_int(row->query, 5),
		.created_ms = db_int(row->query, 6),
		.event_count = db_int(row->query, 7),
		.size_bytes = db_int(row->query, 8),
	};
}

static int list_archives(struct db_query *query, struct arena *arena,
			 struct event_archive **ret_archives, size_t *ret_count, struct err *err)
{
	return record_list(query, read_archive, sizeof(struct event_archive), arena, ret_archives,
			   ret_count, err);
}

static int missing(const char *name, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "no archive %s", name);
}

int event_archive_find(struct db *db, const char *account, const char *name, struct arena *arena,
		       struct event_archive *ret_archive, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct event_archive *found;
	size_t count;

	if (db_query(db, "SELECT " COLUMNS " FROM event_archive WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	if (list_archives(query, arena, &found, &count, err) < 0)
		return -1;
	if (count == 0)
		return missing(name, err);
	*ret_archive = found[0];
	return 0;
}

int event_archive_is_there(struct db *db, int64_t number, bool *ret_there, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t there;

	if (db_query(db, "SELECT 1 FROM event_archive WHERE number = ?1 AND name IS NOT NULL",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	if (record_int(query, 0, &there, err) < 0)
		return -1;
	*ret_there = there != 0;
	return 0;
}

int event_archive_list(struct db *db, const char *account, const char *bus, const char *prefix,
		       const char *after, size_t limit, struct arena *arena,
		       struct event_archive **ret_archives, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(freep) char *end = record_prefix_end(prefix);

	if (db_query(db,
		     "SELECT " COLUMNS " FROM event_archive WHERE account = ?1 AND name >= ?2"
		     " AND name < ?3 AND name > ?4 AND (?5 IS NULL OR bus = ?5)"
		     " ORDER BY name LIMIT ?6",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, prefix);
	db_bind_text(query, 3, end);
	db_bind_text(query, 4, after ? after : "");
	db_bind_text(query, 5, bus);
	db_bind_int(query, 6, (int64_t)limit);
	return list_archives(query, arena, ret_archives, ret_count, err);
}

int event_archive_count(struct db *db, const char *account, const char *bus, int64_t *ret_count,
			struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT COUNT(*) FROM event_archive WHERE account = ?1"
		     " AND (?2 IS NULL OR bus = ?2) AND name IS NOT NULL",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, bus);
	return record_int(query, 0, ret_count, err);
}

/* --- changes --- */

int event_archive_create(struct db *db, const char *account, const struct event_archive *archive,
			 struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct db_query *query;
	int64_t changed;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    db_query(db,
		     "INSERT INTO event_archive (account, name, bus, description, pattern,"
		     " retention_days, created_ms, event_count, size_bytes)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0)"
		     " ON CONFLICT (account, name) DO NOTHING",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, archive->name);
	db_bind_text(query, 3, archive->bus);
	db_bind_text(query, 4, archive->description);
	db_bind_text(query, 5, archive->pattern);
	db_bind_int(query, 6, archive->retention_days);
	db_bind_int(query, 7, archive->created_ms);
	if (db_run(query, &changed, err) < 0)
		return -1;
	if (changed == 0)
		return err_set(err, ERR_EXISTS, "there is an archive %s", archive->name);
	if (event_rules_raise(db, account, archive->bus, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

int event_archive_update(struct db *db, const char *account, const struct event_archive *archive,
			 struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct db_query *query;
	int64_t changed;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    db_query(db,
		     "UPDATE event_archive SET description = ?3, pattern = ?4, retention_days = ?5"
		     " WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, archive->name);
	db_bind_text(query, 3, archive->description);
	db_bind_text(query, 4, archive->pattern);
	db_bind_int(query, 5, archive->retention_days);
	if (db_run(query, &changed, err) < 0)
		return -1;
	if (changed == 0)
		return missing(archive->name, err);
	if (event_rules_raise(db, account, archive->bus, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

static int raise_bus_of(struct db *db, const char *account, const char *name, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(freep) char *bus = NULL;
	int rc;

	if (db_query(db, "SELECT bus FROM event_archive WHERE account = ?1 AND name = ?2", &query,
		     err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return missing(name, err);
	bus = xstrdup(db_text(query, 0));
	return event_rules_raise(db, account, bus, err);
}

int event_archive_delete(struct db *db, const char *account, const char *name, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct db_query *query;

	if (record_scope_begin(&scope, db, err) < 0 || raise_bus_of(db, account, name, err) < 0 ||
	    db_query(db, "UPDATE event_archive SET name = NULL WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	if (db_run(query, NULL, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

/* --- events --- */

static int count_in(struct db *db, const char *account, const char *name, size_t bytes,
		    struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "UPDATE event_archive SET event_count = event_count + 1,"
		     " size_bytes = size_bytes + ?3 WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	db_bind_int(query, 3, (int64_t)bytes);
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0 : missing(name, err);
}

int event_archive_add(struct db *db, const char *account, const char *name,
		      const struct event_archived *event, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct db_query *query;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    count_in(db, account, name, strlen(event->body), err) < 0 ||
	    db_query(db,
		     "INSERT INTO event_archived (archive, id, event_ms, received_ms, body)"
		     " SELECT number, ?3, ?4, ?5, ?6 FROM event_archive"
		     " WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	db_bind_text(query, 3, event->id);
	db_bind_int(query, 4, event->event_ms);
	db_bind_int(query, 5, event->received_ms);
	db_bind_text(query, 6, event->body);
	if (db_run(query, NULL, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

int event_archive_newest(struct db *db, int64_t *ret_number, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT MAX(number) FROM event_archived", &query, err) < 0)
		return -1;
	return record_int(query, 0, ret_number, err);
}

static void read_event(struct record_row *row, void *ret_item)
{
	*(struct event_archived *)ret_item = (struct event_archived){
		.number = db_int(row->query, 0),
		.id = record_text(row, 1),
		.event_ms = db_int(row->query, 2),
		.received_ms = db_int(row->query, 3),
		.body = record_text(row, 4),
	};
}

static int gather(struct db_query *query, size_t bytes_max, struct arena *arena, struct buf *list,
		  struct err *err)
{
	struct record_row row = {.query = query, .arena = arena};
	size_t bytes = 0;
	int rc;

	while (bytes < bytes_max && (rc = db_step(query, err)) != 0) {
		struct event_archived event;

		if (rc < 0)
			return -1;
		read_event(&row, &event);
		if (record_row_check(&row, err) < 0 ||
		    buf_append(list, &event, sizeof(event), err) < 0)
			return -1;
		bytes += strlen(event.body);
	}
	return 0;
}

int event_archive_read(struct db *db, const struct event_archive_range *range, size_t limit,
		       size_t bytes_max, struct arena *arena, struct event_archived **ret_events,
		       size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(buf_done) struct buf list;

	buf_init(&list, limit * sizeof(struct event_archived));
	if (db_query(db,
		     "SELECT number, id, event_ms, received_ms, body FROM event_archived"
		     " WHERE archive = ?1 AND (event_ms, number) > (?2, ?3)"
		     " AND event_ms <= ?4 AND number <= ?5"
		     " ORDER BY event_ms, number LIMIT ?6",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, range->archive);
	db_bind_int(query, 2, range->at_number > 0 ? range->at_ms : range->from_ms);
	db_bind_int(query, 3, range->at_number);
	db_bind_int(query, 4, range->to_ms);
	db_bind_int(query, 5, range->until_number);
	db_bind_int(query, 6, (int64_t)limit);
	if (gather(query, bytes_max, arena, &list, err) < 0)
		return -1;
	return record_list_take(&list, sizeof(struct event_archived), arena, ret_events, ret_count,
				err);
}

/* --- what goes --- */

/* What a deleted archive holds is too old at any time. */
#define OLD_EVENTS                                                                                 \
	"SELECT number FROM event_archived WHERE archive = ?1 AND received_ms <= ?2"               \
	" ORDER BY received_ms LIMIT ?3"

static int count_out(struct db *db, int64_t archive, int64_t before_ms, size_t batch,
		     struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE event_archive SET (event_count, size_bytes) ="
		     " (SELECT event_archive.event_count - COUNT(*),"
		     "  event_archive.size_bytes - COALESCE(SUM(LENGTH(CAST(body AS BLOB))), 0)"
		     "  FROM event_archived WHERE number IN (" OLD_EVENTS "))"
		     " WHERE number = ?1",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, archive);
	db_bind_int(query, 2, before_ms);
	db_bind_int(query, 3, (int64_t)batch);
	return db_run(query, NULL, err);
}

static int trim_archive(struct db *db, const struct event_archive *archive, int64_t now_ms,
			size_t batch, bool *ret_more, struct err *err)
{
	bool gone = archive->name[0] == '\0';
	int64_t before_ms = gone ? INT64_MAX : now_ms - archive->retention_days * DAY_MS;
	struct db_query *query;
	int64_t dropped;

	if (count_out(db, archive->number, before_ms, batch, err) < 0 ||
	    db_query(db, "DELETE FROM event_archived WHERE number IN (" OLD_EVENTS ")", &query,
		     err) < 0)
		return -1;
	db_bind_int(query, 1, archive->number);
	db_bind_int(query, 2, before_ms);
	db_bind_int(query, 3, (int64_t)batch);
	if (db_run(query, &dropped, err) < 0)
		return -1;
	if (dropped == (int64_t)batch) {
		*ret_more = true;
		return 0;
	}
	if (!gone)
		return 0;
	if (db_query(db, "DELETE FROM event_archive WHERE number = ?1", &query, err) < 0)
		return -1;
	db_bind_int(query, 1, archive->number);
	return db_run(query, NULL, err);
}

/* Archives that have something to drop. */
static int find_old(struct db *db, int64_t now_ms, struct arena *arena,
		    struct event_archive **ret_archives, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT " COLUMNS " FROM event_archive WHERE name IS NULL"
		     " OR (retention_days > 0 AND EXISTS (SELECT 1 FROM event_archived"
		     " WHERE archive = event_archive.number"
		     " AND received_ms <= ?1 - retention_days * ?2))",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, now_ms);
	db_bind_int(query, 2, DAY_MS);
	return list_archives(query, arena, ret_archives, ret_count, err);
}

int event_archive_trim(struct db *db, int64_t now_ms, size_t batch, bool *ret_more, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	AUTO(arena_freep) struct arena *arena = arena_new(RECORD_LIST_MAX);
	struct event_archive *archives;
	size_t count;

	*ret_more = false;
	if (find_old(db, now_ms, arena, &archives, &count, err) < 0)
		return -1;
	if (count == 0)
		return 0;
	if (record_scope_begin(&scope, db, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (trim_archive(db, &archives[i], now_ms, batch, ret_more, err) < 0)
			return -1;
	}
	return record_scope_commit(&scope, err);
}
