/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row an account. Only task_insert() and the move into STOPPED change what is held, and a
 * task is there and STOPPED once each, so the row is the sum over the unfinished tasks.
 */
#include "store/account_use.h"

#include "store/record.h"

int account_use_find(struct db *db, const char *account, struct account_use *ret_use,
		     struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db,
		     "SELECT tasks, cpu_units, memory_mib, launch_milli, launch_ms"
		     " FROM account_use WHERE account = ?1",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	*ret_use = (struct account_use){0};
	if (rc == 1)
		*ret_use = (struct account_use){.tasks = db_int(query, 0),
						.cpu_units = db_int(query, 1),
						.memory_mib = db_int(query, 2),
						.launch_milli = db_int(query, 3),
						.launch_ms = db_int(query, 4)};
	return 0;
}

int account_use_hold(struct db *db, const struct task *task, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO account_use"
		     " (account, tasks, cpu_units, memory_mib, launch_milli, launch_ms)"
		     " VALUES (?1, 1, ?2, ?3, 0, 0)"
		     " ON CONFLICT (account) DO UPDATE SET tasks = account_use.tasks + 1,"
		     " cpu_units = account_use.cpu_units + excluded.cpu_units,"
		     " memory_mib = account_use.memory_mib + excluded.memory_mib",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task->account);
	db_bind_int(query, 2, task->cpu_units);
	db_bind_int(query, 3, task->memory_mib);
	return db_run(query, NULL, err);
}

int account_use_release(struct db *db, const char *id, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE account_use SET tasks = tasks - 1,"
		     " cpu_units = cpu_units - (SELECT cpu_units FROM task WHERE id = ?1),"
		     " memory_mib = memory_mib - (SELECT memory_mib FROM task WHERE id = ?1)"
		     " WHERE account = (SELECT account FROM task WHERE id = ?1)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	return db_run(query, NULL, err);
}

int account_use_set_bucket(struct db *db, const char *account, int64_t launch_milli,
			   int64_t launch_ms, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO account_use"
		     " (account, tasks, cpu_units, memory_mib, launch_milli, launch_ms)"
		     " VALUES (?1, 0, 0, 0, ?2, ?3)"
		     " ON CONFLICT (account) DO UPDATE SET launch_milli = excluded.launch_milli,"
		     " launch_ms = excluded.launch_ms",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_int(query, 2, launch_milli);
	db_bind_int(query, 3, launch_ms);
	return db_run(query, NULL, err);
}
