/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three queries, one behind the other: closing records of the period by their end, charges of other
 * periods that were corrected in this one, and meters that run. The records of one task's close
 * follow each other, so they are folded on the way; the texts of the first of them are
 * kept, as the next row takes the place of the one before.
 *
 * Corrections are few: all of them are read when the scan is opened.
 */
#include "billing/charge.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "billing/ledger_private.h"
#include "billing/meter_running.h"
#include "core/clock.h"

#define MS_PER_SECOND 1000
#define KEPT_MAX      (2u * 1024 * 1024)

struct correction_row {
	int64_t task;
	struct charge_correction correction;
};

enum phase { PHASE_CLOSED, PHASE_CORRECTED, PHASE_RUNNING, PHASE_END };

struct charge_scan {
	struct db *db;
	struct charge_filter filter;
	char *account, *task;
	enum phase phase;
	struct db_query *query;		    /* of the phase */
	bool row_waits;			    /* it stands on a row that is not folded yet */
	struct buf kept;		    /* texts of the charge */
	struct arena *arena;		    /* rows of corrections */
	struct correction_row *corrections; /* by task, then position */
	size_t correction_count;
	size_t corrected;	       /* PHASE_CORRECTED: the next of them */
	struct charge_correction *own; /* of the charge */
	struct arena *running_arena;
};

/* --- keeping texts --- */

/* Texts are kept one behind the other; as the buffer may move, pointers are set at the end. */
static int keep(struct charge_scan *scan, const char *text, size_t *ret_offset, struct err *err)
{
	*ret_offset = scan->kept.len;
	return buf_append(&scan->kept, text, strlen(text) + 1, err);
}

static int keep_charge(struct charge_scan *scan, struct charge *charge, struct err *err)
{
	const char **texts[] = {
		&charge->task.task,	    &charge->task.account,   &charge->task.cluster,
		&charge->task.family,	    &charge->task.group,     &charge->task.started_by,
		&charge->task.architecture, &charge->task.tags_json, &charge->reason};
	size_t offsets[ARRAY_LEN(texts)];

	buf_clear(&scan->kept);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (keep(scan, *texts[i], &offsets[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		*texts[i] = (const char *)scan->kept.data + offsets[i];
	return 0;
}

/* --- corrections --- */

static void read_correction(struct record_row *row, void *ret_item)
{
	struct correction_row *ret_row = ret_item;

	*ret_row = (struct correction_row){
		.task = db_int(row->query, 0),
		.correction = {.position = db_int(row->query, 1),
			       .written_ms = db_int(row->query, 2),
			       .seconds = db_int(row->query, 3)},
	};
}

/* All meters of a task are corrected together: the first meter's records say it. */
static int read_corrections(struct charge_scan *scan, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(scan->db,
		     "SELECT task, position, written_ms, seconds FROM ledger"
		     " WHERE kind = 3 AND meter = 1 ORDER BY task, position",
		     &query, err) < 0)
		return -1;
	if (record_list(query, read_correction, sizeof(*scan->corrections), scan->arena,
			&scan->corrections, &scan->correction_count, err) < 0)
		return -1;
	scan->own = xcalloc(scan->correction_count + 1, sizeof(*scan->own));
	return 0;
}

/* The first correction of a task with that number or a higher one. */
static size_t first_correction(const struct charge_scan *scan, int64_t task)
{
	size_t low = 0, high = scan->correction_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (scan->corrections[middle].task < task)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void add_corrections(struct charge_scan *scan, struct charge *charge)
{
	size_t i = first_correction(scan, charge->task.number);
	size_t count = 0;

	for (; i < scan->correction_count && scan->corrections[i].task == charge->task.number; i++)
		scan->own[count++] = scan->corrections[i].correction;
	charge->corrections = scan->own;
	charge->correction_count = count;
	if (count > 0)
		charge->seconds = scan->own[count - 1].seconds;
}

/* --- closed charges --- */

#define CLOSED_SQL                                                                                 \
	"SELECT " LEDGER_TASK_COLUMNS ", " LEDGER_RECORD_COLUMNS                                   \
	" FROM ledger JOIN ledger_task ON ledger_task.number = ledger.task WHERE kind = 2"

static int64_t from_ms(const struct charge_scan *scan)
{
	return (scan->filter.from_s - scan->filter.slack_s) * MS_PER_SECOND;
}

static int64_t until_ms(const struct charge_scan *scan)
{
	return scan->filter.until_s > 0 ? scan->filter.until_s * MS_PER_SECOND : INT64_MAX;
}

static void bind_filter(struct charge_scan *scan)
{
	db_bind_int(scan->query, 1, from_ms(scan));
	db_bind_int(scan->query, 2, until_ms(scan));
	db_bind_text(scan->query, 3, scan->filter.account);
	db_bind_text(scan->query, 4, scan->filter.task);
}

static int begin_closed(struct charge_scan *scan, struct err *err)
{
	/* One task is found by its number, a period by its end. */
	if (db_query(scan->db,
		     scan->filter.task ? CLOSED_SQL " AND ledger.ended_ms > ?1 AND started_ms < ?2"
						    " AND (?3 IS NULL OR account = ?3)"
						    " AND ledger_task.task = ?4 ORDER BY position"
				       : CLOSED_SQL
			     " AND ledger.ended_ms > ?1 AND started_ms < ?2"
			     " AND (?3 IS NULL OR account = ?3) AND ?4 IS NULL"
			     " ORDER BY ended_ms, position",
		     &scan->query, err) < 0)
		return -1;
	bind_filter(scan);
	return 0;
}

static int add_meter(const struct ledger_record *record, struct charge *charge, struct err *err)
{
	enum meter meter;

	if (!meter_of_number(record->meter, &meter))
		return err_set(err, ERR_CORRUPT, "record %" PRId64 " of the ledger is of no meter",
			       record->position);
	charge->quantity[meter] = record->quantity;
	charge->closed_position = record->position;
	return 0;
}

static int begin_charge(struct charge_scan *scan, const struct ledger_record *record,
			struct charge *charge, struct err *err)
{
	*charge = (struct charge){
		.started_s = record->started_ms / MS_PER_SECOND,
		.held_seconds = record->seconds,
		.seconds = record->seconds,
		.estimated = record->estimated != 0,
		.reason = record->reason,
	};
	ledger_task_row(scan->query, 0, &charge->task);
	if (record->tags_json)
		charge->task.tags_json = record->tags_json;
	return keep_charge(scan, charge, err);
}

/* 1: the rows of one task, folded. The query stands on the next task's row, or is at its end. */
static int fold_closed(struct charge_scan *scan, struct charge *charge, struct err *err)
{
	bool begun = false;
	int rc = 1;

	if (!scan->row_waits)
		rc = db_step(scan->query, err);
	for (; rc == 1; rc = db_step(scan->query, err)) {
		struct ledger_record record;
		uint8_t hash[SHA256_SIZE];

		scan->row_waits = true;
		if (ledger_record_row(scan->query, LEDGER_TASK_COLUMN_COUNT, &record, hash, err) <
		    0)
			return -1;
		if (begun && record.task != charge->task.number)
			break;
		if ((!begun && begin_charge(scan, &record, charge, err) < 0) ||
		    add_meter(&record, charge, err) < 0)
			return -1;
		begun = true;
		scan->row_waits = false;
	}
	if (rc < 0)
		return -1;
	if (begun)
		add_corrections(scan, charge);
	return begun;
}

/* --- corrected in this period, but of another one --- */

static bool corrected_here(const struct charge_scan *scan, const struct correction_row *row)
{
	int64_t written_s = row->correction.written_ms / MS_PER_SECOND;

	return written_s >= scan->filter.from_s &&
	       (scan->filter.until_s == 0 || written_s < scan->filter.until_s);
}

/* The next task that has a correction of this period. */
static bool next_corrected(struct charge_scan *scan, int64_t *ret_task)
{
	while (scan->corrected < scan->correction_count) {
		int64_t task = scan->corrections[scan->corrected].task;
		bool here = false;

		for (; scan->corrected < scan->correction_count &&
		       scan->corrections[scan->corrected].task == task;
		     scan->corrected++)
			here = here || corrected_here(scan, &scan->corrections[scan->corrected]);
		*ret_task = task;
		if (here)
			return true;
	}
	return false;
}

static int fold_corrected(struct charge_scan *scan, struct charge *charge, struct err *err)
{
	int64_t task;

	while (next_corrected(scan, &task)) {
		int rc;

		scan->row_waits = false;
		if (db_query(scan->db,
			     CLOSED_SQL " AND NOT (ledger.ended_ms > ?1 AND started_ms < ?2)"
					" AND (?3 IS NULL OR account = ?3)"
					" AND (?4 IS NULL OR ledger_task.task = ?4)"
					" AND ledger.task = ?5 ORDER BY position",
			     &scan->query, err) < 0)
			return -1;
		bind_filter(scan);
		db_bind_int(scan->query, 5, task);
		rc = fold_closed(scan, charge, err);
		db_donep(&scan->query);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* --- charges that run --- */

static int begin_running(struct charge_scan *scan, struct err *err)
{
	if (db_query(scan->db,
		     "SELECT " METER_RUNNING_COLUMNS ", " LEDGER_TASK_COLUMNS
		     " FROM meter_running JOIN ledger_task"
		     " ON ledger_task.number = meter_running.task"
		     " WHERE started_ms < ?2 AND (?3 IS NULL OR account = ?3)"
		     " AND (?4 IS NULL OR ledger_task.task = ?4) AND ?1 = ?1"
		     " ORDER BY started_ms, meter_running.task",
		     &scan->query, err) < 0)
		return -1;
	bind_filter(scan);
	return 0;
}

static int fold_running(struct charge_scan *scan, struct charge *charge, struct err *err)
{
	struct record_row row = {.query = scan->query, .arena = scan->running_arena};
	struct meter_running running;
	int64_t end_ns;
	int rc = db_step(scan->query, err);

	if (rc != 1)
		return rc;
	meter_running_row(&row, &running);
	if (record_row_check(&row, err) < 0)
		return -1;
	if (!running.closed) {
		if (meter_running_end(scan->db, &running, &end_ns, &running.estimated, err) < 0)
			return -1;
		running.duration_ns =
			end_ns > running.started_boot_ns ? end_ns - running.started_boot_ns : 0;
	}
	*charge = (struct charge){
		.started_s = running.started_ms / MS_PER_SECOND,
		.held_seconds = ledger_seconds(running.duration_ns),
		.running = !running.closed,
		.estimated = running.estimated,
		.reason = running.reason,
	};
	charge->seconds = charge->held_seconds;
	memcpy(charge->quantity, running.quantity, sizeof(charge->quantity));
	ledger_task_row(scan->query, METER_RUNNING_COLUMN_COUNT, &charge->task);
	if (running.tags_json)
		charge->task.tags_json = running.tags_json;
	return keep_charge(scan, charge, err) < 0 ? -1 : 1;
}

/* --- the scan --- */

int charge_scan_open(struct db *db, const struct charge_filter *filter,
		     struct charge_scan **ret_scan, struct err *err)
{
	AUTO(charge_scan_freep) struct charge_scan *scan = xcalloc(1, sizeof(*scan));

	scan->db = db;
	scan->filter = *filter;
	scan->arena = arena_new(RECORD_LIST_MAX);
	scan->running_arena = arena_new(RECORD_LIST_MAX);
	buf_init(&scan->kept, KEPT_MAX);
	scan->account = filter->account ? xstrdup(filter->account) : NULL;
	scan->task = filter->task ? xstrdup(filter->task) : NULL;
	scan->filter.account = scan->account;
	scan->filter.task = scan->task;
	if (read_corrections(scan, err) < 0 || begin_closed(scan, err) < 0)
		return -1;
	*ret_scan = STEAL(scan, NULL);
	return 0;
}

int charge_scan_next(struct charge_scan *scan, struct charge *ret_charge, struct err *err)
{
	int rc = 0;

	if (scan->phase == PHASE_CLOSED) {
		rc = fold_closed(scan, ret_charge, err);
		if (rc != 0)
			return rc;
		db_donep(&scan->query);
		scan->phase = PHASE_CORRECTED;
	}
	if (scan->phase == PHASE_CORRECTED) {
		rc = fold_corrected(scan, ret_charge, err);
		if (rc != 0)
			return rc;
		if (begin_running(scan, err) < 0)
			return -1;
		scan->phase = PHASE_RUNNING;
	}
	if (scan->phase == PHASE_RUNNING) {
		rc = fold_running(scan, ret_charge, err);
		if (rc != 0)
			return rc;
		scan->phase = PHASE_END;
	}
	return 0;
}

void charge_scan_free(struct charge_scan *scan)
{
	if (!scan)
		return;
	db_done(scan->query);
	buf_done(&scan->kept);
	arena_free(scan->arena);
	arena_free(scan->running_arena);
	free(scan->own);
	free(scan->account);
	free(scan->task);
	free(scan);
}

void charge_scan_freep(struct charge_scan **scan)
{
	charge_scan_free(*scan);
}
