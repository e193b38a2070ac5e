/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row holds what can change; the rest is read from the task when the event is made. A task is
 * not forgotten while it has rows here (task_forget.c).
 */
#include "store/task_version.h"

#include "core/clock.h"
#include "store/event_tail.h"
#include "store/record.h"
#include "store/task_private.h"

static _Thread_local bool noted;

bool task_version_noted(void)
{
	return STEAL(noted, false);
}

#define COLUMNS                                                                                    \
	"state, want_stopped, version, stop_code, stopped_reason, connectivity_ms,"                \
	" pull_started_ms, pull_stopped_ms, started_ms, stopping_ms, execution_stopped_ms,"        \
	" stopped_ms, address, mac"
#define CONTAINER_COLUMNS "position, image_digest, runtime_id, state, exit_code, reason, health"

static int note_containers(struct db *db, const char *id, int64_t number, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO task_version_container (version, " CONTAINER_COLUMNS ")"
		     " SELECT ?2, " CONTAINER_COLUMNS " FROM task_container WHERE task = ?1",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	db_bind_int(query, 2, number);
	return db_run(query, NULL, err);
}

static int note(struct db *db, const char *id, bool waits, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "INSERT INTO task_version (task, waits, noted_ms, " COLUMNS ")"
		     " SELECT id, ?2, ?3, " COLUMNS " FROM task"
		     " WHERE id = ?1 AND " EVENT_TASKS_ARE_HEARD("task.account"),
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	db_bind_int(query, 2, waits);
	db_bind_int(query, 3, clock_wall_ms());
	if (db_run(query, &changed, err) < 0)
		return -1;
	if (changed == 0)
		return 0;
	noted = true;
	return note_containers(db, id, db_last_id(db), err);
}

int task_version_note(struct db *db, const char *id, struct err *err)
{
	return note(db, id, false, err);
}

int task_version_note_wait(struct db *db, const char *id, int64_t now_ms, bool *ret_first,
			   struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct db_query *query;
	int64_t changed;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    db_query(db,
		     "UPDATE task SET waits_ms = ?2"
		     " WHERE id = ?1 AND waits_ms = 0 AND state = 'PROVISIONING'",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	db_bind_int(query, 2, now_ms);
	if (db_run(query, &changed, err) < 0 || (changed > 0 && note(db, id, true, err) < 0) ||
	    record_scope_commit(&scope, err) < 0)
		return -1;
	*ret_first = changed > 0;
	return 0;
}

/* --- reading --- */

struct row {
	int64_t number, noted_ms;
	bool waits;
	const char *id;
	struct task now; /* what changes */
};

static void read_row(struct record_row *row, void *ret_item)
{
	struct row *ret_row = ret_item;

	*ret_row = (struct row){
		.number = db_int(row->query, 0),
		.id = record_text(row, 1),
		.waits = db_int(row->query, 2) != 0,
		.noted_ms = db_int(row->query, 3),
		.now = {.state = task_state_parse(record_text(row, 4)),
			.want_stopped = db_int(row->query, 5) != 0,
			.version = db_int(row->query, 6),
			.stop_code = record_text(row, 7),
			.stopped_reason = record_text(row, 8),
			.connectivity_ms = db_int(row->query, 9),
			.pull_started_ms = db_int(row->query, 10),
			.pull_stopped_ms = db_int(row->query, 11),
			.started_ms = db_int(row->query, 12),
			.stopping_ms = db_int(row->query, 13),
			.execution_stopped_ms = db_int(row->query, 14),
			.stopped_ms = db_int(row->query, 15),
			.address = record_text(row, 16),
			.mac = record_text(row, 17)},
	};
}

static void put_back(struct task *task, const struct task *now)
{
	task->state = now->state;
	task->want_stopped = now->want_stopped;
	task->version = now->version;
	task->stop_code = now->stop_code;
	task->stopped_reason = now->stopped_reason;
	task->connectivity_ms = now->connectivity_ms;
	task->pull_started_ms = now->pull_started_ms;
	task->pull_stopped_ms = now->pull_stopped_ms;
	task->started_ms = now->started_ms;
	task->stopping_ms = now->stopping_ms;
	task->execution_stopped_ms = now->execution_stopped_ms;
	task->stopped_ms = now->stopped_ms;
	task->address = now->address;
	task->mac = now->mac;
}

static void read_container(struct record_row *row, struct task_container *container)
{
	container->image_digest = record_text(row, 1);
	container->runtime_id = record_text(row, 2);
	task_container_read_state(record_text(row, 3), container);
	container->has_exit_code = !db_is_null(row->query, 4);
	container->exit_code = db_int(row->query, 4);
	container->reason = record_text(row, 5);
	task_container_read_health(record_text(row, 6), container);
}

static int read_containers(struct db *db, int64_t number, struct arena *arena, struct task *task,
			   struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct record_row row = {.arena = arena};
	int rc;

	if (db_query(db,
		     "SELECT " CONTAINER_COLUMNS " FROM task_version_container"
		     " WHERE version = ?1 ORDER BY position",
		     &query, err) < 0)
		return -1;
	row.query = query;
	db_bind_int(query, 1, number);
	while ((rc = db_step(query, err)) == 1) {
		int64_t position = db_int(query, 0);

		if (position >= 0 && (size_t)position < task->container_count)
			read_container(&row, &task->containers[position]);
	}
	return rc < 0 ? -1 : record_row_check(&row, err);
}

static int read_version(struct db *db, const struct row *row, struct arena *arena,
			struct task_version *ret_version, struct err *err)
{
	struct task_version version = {
		.number = row->number, .noted_ms = row->noted_ms, .waits = row->waits};

	if (task_find(db, NULL, NULL, row->id, arena, &version.task, err) < 0)
		return -1;
	put_back(&version.task, &row->now);
	if (read_containers(db, row->number, arena, &version.task, err) < 0)
		return -1;
	*ret_version = version;
	return 0;
}

int task_version_none(struct db *db, bool *ret_none, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t found;

	if (db_query(db, "SELECT 1 FROM task_version LIMIT 1", &query, err) < 0 ||
	    record_int(query, 0, &found, err) < 0)
		return -1;
	*ret_none = found == 0;
	return 0;
}

int task_version_list(struct db *db, size_t limit, struct arena *arena,
		      struct task_version **ret_versions, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct task_version *versions;
	struct row *rows;
	size_t count;

	if (db_query(db,
		     "SELECT number, task, waits, noted_ms, " COLUMNS " FROM task_version"
		     " ORDER BY number LIMIT ?1",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, (int64_t)limit);
	if (record_list(query, read_row, sizeof(struct row), arena, &rows, &count, err) < 0)
		return -1;
	versions = arena_alloc(arena, (count + 1) * sizeof(*versions));
	if (!versions)
		return record_full(err);
	for (size_t i = 0; i < count; i++) {
		if (read_version(db, &rows[i], arena, &versions[i], err) < 0)
			return -1;
	}
	*ret_versions = versions;
	*ret_count = count;
	return 0;
}

int task_version_end(struct db *db, int64_t number, struct err *err)
{
	struct db_query *query;

	if (db_query(db, "DELETE FROM task_version WHERE number = ?1", &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	return db_run(query, NULL, err);
}
