/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One query walks the records. A correction does not say what counted before it, so the records
 * of its task and meter that lie before it are read; corrections are few.
 */
#include "billing/usage_event.h"

#include <inttypes.h>

#include "billing/ledger_private.h"
#include "store/record.h"

#define MS_PER_SECOND	1000
#define CORRECTIONS_MAX (1024u * 1024) /* bytes of one task's: an operator makes them by hand */
#define TAGS_MAX_BYTES	(1024u * 1024) /* far above three times 50 tags */

struct reading {
	struct db *db;
	usage_event_fn *fn;
	void *ctx;
	struct buf tags;	/* of a task that was corrected */
	struct buf corrections; /* struct charge_correction */
};

static void reading_done(struct reading *reading)
{
	buf_done(&reading->tags);
	buf_done(&reading->corrections);
}

/* --- corrections --- */

/* One record that lies before a correction: the close, or another correction. */
static int read_before(struct reading *reading, struct db_query *query, struct usage_event *event,
		       struct err *err)
{
	const struct charge_correction correction = {.position = db_int(query, 1),
						     .written_ms = db_int(query, 2),
						     .seconds = db_int(query, 3)};

	if (db_int(query, 0) == LEDGER_CORRECTION)
		return buf_append(&reading->corrections, &correction, sizeof(correction), err);
	event->held_seconds = correction.seconds;
	if (db_is_null(query, 4))
		return 0;
	buf_clear(&reading->tags);
	if (buf_append_text(&reading->tags, db_text(query, 4), err) < 0)
		return -1;
	event->task.tags_json = buf_text(&reading->tags);
	return event->task.tags_json ? 0 : record_full(err);
}

/* All that counted up to and with this correction. */
static int read_corrected(struct reading *reading, struct usage_event *event, int64_t task,
			  struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t closes = 0;
	int rc;

	buf_clear(&reading->corrections);
	if (db_query(reading->db,
		     "SELECT kind, position, written_ms, seconds, tags_json FROM ledger"
		     " WHERE task = ?1 AND meter = ?2 AND sequence <= ?3 AND kind IN (2, 3)"
		     " ORDER BY sequence",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, task);
	db_bind_int(query, 2, meter_number(event->meter));
	db_bind_int(query, 3, event->sequence);
	while ((rc = db_step(query, err)) == 1) {
		closes += db_int(query, 0) == LEDGER_CLOSE;
		if (read_before(reading, query, event, err) < 0)
			return -1;
	}
	if (rc < 0)
		return -1;
	if (closes != 1)
		return err_set(err, ERR_CORRUPT, "it corrects a meter that was not closed once");
	event->corrections = (const struct charge_correction *)reading->corrections.data;
	event->correction_count = reading->corrections.len / sizeof(*event->corrections);
	return 0;
}

static int64_t seconds_before(const struct usage_event *event)
{
	return event->correction_count > 1 ? event->corrections[event->correction_count - 2].seconds
					   : event->held_seconds;
}

/* --- events --- */

static int make_event(struct reading *reading, struct db_query *query,
		      const struct ledger_record *record, struct usage_event *ret_event,
		      struct err *err)
{
	*ret_event = (struct usage_event){
		.position = record->position,
		.sequence = record->sequence,
		.quantity = record->quantity,
		.seconds = record->seconds,
		.counted = record->seconds,
		.started_ms = record->started_ms,
		.ended_ms = record->ended_ms,
		.written_ms = record->written_ms,
		.correction = record->kind == LEDGER_CORRECTION,
		.estimated = record->estimated != 0,
		.reason = record->reason,
		.held_seconds = record->seconds,
	};
	if (db_is_null(query, 0))
		return err_set(err, ERR_CORRUPT, "it is of a task that the ledger does not have");
	if (!meter_of_number(record->meter, &ret_event->meter))
		return err_set(err, ERR_CORRUPT, "it is of no meter");
	ledger_task_row(query, 0, &ret_event->task);
	if (record->tags_json)
		ret_event->task.tags_json = record->tags_json;
	if (!ret_event->correction)
		return 0;
	if (read_corrected(reading, ret_event, record->task, err) < 0)
		return -1;
	ret_event->seconds = ret_event->counted - seconds_before(ret_event);
	return 0;
}

/* As usage_event_fn. */
static int tell(struct reading *reading, struct db_query *query, int64_t *ret_position,
		struct err *err)
{
	struct ledger_record record;
	struct usage_event event;
	uint8_t hash[SHA256_SIZE];
	int rc;

	if (ledger_record_row(query, LEDGER_TASK_COLUMN_COUNT, &record, hash, err) < 0)
		return -1;
	if (make_event(reading, query, &record, &event, err) < 0)
		return err_wrap(err, "record %" PRId64 " of the ledger", record.position);
	rc = reading->fn(reading->ctx, &event, err);
	if (rc < 0)
		return err_wrap(err, "record %" PRId64 " of the ledger", record.position);
	*ret_position = record.position;
	return rc;
}

static int begin(struct db *db, int64_t position, const char *account, struct db_query **ret_query,
		 struct err *err)
{
	/* A record whose task is gone is an error, and must not be passed over. */
	if (db_query(db,
		     "SELECT " LEDGER_TASK_COLUMNS ", " LEDGER_RECORD_COLUMNS
		     " FROM ledger LEFT JOIN ledger_task ON ledger_task.number = ledger.task"
		     " WHERE position > ?1 AND kind IN (2, 3)"
		     " AND (?2 IS NULL OR account = ?2 OR number IS NULL)"
		     " ORDER BY position",
		     ret_query, err) < 0)
		return -1;
	db_bind_int(*ret_query, 1, position);
	db_bind_text(*ret_query, 2, account);
	return 0;
}

/* 1: they had enough; 0: there are no more. */
static int tell_all(struct reading *reading, struct db_query *query, int64_t *ret_position,
		    struct err *err)
{
	int rc;

	while ((rc = db_step(query, err)) == 1) {
		rc = tell(reading, query, ret_position, err);
		if (rc != 0)
			return rc;
	}
	return rc;
}

int usage_events_read(struct db *db, int64_t position, const char *account, usage_event_fn *fn,
		      void *ctx, int64_t *ret_position, bool *ret_end, struct err *err)
{
	AUTO(reading_done) struct reading reading = {.db = db, .fn = fn, .ctx = ctx};
	AUTO(record_scope_done) struct record_scope scope = {0};
	AUTO(db_donep) struct db_query *query = NULL;
	struct ledger_head head;
	int rc;

	buf_init(&reading.corrections, CORRECTIONS_MAX);
	buf_init(&reading.tags, TAGS_MAX_BYTES);
	if (record_scope_begin_read(&scope, db, err) < 0 || ledger_head_read(db, &head, err) < 0 ||
	    begin(db, position, account, &query, err) < 0)
		return -1;
	rc = tell_all(&reading, query, &position, err);
	db_donep(&query);
	if (rc < 0 || record_scope_commit(&scope, err) < 0)
		return -1;
	*ret_end = rc == 0;
	*ret_position = rc == 0 && head.position > position ? head.position : position;
	return 0;
}

int usage_events_since(struct db *db, int64_t since_ms, int64_t *ret_position, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	AUTO(db_donep) struct db_query *query = NULL;
	struct ledger_head head;

	if (record_scope_begin_read(&scope, db, err) < 0 || ledger_head_read(db, &head, err) < 0 ||
	    db_query(db, "SELECT MIN(position) - 1 FROM ledger WHERE written_ms >= ?1", &query,
		     err) < 0)
		return -1;
	db_bind_int(query, 1, since_ms);
	if (db_step(query, err) < 0)
		return -1;
	*ret_position = db_is_null(query, 0) ? head.position : db_int(query, 0);
	db_donep(&query);
	return record_scope_commit(&scope, err);
}

/* --- costs --- */

/* What the meter costs with the first @corrections of the event's. */
static int cost_with(const struct tariff *tariff, const struct usage_event *event,
		     size_t corrections, int64_t *ret_nano, struct err *err)
{
	struct charge charge = {
		.task = event->task,
		.started_s = event->started_ms / MS_PER_SECOND,
		.held_seconds = event->held_seconds,
		.seconds = corrections > 0 ? event->corrections[corrections - 1].seconds
					   : event->held_seconds,
		.closed_position = event->position,
		.estimated = event->estimated,
		.reason = event->reason,
		.corrections = event->corrections,
		.correction_count = corrections,
	};

	charge.quantity[event->meter] = event->quantity;
	return cost_total(tariff, &charge, ret_nano, err);
}

int usage_event_cost(const struct tariff *tariff, const struct usage_event *event,
		     int64_t *ret_nano, struct err *err)
{
	int64_t before = 0, after;

	if (cost_with(tariff, event, event->correction_count, &after, err) < 0 ||
	    (event->correction &&
	     cost_with(tariff, event, event->correction_count - 1, &before, err) < 0))
		return -1;
	*ret_nano = after - before;
	return 0;
}
