/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of whom. Where a question is one about rows beside each other it is one
 * query, and the query says it best.
 */
#include <stdarg.h>
#include <stdio.h>

#include "billing/verify_private.h"
#include "store/record.h"

#define SENTENCE_MAX 512

static const char *const source_names[VERIFY_SOURCE_COUNT] = {
	[VERIFY_FILE] = "file",		[VERIFY_CHAIN] = "chain", [VERIFY_RECORDS] = "records",
	[VERIFY_SUMS] = "sums",		[VERIFY_TASKS] = "tasks", [VERIFY_INVOICES] = "invoices",
	[VERIFY_MACHINES] = "machines",
};

const char *verify_source_name(enum verify_source source)
{
	return source_names[source];
}

void verify_report(struct verify *verify, enum verify_source source, int64_t position,
		   const char *task, const char *fmt, ...)
{
	char what[SENTENCE_MAX];
	const struct verify_finding finding = {source, position, task, what};
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	verify->result->findings++;
	if (verify->options->found)
		verify->options->found(verify->options->ctx, &finding);
}

int verify_rows(struct verify *verify, enum verify_source source, const char *sql, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(verify->db, sql, &query, err) < 0)
		return -1;
	while ((rc = db_step(query, err)) == 1) {
		const char *task = db_text(query, 1);
		const char *what = db_text(query, 2);

		verify_report(verify, source, db_int(query, 0), task ? task : "", "%s",
			      what ? what : "");
	}
	return rc;
}

/* Records that are each in order but do not fit each other. */
static int verify_records(struct verify *verify, struct err *err)
{
	static const char *const questions[] = {
		/* A value of another kind may read like the right one. */
		"SELECT 0, task, 'a value of the task in the ledger is of the wrong type'"
		" FROM ledger_task WHERE typeof(revision) || typeof(spot) <> 'integerinteger'"
		" OR spot NOT IN (0, 1) OR typeof(task) || typeof(account) || typeof(cluster)"
		" || typeof(family) || typeof(group_name) || typeof(started_by)"
		" || typeof(architecture) || typeof(tags_json)"
		" <> 'texttexttexttexttexttexttexttext' OR instr(task || account || cluster"
		" || family || group_name || started_by || architecture || tags_json, char(0))",

		"SELECT ledger.position, ledger_task.task, 'it has no opening record before it"
		" that says the same quantity and begin' FROM ledger"
		" LEFT JOIN ledger AS opening ON opening.task = ledger.task"
		" AND opening.meter = ledger.meter AND opening.sequence = 0"
		" LEFT JOIN ledger_task ON number = ledger.task"
		" WHERE ledger.kind IN (2, 3) AND (opening.position IS NULL"
		" OR opening.position > ledger.position OR opening.quantity <> ledger.quantity"
		" OR opening.started_ms <> ledger.started_ms)",

		"SELECT opening.position, ledger_task.task, 'it was never closed, and no meter of"
		" it runs' FROM ledger AS opening"
		" LEFT JOIN ledger AS closing ON closing.task = opening.task"
		" AND closing.meter = opening.meter AND closing.sequence = 1"
		" LEFT JOIN meter_running ON meter_running.task = opening.task"
		" LEFT JOIN ledger_task ON number = opening.task"
		" WHERE opening.kind = 1 AND closing.position IS NULL"
		" AND meter_running.task IS NULL",

		"SELECT closing.position, ledger_task.task, 'it was closed, and its meter runs'"
		" FROM meter_running JOIN ledger AS closing ON closing.task = meter_running.task"
		" AND closing.sequence = 1 JOIN ledger_task ON number = closing.task",

		"SELECT 0, ledger_task.task, 'the ledger has a task without a record'"
		" FROM ledger_task LEFT JOIN meter_running ON meter_running.task = number"
		" WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE ledger.task = number"
		" AND sequence = 0) AND (meter_running.task IS NULL OR opened = 1)",

		"SELECT 0, '', 'meters run of a task that the ledger does not know'"
		" FROM meter_running LEFT JOIN ledger_task ON number = meter_running.task"
		" WHERE number IS NULL",
	};

	for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
		if (verify_rows(verify, VERIFY_RECORDS, questions[i], err) < 0)
			return -1;
	}
	return 0;
}

/* "ok" is the one row of a sound file. */
static int verify_file(struct verify *verify, struct err *err)
{
	static const char *const tables[] = {"ledger", "ledger_task"};

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		AUTO(arena_freep) struct arena *arena = arena_new(1024u * 1024);
		const char **faults;
		size_t count;

		if (db_check_table(verify->db, tables[i], arena, &faults, &count, err) < 0)
			return -1;
		for (size_t j = 0; j < count; j++)
			verify_report(verify, VERIFY_FILE, 0, "", "table %s: %s", tables[i],
				      faults[j]);
	}
	return 0;
}

int verify_run(struct db *db, const struct verify_options *options,
	       struct verify_result *ret_result, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct verify_result result = {0};
	struct verify verify = {db, options, &result};

	if (record_scope_begin_read(&scope, db, err) < 0 ||
	    ledger_head_read(db, &result.head, err) < 0 || verify_file(&verify, err) < 0 ||
	    verify_chain(&verify, err) < 0 || verify_records(&verify, err) < 0 ||
	    verify_sums(&verify, err) < 0 || verify_sources(&verify, err) < 0)
		return -1;
	*ret_result = result;
	return 0;
}
