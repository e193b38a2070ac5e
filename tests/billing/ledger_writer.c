/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes tasks that never ran into a ledger: lines of standard input become the records
 * that the meter would have written. Usage: ledger-writer STATE.DB < LINES
 *
 * A line has these fields, with tabs between them:
 *     task account cluster family revision group startedBy architecture spot tags_json
 *     vcpu_milli memory_mib storage_gib started_ms duration_ns estimated reason
 *     corrected_seconds ("" or a number)
 */
#include <stdio.h>
#include <string.h>

#include "billing/ledger_private.h"

#define FIELDS	    18
#define LINE_MAX_OF 16384
#define BATCH	    5000 /* tasks a transaction */

struct line {
	char *fields[FIELDS];
};

static int64_t number(const struct line *line, int field)
{
	return strtoll(line->fields[field], NULL, 10);
}

static int split(char *text, struct line *ret_line, struct err *err)
{
	text[strcspn(text, "\n")] = '\0';
	for (int i = 0; i < FIELDS; i++) {
		ret_line->fields[i] = strsep(&text, "\t");
		if (!ret_line->fields[i])
			return err_set(err, ERR_INVALID, "a line has %d fields", i);
	}
	return 0;
}

static int put_task(struct db *db, const struct line *line, struct ledger_task *ret_task,
		    struct err *err)
{
	*ret_task = (struct ledger_task){
		.task = line->fields[0],
		.account = line->fields[1],
		.cluster = line->fields[2],
		.family = line->fields[3],
		.revision = number(line, 4),
		.group = line->fields[5],
		.started_by = line->fields[6],
		.architecture = line->fields[7],
		.spot = number(line, 8) != 0,
		.tags_json = line->fields[9],
	};
	return ledger_task_put(db, ret_task, &ret_task->number, err);
}

/* The meter's records, without asking each time whether the end of the ledger is sound. */
static int put_records(struct db *db, struct ledger_head *head, const struct line *line,
		       const struct ledger_task *task, enum ledger_kind kind, struct err *err)
{
	bool closes = kind != LEDGER_OPEN;
	int64_t started_ms = number(line, 13);
	int64_t duration_ns = closes ? number(line, 14) : 0;
	int64_t seconds = ledger_seconds(duration_ns);

	if (kind == LEDGER_CORRECTION) {
		seconds = number(line, 17);
		duration_ns = seconds * 1000000000;
	}
	for (int meter = 0; meter < METER_COUNT; meter++) {
		const struct ledger_record record = {
			.task = task->number,
			.meter = meter_number((enum meter)meter),
			.sequence = kind - LEDGER_OPEN,
			.kind = kind,
			.quantity = number(line, 10 + meter),
			.started_ms = started_ms,
			.duration_ns = duration_ns,
			.seconds = seconds,
			.ended_ms = ledger_end_ms(started_ms, seconds),
			.estimated = closes && number(line, 15) != 0,
			.reason = closes ? line->fields[16] : "",
		};

		if (record.quantity > 0 &&
		    ledger_add(db, head, &record, kind == LEDGER_OPEN ? task : NULL,
			       started_ms + duration_ns / 1000000, err) < 0)
			return -1;
	}
	return 0;
}

static int put_line(struct db *db, struct ledger_head *head, char *text, struct err *err)
{
	struct ledger_task task;
	struct line line;

	if (split(text, &line, err) < 0 || put_task(db, &line, &task, err) < 0 ||
	    put_records(db, head, &line, &task, LEDGER_OPEN, err) < 0 ||
	    put_records(db, head, &line, &task, LEDGER_CLOSE, err) < 0)
		return -1;
	if (line.fields[17][0] == '\0')
		return 0;
	return put_records(db, head, &line, &task, LEDGER_CORRECTION, err);
}

static int put_all(struct db *db, FILE *in, struct err *err)
{
	char text[LINE_MAX_OF];
	struct ledger_head head;
	int64_t count = 0;

	while (fgets(text, sizeof(text), in)) {
		if (count % BATCH == 0 &&
		    ((count > 0 && db_commit(db, err) < 0) || db_begin(db, err) < 0 ||
		     ledger_check_open(db, err) < 0 || ledger_head_read(db, &head, err) < 0))
			return -1;
		if (put_line(db, &head, text, err) < 0)
			return err_wrap(err, "line %lld", (long long)count + 1);
		count++;
	}
	return count > 0 ? db_commit(db, err) : 0;
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct db *db;
	int rc;

	if (argc != 2) {
		fprintf(stderr, "usage: ledger-writer STATE.DB < LINES\n");
		return 2;
	}
	rc = db_open_state(argv[1], &db, &err);
	if (rc == 0) {
		rc = put_all(db, stdin, &err);
		db_free(db);
	}
	if (rc < 0)
		fprintf(stderr, "ledger-writer: %s\n", err.text);
	return rc < 0;
}
