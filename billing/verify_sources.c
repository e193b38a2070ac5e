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

/* Of tasks that were forgotten the same is asked of what was kept of them. */
static int compare_kept(struct verify *verify, struct err *err)
{
	static const char *const questions[] = {
		"SELECT 0, id, 'what was kept of it says that a pull began, and the ledger has"
		" nothing of it' FROM task_kept LEFT JOIN ledger_task ON ledger_task.task = id"
		" WHERE number IS NULL",

		"SELECT closing.position, id, 'it is billed ' || closing.duration_ns / 1000000 ||"
		" ' ms, and what was kept of it says ' || (stopped_ms - pull_started_ms) ||"
		" ' ms' FROM task_kept JOIN ledger_task ON ledger_task.task = id"
		" JOIN ledger AS closing ON closing.task = number AND closing.meter = 1"
		" AND closing.sequence = 1 WHERE closing.estimated = 0 AND"
		" ABS(stopped_ms - pull_started_ms - closing.duration_ns / 1000000) > 1000",

		"SELECT closing.position, id, 'what was kept of it has another size' FROM task_kept"
		" JOIN ledger_task ON ledger_task.task = id"
		" JOIN ledger AS closing ON closing.task = number AND closing.sequence = 1"
		" WHERE closing.quantity <> CASE closing.meter"
		" WHEN 1 THEN (cpu_units * 1000 + 1023) / 1024 WHEN 2 THEN memory_mib"
		" ELSE storage_gib - 20 END",
	};
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t kept;

	for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
		if (verify_rows(verify, VERIFY_TASKS, questions[i], err) < 0)
			return -1;
	}
	if (db_query(verify->db, "SELECT COUNT(*) FROM task_kept", &query, err) < 0 ||
	    record_int(query, 0, &kept, err) < 0)
		return -1;
	verify->result->compared_tasks += kept;
	return 0;
}

/* All machines of a task, of which the hypervisor saw begin and end within one boot. */
#define MACHINES                                                                                   \
	" FROM (SELECT task AS id, MIN(taken_ns) AS taken_ns, MAX(ended_ns) AS ended_ns,"          \
	" SUM(host_cpu_ns) AS cpu_ns, MAX(vcpus) AS vcpus, MAX(memory_mib) AS memory_mib"          \
	" FROM machine_account GROUP BY task"                                                      \
	" HAVING MIN(ended_ns) > 0 AND COUNT(DISTINCT boot_id) = 1)"                               \
	" JOIN ledger_task ON ledger_task.task = id"                                               \
	" JOIN ledger AS closing ON closing.task = number AND closing.meter = 1"                   \
	" AND closing.sequence = 1"

/* A task is charged from the start of its pull on, and its machine may come a little later; it may
 * not have been there longer than is billed. */
static int compare_machines(struct verify *verify, struct err *err)
{
	static const char *const questions[] = {
		"SELECT 0, machine_account.task, 'it had a machine, and the ledger has nothing of"
		" it' FROM machine_account LEFT JOIN ledger_task"
		" ON ledger_task.task = machine_account.task WHERE number IS NULL",

		"SELECT closing.position, id, 'it is billed ' || closing.duration_ns / 1000000 ||"
		" ' ms, and had its machine for ' || (ended_ns - taken_ns) / 1000000 ||"
		" ' ms'" MACHINES " WHERE closing.estimated = 0"
		" AND ended_ns - taken_ns > closing.duration_ns + 1000000000",

		"SELECT closing.position, id, 'it is billed ' || closing.quantity ||"
		" ' thousandths of a vCPU, and its machine had ' || vcpus || ' processors'" MACHINES
		" WHERE vcpus > 0 AND closing.quantity > vcpus * 1000",

		"SELECT memory.position, id, 'it is billed ' || memory.quantity || ' MiB, and its"
		" machine had ' || memory_mib || ' MiB'" MACHINES
		" JOIN ledger AS memory ON memory.task = number AND memory.meter = 2"
		" AND memory.sequence = 1 WHERE memory_mib > 0 AND memory.quantity > memory_mib",

		"SELECT closing.position, id, 'its machine used ' || cpu_ns / 1000000 || ' ms of"
		" processor time, more than it can in what is billed'" MACHINES
		" WHERE vcpus > 0 AND closing.estimated = 0"
		" AND cpu_ns > (closing.duration_ns + 1000000000) * (vcpus + 2)",
	};
	AUTO(db_donep) struct db_query *query = NULL;

	for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
		if (verify_rows(verify, VERIFY_MACHINES, questions[i], err) < 0)
			return -1;
	}
	if (db_query(verify->db, "SELECT COUNT(*)" MACHINES, &query, err) < 0)
		return -1;
	return record_int(query, 0, &verify->result->compared_machines, err);
}

int verify_sources(struct verify *verify, struct err *err)
{
	if (compare_tasks(verify, err) < 0 || compare_kept(verify, err) < 0)
		return -1;
	return compare_machines(verify, err);
}
