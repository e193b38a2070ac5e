/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk along the ledger. Each record is checked against the stored hash of the one before, so
 * one damage is found where it is, and not again in all that follows.
 */
#include <inttypes.h>
#include <string.h>

#include "billing/ledger_private.h"
#include "billing/verify_private.h"

struct chain {
	struct verify *verify;
	uint8_t before[SHA256_SIZE]; /* stored with the record before */
	int64_t position;	     /* of the record before */
	bool exported_seen;
};

static void chain_broken(struct chain *chain, int64_t position, const char *task, const char *what)
{
	if (chain->verify->result->first_broken == 0)
		chain->verify->result->first_broken = position;
	verify_report(chain->verify, VERIFY_CHAIN, position, task, "%s", what);
}

/* Fields that follow from others, or have few values. NULL: they are in order. */
static const char *wrong_field(const struct ledger_record *record)
{
	enum meter meter;

	if (record->kind == LEDGER_SEAL)
		return record->task == 0 && record->meter == 0 ? NULL : "a seal is of no task";
	if (!meter_of_number(record->meter, &meter))
		return "there is no such meter";
	if (record->quantity <= 0 || record->duration_ns < 0 || record->seconds < 0)
		return "a number is out of range";
	if (record->ended_ms != ledger_end_ms(record->started_ms, record->seconds))
		return "its end is not its begin and its seconds";
	switch (record->kind) {
	case LEDGER_OPEN:
		return record->sequence == 0 && record->duration_ns == 0 && record->seconds == 0
			       ? NULL
			       : "an opening record has no duration and the sequence 0";
	case LEDGER_CLOSE:
		return record->sequence == 1 &&
				       record->seconds == ledger_seconds(record->duration_ns)
			       ? NULL
			       : "its seconds are not its duration, rounded up";
	case LEDGER_CORRECTION:
		return record->sequence > 1 ? NULL : "a correction comes behind the close";
	default:
		return "there is no such kind of record";
	}
}

/* A value of another kind, or a text with a zero in it, may read like the right one. */
static bool is_stored_right(struct db_query *query, int column, enum db_kind wanted)
{
	enum db_kind kind = db_kind(query, column);
	size_t len;

	if (kind != DB_TEXT || wanted != DB_TEXT)
		return kind == wanted;

	const void *bytes = db_blob(query, column, &len);

	return len == 0 || memchr(bytes, 0, len) == NULL;
}

static bool are_stored_right(struct db_query *query)
{
	for (int i = 0; i < LEDGER_RECORD_COLUMN_COUNT; i++) {
		int column = LEDGER_TASK_COLUMN_COUNT + i;
		enum db_kind wanted = i == LEDGER_RECORD_REASON || i == LEDGER_RECORD_TAGS ? DB_TEXT
				      : i == LEDGER_RECORD_HASH				   ? DB_BLOB
											   : DB_INT;

		if (!is_stored_right(query, column, wanted) &&
		    !(i == LEDGER_RECORD_TAGS && db_is_null(query, column)))
			return false;
	}
	return true;
}

static void check_exported(struct chain *chain, int64_t position, const uint8_t hash[SHA256_SIZE])
{
	const struct ledger_head *exported = chain->verify->options->exported;

	if (!exported || exported->position != position)
		return;
	chain->exported_seen = true;
	if (memcmp(exported->hash, hash, SHA256_SIZE) != 0)
		chain_broken(chain, position, "", "it is not what was exported as the head");
}

static void check_hash(struct chain *chain, const struct ledger_record *record,
		       const struct ledger_task *task, const uint8_t hash[SHA256_SIZE])
{
	uint8_t before[SHA256_SIZE], again[SHA256_SIZE];

	memcpy(before, chain->before, SHA256_SIZE);
	if (record->kind == LEDGER_SEAL) {
		chain->verify->result->seals++;
		chain->verify->result->first_broken = 0;
		if (!ledger_seal_before(record, before)) {
			chain_broken(chain, record->position, "", "it seals nothing");
			return;
		}
	} else if (record->position != chain->position + 1) {
		chain_broken(chain, record->position, task->task, "records before it are missing");
	}
	ledger_record_hash(before, record, record->kind == LEDGER_OPEN ? task : NULL, again);
	if (memcmp(again, hash, SHA256_SIZE) != 0)
		chain_broken(chain, record->position, task->task,
			     "its hash is not what its fields and the record before come to");
}

static int check_row(struct chain *chain, struct db_query *query, struct err *err)
{
	struct ledger_record record;
	struct ledger_task task;
	struct err found = ERR_INIT;
	uint8_t hash[SHA256_SIZE] = {0};
	bool stored_right = are_stored_right(query);
	const char *wrong;

	(void)err;
	ledger_task_row(query, 0, &task);
	if (ledger_record_row(query, LEDGER_TASK_COLUMN_COUNT, &record, hash, &found) < 0)
		chain_broken(chain, record.position, task.task, found.text);
	else
		check_hash(chain, &record, &task, hash);
	if (record.kind != LEDGER_SEAL && task.number == 0)
		verify_report(chain->verify, VERIFY_RECORDS, record.position, "",
			      "it is of a task that the ledger does not know");
	if (!stored_right)
		verify_report(chain->verify, VERIFY_RECORDS, record.position, task.task,
			      "a value in it is of the wrong type");
	wrong = wrong_field(&record);
	if (wrong)
		verify_report(chain->verify, VERIFY_RECORDS, record.position, task.task, "%s",
			      wrong);
	check_exported(chain, record.position, hash);
	chain->position = record.position;
	memcpy(chain->before, hash, SHA256_SIZE);
	chain->verify->result->records++;
	chain->verify->result->tasks += record.kind == LEDGER_OPEN && record.meter == 1;
	return 0;
}

static void check_head(struct chain *chain)
{
	const struct ledger_head *head = &chain->verify->result->head;
	const struct ledger_head *exported = chain->verify->options->exported;

	if (head->position != chain->position ||
	    memcmp(head->hash, chain->before, SHA256_SIZE) != 0)
		chain_broken(chain, head->position, "",
			     "the head names another record than the last one");
	if (head->broken_position != 0)
		verify_report(chain->verify, VERIFY_CHAIN, head->broken_position, "",
			      "damage was noted here (%s): nothing is added", head->broken_why);
	if (exported && exported->position > 0 && !chain->exported_seen)
		chain_broken(chain, exported->position, "",
			     "the record that was exported as the head is missing");
}

int verify_chain(struct verify *verify, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct chain chain = {.verify = verify};
	int rc;

	if (db_query(verify->db,
		     "SELECT " LEDGER_TASK_COLUMNS ", " LEDGER_RECORD_COLUMNS
		     " FROM ledger LEFT JOIN ledger_task ON number = ledger.task"
		     " ORDER BY position",
		     &query, err) < 0)
		return -1;
	while ((rc = db_step(query, err)) == 1) {
		if (check_row(&chain, query, err) < 0)
			return -1;
	}
	if (rc < 0)
		return -1;
	check_head(&chain);
	return 0;
}
