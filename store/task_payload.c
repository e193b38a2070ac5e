/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row a task: tasks of one event share nothing, so that each can be forgotten by itself.
 */
#include "store/task_payload.h"

#include <string.h>

#include "store/record.h"

int task_payload_put(struct db *db, const char *task, const struct task_payload *event,
		     struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO task_payload (task, id, source, type, time, bus, rule, body)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	db_bind_text(query, 2, event->id);
	db_bind_text(query, 3, event->source);
	db_bind_text(query, 4, event->type);
	db_bind_text(query, 5, event->time);
	db_bind_text(query, 6, event->bus);
	db_bind_text(query, 7, event->rule);
	db_bind_text(query, 8, event->body);
	if (db_run(query, NULL, err) < 0)
		return err_wrap(err, "event of task %s", task);
	return 0;
}

int task_payload_find(struct db *db, const char *task, struct arena *arena,
		      struct task_payload *ret_event, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct record_row row = {.arena = arena};
	struct task_payload event;
	int rc;

	if (db_query(db,
		     "SELECT id, source, type, time, bus, rule, body FROM task_payload"
		     " WHERE task = ?1",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "task %s was launched for no event", task);
	row.query = query;
	event = (struct task_payload){
		.id = record_text(&row, 0),
		.source = record_text(&row, 1),
		.type = record_text(&row, 2),
		.time = record_text(&row, 3),
		.bus = record_text(&row, 4),
		.rule = record_text(&row, 5),
		.body = record_text(&row, 6),
	};
	if (record_row_check(&row, err) < 0)
		return -1;
	event.body_len = strlen(event.body);
	if (event.body_len > TASK_PAYLOAD_MAX)
		return err_set(err, ERR_LIMIT, "the event of task %s has %zu bytes", task,
			       event.body_len);
	*ret_event = event;
	return 0;
}
