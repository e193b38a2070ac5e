/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger beside those who do not know of it. A task's record has wall times, which may be
 * stepped while it runs, so a difference there is a finding that a person looks at; it is
 * not proof that the ledger is wrong.
 *
 * A task without a machine's account began before accounts were kept, or never got a machine.
 */
#include <stdio.h>

#include "billing/verify_private.h"
#include "store/record.h"

/* Tasks that are not forgotten: what they say of themselves, as the meter should have it. */
#define TASKS                                                                                      \
	" FROM task LEFT JOIN ledger_task ON ledger_task.task = task.id"                           \
	" LEFT JOIN ledger AS closing ON closing.task = number AND closing.meter = 1"              \
	" AND closing.sequence = 1"

static int compare_tasks(struct verify *verify, struct err *err)
{
	static const char *const questions[] = {
		"SELECT 0, id, 'its record says that a pull began, and the ledger has nothing of"
		" it' FROM task LEFT JOIN ledger_task ON ledger_task.task = task.id"
		" WHERE pull_started_ms <> 0 AND number IS NULL",

		"SELECT opening.position, id, 'its record says that no pull began, and the ledger"
		" charges it' FROM task JOIN ledger_task ON ledger_task.task = task.id"
		" JOIN ledger AS opening ON opening.task = number AND opening.sequence = 0"
		" WHERE pull_started_ms = 0 AND opening.meter = 1",

		"SELECT closing.position, id, 'its record says that it is ' || state ||"
		" ', and the ledger has closed it'" TASKS
		" WHERE closing.position IS NOT NULL AND state <> 'STOPPED'",

		"SELECT closing.position, id, 'its record has another size: ' || cpu_units ||"
		" ' units, ' || memory_mib || ' MiB, ' || storage_gib || ' GiB'" TASKS
		" LEFT JOIN ledger AS memory ON memory.task = number AND memory.meter = 2"
		" AND memory.sequence = 1"
		" LEFT JOIN ledger AS storage ON storage.task = number AND storage.meter = 3"
		" AND storage.sequence = 1"
		" WHERE closing.position IS NOT NULL"
		" AND (closing.quantity <> (cpu_units * 1000 + 1023) / 1024"
		" OR COALESCE(memory.quantity, 0) <> memory_mib"
		" OR COALESCE(storage.quantity, 0) <>"
		" CASE WHEN storage_gib > 20 THEN storage_gib - 20 ELSE 0 END)",

		"SELECT closing.position, id, 'it is billed ' || closing.duration_ns / 1000000 ||"
		" ' ms, and its record says ' || (stopped_ms - task.pull_started_ms) || ' ms'" TASKS
		" WHERE closing.position IS NOT NULL AND state = 'STOPPED'"
		" AND closing.estimated = 0 AND"
		" ABS(stopped_ms - task.pull_started_ms - closing.duration_ns / 1000000) > 1000",
	};
	AUTO(db_donep) struct db_query *query = NULL;

	for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
		if (verify_rows(verify, VERIFY_TASKS, questions[i], err) < 0)
			return -1;
	}
	if (db_query(verify->db, "SELECT COUNT(*)" TASKS " WHERE closing.position IS NOT NULL",
		     &query, err) < 0)
		return -1;
	return record_int(query, 0, &verify->result->compared_tasks, err);
}

int verify_sources(struct verify *verify, struct err *err)
{
	return compare_tasks(verify, err);
}
