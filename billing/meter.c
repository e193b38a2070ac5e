/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A meter that runs is a row of meter_running; what it comes to is in the ledger. The
 * quantities are copied from the task's row when the meter opens, and the reason when it
 * closes, by the same transaction that moves the task; nothing is taken from a caller's
 * memory that the store does not also have. A meter of which a task holds nothing (storage
 * within the free part) has no record.
 *
 * A ledger that is damaged takes no records. Tasks go on all the same: what is to be added
 * waits in the row, with all that the records need, until meter_settle() may write it.
 */
#include "billing/meter.h"

#include <string.h>

#include "billing/ledger_private.h"
#include "billing/meter_running.h"
#include "billing/meter_tags.h"
#include "core/clock.h"
#include "store/record.h"

#define CPU_UNITS_PER_VCPU 1024
#define MILLI		   1000
#define NS_A_SECOND	   INT64_C(1000000000)
#define TEXTS_MAX	   (256u * 1024)

/* What of the task's row a meter needs. */
struct holder {
	struct ledger_task task;
	int64_t quantity[METER_COUNT];
	bool pulled;
};

/* Rounded up: a part of a thousandth is not given away. All sizes on offer are whole. */
static int64_t milli_vcpu(int64_t cpu_units)
{
	return (cpu_units * MILLI + CPU_UNITS_PER_VCPU - 1) / CPU_UNITS_PER_VCPU;
}

static void read_quantities(struct db_query *query, int first, struct holder *holder)
{
	int64_t storage_gib = db_int(query, first + 2);

	holder->quantity[METER_VCPU] = milli_vcpu(db_int(query, first));
	holder->quantity[METER_MEMORY] = db_int(query, first + 1);
	holder->quantity[METER_STORAGE] =
		storage_gib > METER_STORAGE_FREE_GIB ? storage_gib - METER_STORAGE_FREE_GIB : 0;
}

static int read_holder(struct db *db, const char *task, struct arena *arena,
		       struct holder *ret_holder, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct record_row row = {.arena = arena};
	int rc;

	if (db_query(db,
		     "SELECT cpu_units, memory_mib, storage_gib, pull_started_ms, account, cluster,"
		     " family, revision, group_name, started_by, capacity_provider"
		     " FROM task WHERE id = ?1",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no task %s", task);
	row.query = query;
	*ret_holder = (struct holder){
		.pulled = db_int(query, 3) != 0,
		.task = {.task = task,
			 .account = record_text(&row, 4),
			 .cluster = record_text(&row, 5),
			 .family = record_text(&row, 6),
			 .revision = db_int(query, 7),
			 .group = record_text(&row, 8),
			 .started_by = record_text(&row, 9),
			 .architecture = meter_architecture(),
			 .spot = strcmp(record_text(&row, 10), "FARGATE_SPOT") == 0},
	};
	read_quantities(query, 0, ret_holder);
	if (record_row_check(&row, err) < 0)
		return -1;
	return meter_tags(db, &ret_holder->task, arena, &ret_holder->task.tags_json, err);
}

/* --- rows of meter_running --- */

/* 1: the meter of the task with that number runs, or waits to be settled. */
static int find_running(struct db *db, int64_t number, struct arena *arena,
			struct meter_running *ret_running, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct record_row row = {.arena = arena};
	int rc;

	if (db_query(db, "SELECT " METER_RUNNING_COLUMNS " FROM meter_running WHERE task = ?1",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	rc = db_step(query, err);
	if (rc != 1)
		return rc;
	row.query = query;
	meter_running_row(&row, ret_running);
	return record_row_check(&row, err) < 0 ? -1 : 1;
}

static int insert_running(struct db *db, const struct meter_running *running, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO meter_running (task, boot_id, started_boot_ns, gone_boot_ns,"
		     " started_ms, vcpu_milli, memory_mib, storage_gib, opened, closed,"
		     " duration_ns, estimated, reason, tags_json)"
		     " VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, 0, 0, 0, '', NULL)",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, running->task);
	db_bind_text(query, 2, running->boot_id);
	db_bind_int(query, 3, running->started_boot_ns);
	db_bind_int(query, 4, running->started_ms);
	db_bind_int(query, 5, running->quantity[METER_VCPU]);
	db_bind_int(query, 6, running->quantity[METER_MEMORY]);
	db_bind_int(query, 7, running->quantity[METER_STORAGE]);
	db_bind_int(query, 8, running->opened);
	return db_run(query, NULL, err);
}

/* All that may still change of a row. */
static int update_running(struct db *db, const struct meter_running *running, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE meter_running SET opened = ?2, closed = ?3, duration_ns = ?4,"
		     " estimated = ?5, reason = ?6, tags_json = ?7 WHERE task = ?1",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, running->task);
	db_bind_int(query, 2, running->opened);
	db_bind_int(query, 3, running->closed);
	db_bind_int(query, 4, running->duration_ns);
	db_bind_int(query, 5, running->estimated);
	db_bind_text(query, 6, running->reason);
	db_bind_text(query, 7, running->tags_json);
	return db_run(query, NULL, err);
}

static int delete_running(struct db *db, int64_t number, struct err *err)
{
	struct db_query *query;

	if (db_query(db, "DELETE FROM meter_running WHERE task = ?1", &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	return db_run(query, NULL, err);
}

/* --- into the ledger --- */

static int append_all(struct db *db, const struct meter_running *running, enum ledger_kind kind,
		      int64_t now_ms, struct err *err)
{
	bool closes = kind == LEDGER_CLOSE;
	int64_t seconds = closes ? ledger_seconds(running->duration_ns) : 0;

	for (int meter = 0; meter < METER_COUNT; meter++) {
		const struct ledger_record record = {
			.task = running->task,
			.meter = meter_number((enum meter)meter),
			.sequence = closes,
			.kind = kind,
			.quantity = running->quantity[meter],
			.started_ms = running->started_ms,
			.duration_ns = closes ? running->duration_ns : 0,
			.seconds = seconds,
			.ended_ms = ledger_end_ms(running->started_ms, seconds),
			.estimated = closes && running->estimated,
			.reason = closes ? running->reason : "",
			.tags_json = closes ? running->tags_json : NULL,
		};

		if (record.quantity > 0 && ledger_append(db, &record, now_ms, err) < 0)
			return -1;
	}
	return 0;
}

/* Add what can be added. *ret_waits: the ledger takes nothing, and the row has to say it all. */
static int append_running(struct db *db, struct meter_running *running, int64_t now_ms,
			  bool *ret_waits, struct err *err)
{
	*ret_waits = false;
	if ((!running->opened && append_all(db, running, LEDGER_OPEN, now_ms, err) < 0) ||
	    (running->closed && append_all(db, running, LEDGER_CLOSE, now_ms, err) < 0)) {
		if (err->code != ERR_CORRUPT)
			return -1;
		*err = (struct err)ERR_INIT;
		*ret_waits = true;
		return 0;
	}
	running->opened = true;
	return 0;
}

int meter_open(struct db *db, const char *task, int64_t now_ms, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(TEXTS_MAX);
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct meter_running running = {.boot_id = clock_boot_id(), .started_ms = now_ms};
	struct holder holder;
	int64_t number;
	bool waits;

	running.started_boot_ns = clock_boot_ns();
	if (record_scope_begin(&scope, db, err) < 0 ||
	    read_holder(db, task, arena, &holder, err) < 0 ||
	    ledger_task_number(db, task, &number, err) < 0)
		return -1;
	if (!holder.pulled || number != 0)
		return record_scope_commit(&scope, err);
	memcpy(running.quantity, holder.quantity, sizeof(running.quantity));
	if (ledger_task_put(db, &holder.task, &running.task, err) < 0 ||
	    append_running(db, &running, now_ms, &waits, err) < 0 ||
	    insert_running(db, &running, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

int meter_checkpoint(struct db *db, int64_t boot_ns, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO meter_checkpoint (boot_id, boot_ns) VALUES (?1, ?2)"
		     " ON CONFLICT (boot_id) DO UPDATE SET boot_ns = excluded.boot_ns",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, clock_boot_id());
	db_bind_int(query, 2, boot_ns);
	return db_run(query, NULL, err);
}

/* The latest moment up to which no second is begun that may not have been held. */
static int64_t certain_end(int64_t started_ns, int64_t lived_ns, int64_t ended_ns)
{
	int64_t known_ns =
		lived_ns > ended_ns - METER_LATE_NS ? lived_ns : ended_ns - METER_LATE_NS;
	int64_t whole_ns;

	if (ended_ns <= started_ns)
		return started_ns;
	if (known_ns <= started_ns)
		known_ns = started_ns + 1; /* it did hold */
	whole_ns = started_ns + ledger_seconds(known_ns - started_ns) * NS_A_SECOND;
	return ended_ns < whole_ns ? ended_ns : whole_ns;
}

/* 1: the meter runs, in this boot, and its machine is not known to be gone. */
static int find_holding(struct db *db, int64_t number, int64_t *ret_started_ns, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db,
		     "SELECT started_boot_ns FROM meter_running"
		     " WHERE task = ?1 AND gone_boot_ns = 0 AND closed = 0 AND boot_id = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	db_bind_text(query, 2, clock_boot_id());
	rc = db_step(query, err);
	if (rc == 1)
		*ret_started_ns = db_int(query, 0);
	return rc;
}

int meter_gone(struct db *db, const char *task, int64_t lived_ns, int64_t boot_ns, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	int64_t now = clock_boot_ns();
	int64_t started_ns = 0, number;
	struct db_query *query;
	int rc;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    ledger_task_number(db, task, &number, err) < 0)
		return -1;
	rc = find_holding(db, number, &started_ns, err);
	if (rc <= 0)
		return rc < 0 ? -1 : record_scope_commit(&scope, err);
	if (db_query(db, "UPDATE meter_running SET gone_boot_ns = ?2 WHERE task = ?1", &query,
		     err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	db_bind_int(query, 2, certain_end(started_ns, lived_ns, boot_ns < now ? boot_ns : now));
	if (db_run(query, NULL, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

int meter_lost(struct db *db, const char *task, int64_t lived_ns, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	int64_t now = clock_boot_ns();
	struct db_query *query;
	int64_t number;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    ledger_task_number(db, task, &number, err) < 0 ||
	    db_query(db,
		     "UPDATE meter_running SET estimated = 1, gone_boot_ns = MAX(started_boot_ns, "
		     "?3,"
		     " COALESCE((SELECT boot_ns FROM meter_checkpoint WHERE boot_id = ?2), 0))"
		     " WHERE task = ?1 AND gone_boot_ns = 0 AND closed = 0 AND boot_id = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	db_bind_text(query, 2, clock_boot_id());
	db_bind_int(query, 3, lived_ns < now ? lived_ns : now);
	if (db_run(query, NULL, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

static int find_reason(struct db *db, const char *task, struct arena *arena,
		       const char **ret_reason, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	const char **texts;
	size_t count;

	if (db_query(db, "SELECT stop_code FROM task WHERE id = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	if (record_texts(query, arena, &texts, &count, err) < 0)
		return -1;
	*ret_reason = count > 0 ? texts[0] : "";
	return 0;
}

/* Everything that its closing records need. */
static int end_running(struct db *db, const char *task, struct arena *arena,
		       struct meter_running *running, struct err *err)
{
	struct ledger_task holder;
	const char *tags_json;
	int64_t end_ns;

	if (meter_running_end(db, running, &end_ns, &running->estimated, err) < 0 ||
	    find_reason(db, task, arena, &running->reason, err) < 0 ||
	    ledger_task_find(db, task, arena, &holder, err) < 0 ||
	    meter_tags(db, &holder, arena, &tags_json, err) < 0)
		return -1;
	running->closed = true;
	running->duration_ns =
		end_ns > running->started_boot_ns ? end_ns - running->started_boot_ns : 0;
	running->tags_json = strcmp(tags_json, holder.tags_json) != 0 ? tags_json : NULL;
	return 0;
}

static int settle_closed(struct db *db, struct meter_running *running, int64_t now_ms,
			 bool *ret_waits, struct err *err)
{
	if (append_running(db, running, now_ms, ret_waits, err) < 0)
		return -1;
	if (*ret_waits || !running->closed)
		return update_running(db, running, err);
	return delete_running(db, running->task, err);
}

int meter_close(struct db *db, const char *task, int64_t now_ms, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(TEXTS_MAX);
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct meter_running running;
	int64_t number;
	bool waits;
	int rc;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    ledger_task_number(db, task, &number, err) < 0)
		return -1;
	rc = find_running(db, number, arena, &running, err);
	if (rc < 0)
		return -1;
	if (rc == 1 && !running.closed &&
	    (end_running(db, task, arena, &running, err) < 0 ||
	     settle_closed(db, &running, now_ms, &waits, err) < 0))
		return -1;
	return record_scope_commit(&scope, err);
}

int meter_settle(struct db *db, int64_t now_ms, int64_t *ret_waiting, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(RECORD_LIST_MAX);
	AUTO(record_scope_done) struct record_scope scope = {0};
	AUTO(db_donep) struct db_query *query = NULL;
	struct meter_running *rows;
	int64_t waiting = 0;
	size_t count;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    db_query(db,
		     "SELECT " METER_RUNNING_COLUMNS
		     " FROM meter_running WHERE opened = 0 OR closed = 1 ORDER BY task",
		     &query, err) < 0 ||
	    record_list(query, meter_running_row, sizeof(*rows), arena, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		bool waits;

		if (settle_closed(db, &rows[i], now_ms, &waits, err) < 0)
			return -1;
		waiting += waits;
	}
	if (record_scope_commit(&scope, err) < 0)
		return -1;
	if (ret_waiting)
		*ret_waiting = waiting;
	return 0;
}
