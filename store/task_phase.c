/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time line of a launch. The first write of a phase wins, so a provisioner that
 * was killed and goes through a phase again does not rewrite what happened.
 */
#include "store/record.h"
#include "store/task.h"

int task_phase_put(struct db *db, const char *id, const char *name, int64_t wall_us,
		   struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO task_phase (task, name, wall_us) VALUES (?1, ?2, ?3)"
		     " ON CONFLICT (task, name) DO NOTHING",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	db_bind_text(query, 2, name);
	db_bind_int(query, 3, wall_us);
	if (db_run(query, NULL, err) < 0) {
		/* Only the reference to the task can be broken. */
		if (err->code == ERR_CONFLICT)
			return err_set(err, ERR_NOT_FOUND, "no task %s", id);
		return -1;
	}
	return 0;
}

int task_phase_list(struct db *db, const char *id, struct arena *arena,
		    struct task_phase **ret_phases, size_t *ret_count, struct err *err)
{
	AUTO(buf_done) struct buf list;
	AUTO(db_donep) struct db_query *query = NULL;
	struct record_row row = {.arena = arena};
	int rc;

	buf_init(&list, RECORD_LIST_MAX);
	if (db_query(db,
		     "SELECT name, wall_us FROM task_phase WHERE task = ?1 ORDER BY wall_us, name",
		     &query, err) < 0)
		return -1;
	row.query = query;
	db_bind_text(query, 1, id);
	while ((rc = db_step(query, err)) == 1) {
		struct task_phase phase = {.name = record_text(&row, 0),
					   .wall_us = db_int(query, 1)};

		if (record_row_check(&row, err) < 0 ||
		    buf_append(&list, &phase, sizeof(phase), err) < 0)
			return -1;
	}
	if (rc < 0)
		return -1;
	return record_list_take(&list, sizeof(struct task_phase), arena, ret_phases, ret_count,
				err);
}
