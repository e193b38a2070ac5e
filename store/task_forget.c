/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Candidates are read before the write lock is taken, so a walk that finds nothing
 * writes nothing. That they went stale in between does no harm: a stopped task stays
 * one, and the DELETE asks again. A walk goes on behind what it had to leave, so tasks
 * that wait for their tokens do not hide those behind them.
 */
#include "store/task_forget.h"

#include <stdio.h>
#include <string.h>

#include "store/record.h"
#include "store/task_private.h"

#define CANDIDATES_BYTES (4u * 1024 * 1024) /* a batch of some hundred takes a tenth */

struct candidate {
	const char *id, *account, *cluster, *client_token;
	int64_t stopped_ms;
};

static void read_candidate(struct record_row *row, void *ret_item)
{
	struct candidate *ret_candidate = ret_item;

	ret_candidate->id = record_text(row, 0);
	ret_candidate->account = record_text(row, 1);
	ret_candidate->cluster = record_text(row, 2);
	ret_candidate->client_token = record_text(row, 3);
	ret_candidate->stopped_ms = db_int(row->query, 4);
}

static int find_candidates(struct db *db, int64_t before_ms, size_t batch,
			   const struct task_forget_place *place, struct arena *arena,
			   struct candidate **ret_candidates, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, TASK_FORGET_SQL, &query, err) < 0)
		return -1;
	db_bind_int(query, 1, before_ms);
	db_bind_int(query, 2, place->stopped_ms);
	db_bind_text(query, 3, place->id);
	db_bind_int(query, 4, (int64_t)batch);
	return record_list(query, read_candidate, sizeof(struct candidate), arena, ret_candidates,
			   ret_count, err);
}

/* Of task ?1: it has ended, and so has its meter, and its events are made. */
#define MAY_GO                                                                                     \
	" id = ?1 AND state = 'STOPPED' AND NOT EXISTS (SELECT 1 FROM meter_running"               \
	" JOIN ledger_task ON ledger_task.number = meter_running.task WHERE ledger_task.task = "   \
	"?1) AND NOT EXISTS (SELECT 1 FROM task_version WHERE task_version.task = ?1)"

/* Containers and phases go with their task (ON DELETE CASCADE). */
static int delete_task(struct db *db, const char *id, bool *ret_deleted, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db, "DELETE FROM task WHERE" MAY_GO, &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	if (db_run(query, &changed, err) < 0)
		return -1;
	*ret_deleted = changed > 0;
	return 0;
}

/* What it says of what it held, if it held anything. A repeat changes nothing. */
static int keep_record(struct db *db, const char *id, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO task_kept (id, account, pull_started_ms, stopped_ms, cpu_units,"
		     " memory_mib, storage_gib, stop_code)"
		     " SELECT id, account, pull_started_ms, stopped_ms, cpu_units, memory_mib,"
		     " storage_gib, stop_code FROM task WHERE pull_started_ms > 0 AND" MAY_GO
		     " ON CONFLICT (id) DO NOTHING",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	return db_run(query, NULL, err);
}

static int delete_tags(struct db *db, const struct candidate *candidate, struct err *err)
{
	AUTO(freep) char *resource = xasprintf("task/%s/%s", candidate->cluster, candidate->id);
	struct db_query *query;

	if (db_query(db, "DELETE FROM tag WHERE account = ?1 AND resource = ?2", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, candidate->account);
	db_bind_text(query, 2, resource);
	return db_run(query, NULL, err);
}

static int forget_one(struct db *db, const struct candidate *candidate, int64_t now_ms,
		      size_t *forgotten, struct err *err)
{
	bool holds = false;
	bool deleted;

	if (candidate->client_token[0] != '\0' &&
	    run_token_holds(db, candidate->account, candidate->cluster, candidate->client_token,
			    now_ms, &holds, err) < 0)
		return -1;
	if (holds)
		return 0;
	if (keep_record(db, candidate->id, err) < 0 ||
	    delete_task(db, candidate->id, &deleted, err) < 0 ||
	    (deleted && delete_tags(db, candidate, err) < 0))
		return -1;
	*forgotten += deleted;
	return 0;
}

static int forget_all(struct db *db, const struct candidate *candidates, size_t count,
		      int64_t now_ms, size_t *ret_forgotten, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	size_t forgotten = 0;

	if (record_scope_begin(&scope, db, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (forget_one(db, &candidates[i], now_ms, &forgotten, err) < 0)
			return -1;
	}
	if (record_scope_commit(&scope, err) < 0)
		return -1;
	*ret_forgotten = forgotten;
	return 0;
}

int task_forget(struct db *db, int64_t before_ms, int64_t now_ms, size_t batch,
		struct task_forget_place *place, size_t *ret_forgotten, bool *ret_more,
		struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(CANDIDATES_BYTES);
	struct candidate *candidates;
	size_t forgotten = 0;
	size_t count;

	if (find_candidates(db, before_ms, batch, place, arena, &candidates, &count, err) < 0)
		return -1;
	if (count > 0) {
		if (forget_all(db, candidates, count, now_ms, &forgotten, err) < 0)
			return -1;
		place->stopped_ms = candidates[count - 1].stopped_ms;
		(void)snprintf(place->id, sizeof(place->id), "%s", candidates[count - 1].id);
	}
	*ret_forgotten = forgotten;
	*ret_more = count == batch;
	return 0;
}
