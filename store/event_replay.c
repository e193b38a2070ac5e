/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two move a replay: the API, which cancels it, and who runs it. So a move says from where.
 */
#include "store/event_replay.h"

#include <string.h>

#include "store/record.h"

#define COLUMNS                                                                                    \
	"number, account, name, description, archive, archive_name, bus, filter, from_ms, to_ms,"  \
	" until_number, state, reason, started_ms, ended_ms, at_ms, at_number"

#define AS_NAME(name, ended) #name,
static const char *const names[] = {EVENT_REPLAY_STATES(AS_NAME)};

const char *event_replay_state_name(enum event_replay_state state)
{
	return names[state];
}

static enum event_replay_state state_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i], name) == 0)
			return (enum event_replay_state)i;
	}
	return EVENT_REPLAY_FAILED;
}

static void read_replay(struct record_row *row, void *ret_item)
{
	*(struct event_replay *)ret_item = (struct event_replay){
		.number = db_int(row->query, 0),
		.account = record_text(row, 1),
		.name = record_text(row, 2),
		.description = record_text(row, 3),
		.archive = db_int(row->query, 4),
		.archive_name = record_text(row, 5),
		.bus = record_text(row, 6),
		.filter = record_text(row, 7),
		.from_ms = db_int(row->query, 8),
		.to_ms = db_int(row->query, 9),
		.until_number = db_int(row->query, 10),
		.state = state_of(record_text(row, 11)),
		.reason = record_text(row, 12),
		.started_ms = db_int(row->query, 13),
		.ended_ms = db_int(row->query, 14),
		.at_ms = db_int(row->query, 15),
		.at_number = db_int(row->query, 16),
	};
}

static int list_replays(struct db_query *query, struct arena *arena,
			struct event_replay **ret_replays, size_t *ret_count, struct err *err)
{
	return record_list(query, read_replay, sizeof(struct event_replay), arena, ret_replays,
			   ret_count, err);
}

int event_replay_create(struct db *db, const struct event_replay *replay, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "INSERT INTO event_replay (account, name, description, archive, archive_name,"
		     " bus, filter, from_ms, to_ms, until_number, state, reason, started_ms,"
		     " ended_ms, at_ms, at_number)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, ?14, 0)"
		     " ON CONFLICT (account, name) DO NOTHING",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, replay->account);
	db_bind_text(query, 2, replay->name);
	db_bind_text(query, 3, replay->description);
	db_bind_int(query, 4, replay->archive);
	db_bind_text(query, 5, replay->archive_name);
	db_bind_text(query, 6, replay->bus);
	db_bind_text(query, 7, replay->filter);
	db_bind_int(query, 8, replay->from_ms);
	db_bind_int(query, 9, replay->to_ms);
	db_bind_int(query, 10, replay->until_number);
	db_bind_text(query, 11, names[replay->state]);
	db_bind_text(query, 12, replay->reason);
	db_bind_int(query, 13, replay->started_ms);
	db_bind_int(query, 14, replay->at_ms);
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0 : err_set(err, ERR_EXISTS, "there is a replay %s", replay->name);
}

int event_replay_find(struct db *db, const char *account, const char *name, struct arena *arena,
		      struct event_replay *ret_replay, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct event_replay *found;
	size_t count;

	if (db_query(db, "SELECT " COLUMNS " FROM event_replay WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	if (list_replays(query, arena, &found, &count, err) < 0)
		return -1;
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "no replay %s", name);
	*ret_replay = found[0];
	return 0;
}

int event_replay_list(struct db *db, const char *account, const struct event_replay_filter *filter,
		      const char *after, size_t limit, struct arena *arena,
		      struct event_replay **ret_replays, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	const char *prefix = filter->prefix ? filter->prefix : "";
	AUTO(freep) char *end = record_prefix_end(prefix);

	if (db_query(db,
		     "SELECT " COLUMNS " FROM event_replay WHERE account = ?1 AND name >= ?2"
		     " AND name < ?3 AND name > ?4 AND (?5 IS NULL OR archive_name = ?5)"
		     " AND (?6 IS NULL OR state = ?6) ORDER BY name LIMIT ?7",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, prefix);
	db_bind_text(query, 3, end);
	db_bind_text(query, 4, after ? after : "");
	db_bind_text(query, 5, filter->archive_name);
	db_bind_text(query, 6,
		     filter->state == EVENT_REPLAY_STATE_COUNT ? NULL : names[filter->state]);
	db_bind_int(query, 7, (int64_t)limit);
	return list_replays(query, arena, ret_replays, ret_count, err);
}

int event_replays_running(struct db *db, const char *account, struct arena *arena,
			  struct event_replay **ret_replays, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT " COLUMNS " FROM event_replay WHERE ended_ms = 0"
		     " AND (?1 IS NULL OR account = ?1) ORDER BY number",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	return list_replays(query, arena, ret_replays, ret_count, err);
}

int event_replay_move(struct db *db, const struct event_replay *replay,
		      enum event_replay_state from, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "UPDATE event_replay SET state = ?3, reason = ?4, ended_ms = ?5, at_ms = ?6,"
		     " at_number = ?7 WHERE number = ?1 AND state = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, replay->number);
	db_bind_text(query, 2, names[from]);
	db_bind_text(query, 3, names[replay->state]);
	db_bind_text(query, 4, replay->reason);
	db_bind_int(query, 5, replay->ended_ms);
	db_bind_int(query, 6, replay->at_ms);
	db_bind_int(query, 7, replay->at_number);
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0
			   : err_set(err, ERR_CONFLICT, "replay %s is not %s", replay->name,
				     names[from]);
}

int event_replay_trim(struct db *db, int64_t now_ms, size_t batch, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "DELETE FROM event_replay WHERE number IN (SELECT number FROM event_replay"
		     " WHERE ended_ms > 0 AND ended_ms <= ?1 ORDER BY ended_ms LIMIT ?2)",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, now_ms - EVENT_REPLAY_KEPT_MS);
	db_bind_int(query, 2, (int64_t)batch);
	return db_run(query, NULL, err);
}
