/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One task with its containers, read from one snapshot.
 */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "store/record.h"
#include "store/task_private.h"

static void read_column(struct record_row *row, int index, const struct task_column *column,
			struct task *task)
{
	void *field = (uint8_t *)task + column->offset;

	switch (column->type) {
	case TASK_COLUMN_TEXT:
		*(const char **)field = record_text(row, index);
		break;
	case TASK_COLUMN_INT:
		*(int64_t *)field = db_int(row->query, index);
		break;
	case TASK_COLUMN_BOOL:
		*(bool *)field = db_int(row->query, index) != 0;
		break;
	}
}

static int read_task(struct db_query *query, struct arena *arena, struct task *ret_task,
		     struct err *err)
{
	struct record_row row = {.query = query, .arena = arena};
	int state_column = (int)task_column_count;

	memset(ret_task, 0, sizeof(*ret_task));
	for (int i = 0; i < state_column; i++)
		read_column(&row, i, &task_columns[i], ret_task);
	ret_task->state = task_state_parse(db_text(query, state_column));
	return record_row_check(&row, err);
}

void task_container_read_state(const char *name, struct task_container *container)
{
	if (strcmp(name, container_state_names[CONTAINER_RUNNING]) == 0)
		container->state = CONTAINER_RUNNING;
	else if (strcmp(name, container_state_names[CONTAINER_STOPPED]) == 0)
		container->state = CONTAINER_STOPPED;
	else
		container->state = CONTAINER_PENDING;
}

void task_container_read_health(const char *name, struct task_container *container)
{
	for (int health = 0; health < CONTAINER_HEALTH_COUNT; health++) {
		if (strcmp(name, container_health_names[health]) == 0)
			container->health = health;
	}
}

static int read_container(struct db_query *query, struct arena *arena,
			  struct task_container *ret_container, struct err *err)
{
	struct record_row row = {.query = query, .arena = arena};

	*ret_container = (struct task_container){
		.name = record_text(&row, 0),
		.image = record_text(&row, 1),
		.arn_id = record_text(&row, 2),
		.essential = db_int(query, 3) != 0,
		.cpu = db_int(query, 4),
		.memory = db_int(query, 5),
		.memory_reservation = db_int(query, 6),
		.image_digest = record_text(&row, 7),
		.runtime_id = record_text(&row, 8),
		.has_exit_code = !db_is_null(query, 10),
		.exit_code = db_int(query, 10),
		.reason = record_text(&row, 11),
		.restarts = db_int(query, 13),
	};
	task_container_read_state(db_text(query, 9), ret_container);
	task_container_read_health(db_text(query, 12), ret_container);
	return record_row_check(&row, err);
}

static int read_containers(struct db *db, struct arena *arena, struct task *task, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	task->containers = arena_alloc(arena, TASK_CONTAINERS_MAX * sizeof(*task->containers));
	if (!task->containers)
		return record_full(err);
	if (db_query(db,
		     "SELECT name, image, arn_id, essential, cpu, memory, memory_reservation,"
		     " image_digest, runtime_id, state, exit_code, reason, health, restarts"
		     " FROM task_container WHERE task = ?1 ORDER BY position",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task->id);
	while ((rc = db_step(query, err)) == 1) {
		if (task->container_count == TASK_CONTAINERS_MAX)
			return err_set(err, ERR_CORRUPT, "task %s has too many containers",
				       task->id);
		if (read_container(query, arena, &task->containers[task->container_count], err) < 0)
			return -1;
		task->container_count++;
	}
	return rc;
}

/* Made once: the text is the same for every task. */
static char find_sql[TASK_SQL_MAX + 128];

static void make_find_sql(void)
{
	char columns[TASK_SQL_MAX];

	task_columns_sql(columns);
	snprintf(find_sql, sizeof(find_sql),
		 "SELECT %s FROM task WHERE id = ?1 AND (?2 IS NULL OR account = ?2)"
		 " AND (?3 IS NULL OR cluster = ?3)",
		 columns);
}

static int find(struct db *db, const char *account, const char *cluster, const char *id,
		struct arena *arena, struct task *ret_task, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (pthread_once(&once, make_find_sql) != 0)
		abort();
	if (db_query(db, find_sql, &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	db_bind_text(query, 2, account);
	db_bind_text(query, 3, cluster);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no task %s", id);
	if (read_task(query, arena, ret_task, err) < 0)
		return -1;
	return read_containers(db, arena, ret_task, err);
}

int task_find(struct db *db, const char *account, const char *cluster, const char *id,
	      struct arena *arena, struct task *ret_task, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct task task;

	if (record_scope_begin_read(&scope, db, err) < 0 ||
	    find(db, account, cluster, id, arena, &task, err) < 0 ||
	    record_scope_commit(&scope, err) < 0)
		return -1;
	*ret_task = task;
	return 0;
}

int task_event_depth(struct db *db, const char *id, int64_t *ret_depth, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT event_depth FROM task WHERE id = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	return record_int(query, 0, ret_depth, err);
}
