/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator adds to the ledger: corrections, and the seal behind damage.
 */
#include <inttypes.h>
#include <string.h>

#include "billing/ledger_private.h"
#include "store/record.h"

#define NS_PER_SECOND 1000000000LL

int ledger_seal(struct db *db, const char *reason, int64_t now_ms, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	AUTO(freep) char *words = NULL;
	AUTO(db_donep) struct db_query *query = NULL;
	struct ledger_record seal = {.kind = LEDGER_SEAL};
	struct ledger_head head;
	char before[SHA256_HEX_SIZE];
	int64_t last;

	if (record_scope_begin(&scope, db, err) < 0 || ledger_head_read(db, &head, err) < 0)
		return -1;
	if (head.broken_position == 0)
		return err_set(err, ERR_INVALID, "no damage of the ledger is known");
	if (db_query(db, "SELECT COALESCE(MAX(position), 0) FROM ledger", &query, err) < 0 ||
	    record_int(query, 0, &last, err) < 0)
		return -1;
	words = xasprintf("damaged at record %" PRId64 " (%s): %s", head.broken_position,
			  head.broken_why, reason);
	hex_encode(head.hash, SHA256_SIZE, before);
	seal.reason = words;
	seal.tags_json = before;
	seal.quantity = head.broken_position;
	if (last > head.position)
		head.position = last;
	seal.sequence = head.position + 1;
	if (ledger_add(db, &head, &seal, NULL, now_ms, err) < 0 ||
	    db_exec(db, "UPDATE ledger_head SET broken_position = 0, broken_why = '' WHERE id = 1",
		    NULL, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

/* The last record of each of a task's meters. */
struct tail {
	struct ledger_record close;
	int64_t next; /* sequence */
};

static int read_tails(struct db *db, int64_t number, struct tail tails[METER_COUNT],
		      struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	uint8_t hash[SHA256_SIZE];
	int rc;

	if (db_query(db,
		     "SELECT " LEDGER_RECORD_COLUMNS
		     " FROM ledger WHERE task = ?1 ORDER BY meter, sequence",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	while ((rc = db_step(query, err)) == 1) {
		struct ledger_record record;
		enum meter meter;

		if (ledger_record_row(query, 0, &record, hash, err) < 0)
			return -1;
		if (!meter_of_number(record.meter, &meter))
			return err_set(err, ERR_CORRUPT, "record %" PRId64 " is of no meter",
				       record.position);
		record.reason = NULL;
		record.tags_json = NULL;
		if (record.kind == LEDGER_CLOSE)
			tails[meter].close = record;
		tails[meter].next = record.sequence + 1;
	}
	return rc;
}

static int correct_meter(struct db *db, const struct tail *tail, int64_t seconds,
			 const char *reason, int64_t now_ms, struct err *err)
{
	struct ledger_record record = tail->close;

	if (seconds < 0 || seconds > record.seconds)
		return err_set(err, ERR_INVALID,
			       "it held for %" PRId64 " seconds: that many can be billed at most",
			       record.seconds);
	record.kind = LEDGER_CORRECTION;
	record.sequence = tail->next;
	record.seconds = seconds;
	record.duration_ns = seconds * NS_PER_SECOND;
	record.ended_ms = ledger_end_ms(record.started_ms, seconds);
	record.reason = reason;
	return ledger_append(db, &record, now_ms, err);
}

int ledger_correct(struct db *db, const char *task, int64_t seconds, const char *reason,
		   int64_t now_ms, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct tail tails[METER_COUNT] = {0};
	bool any = false;
	int64_t number;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    ledger_task_number(db, task, &number, err) < 0 ||
	    (number != 0 && read_tails(db, number, tails, err) < 0))
		return -1;
	for (int meter = 0; meter < METER_COUNT; meter++) {
		if (tails[meter].close.kind != LEDGER_CLOSE)
			continue;
		any = true;
		if (correct_meter(db, &tails[meter], seconds, reason, now_ms, err) < 0)
			return err_wrap(err, "task %s", task);
	}
	if (!any)
		return err_set(err, ERR_NOT_FOUND, "the ledger has no closed record of task %s",
			       task);
	return record_scope_commit(&scope, err);
}
