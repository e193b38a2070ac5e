/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time line of a launch. The first write of a phase wins, so a provisioner that
 * was killed and goes through a phase again does not rewrite what happened.
 */
#include "store/record.h"
#include "store/task.h"

int task_phase_put(struct db *db, const char *id, const char *name, int64_t wall_us,
		   bool *ret_first, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "INSERT INTO task_phase (task, name, wall_us) VALUES (?1, ?2, ?3)"
		     " ON CONFLICT (task, name) DO NOTHING",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	db_bind_text(query, 2, name);
	db_bind_int(query, 3, wall_us);
	if (db_run(query, &changed, err) < 0) {
		/* Only the reference to the task can be broken. */
		if (err->code == ERR_CONFLICT)
			return err_set(err, ERR_NOT_FOUND, "no task %s", id);
		return -1;
	}
	if (ret_first)
		*ret_first = changed > 0;
	return 0;
}

static void read_phase(struct record_row *row, void *ret_item)
{
	struct task_phase *ret_phase = ret_item;

	ret_phase->name = record_text(row, 0);
	ret_phase->wall_us = db_int(row->query, 1);
}

int task_phase_list(struct db *db, const char *id, struct arena *arena,
		    struct task_phase **ret_phases, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT name, wall_us FROM task_phase WHERE task = ?1 ORDER BY wall_us, name",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	return record_list(query, read_phase, sizeof(struct task_phase), arena, ret_phases,
			   ret_count, err);
}
