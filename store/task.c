/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task comes to be, and its wish to stop: what the gateway writes. The table of
 * columns is the one place that knows how struct task lies in the database.
 */
#include "store/task.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "store/account_use.h"
#include "store/record.h"
#include "store/task_private.h"
#include "store/task_version.h"

#define COLUMN(column, kind, field)                                                                \
	{                                                                                          \
		.name = column, .type = kind, .offset = offsetof(struct task, field)               \
	}
#define COLUMN_TEXT(field) COLUMN(#field, TASK_COLUMN_TEXT, field)
#define COLUMN_INT(field)  COLUMN(#field, TASK_COLUMN_INT, field)
#define COLUMN_BOOL(field) COLUMN(#field, TASK_COLUMN_BOOL, field)

const struct task_column task_columns[] = {
	COLUMN_TEXT(id),
	COLUMN_TEXT(account),
	COLUMN_TEXT(cluster),
	COLUMN_TEXT(family),
	COLUMN_INT(revision),
	COLUMN("group_name", TASK_COLUMN_TEXT, group), /* a word of SQL */
	COLUMN_TEXT(started_by),
	COLUMN_TEXT(launch_type),
	COLUMN_TEXT(capacity_provider),
	COLUMN_TEXT(platform_version),
	COLUMN_INT(cpu_units),
	COLUMN_INT(memory_mib),
	COLUMN_INT(storage_gib),
	COLUMN_BOOL(exec_enabled),
	COLUMN_TEXT(subnet),
	COLUMN_TEXT(groups_json),
	COLUMN_BOOL(public_ip),
	COLUMN_TEXT(zone),
	COLUMN_TEXT(overrides_json),
	COLUMN_TEXT(spec_json),
	COLUMN_TEXT(client_token),
	COLUMN_TEXT(attachment_id),
	COLUMN_TEXT(network_interface_id),
	COLUMN_TEXT(subnet_id),
	COLUMN_INT(event_depth),
	COLUMN_INT(admit_until_ms),
	COLUMN_BOOL(want_stopped),
	COLUMN_INT(version),
	COLUMN_TEXT(stop_code),
	COLUMN_TEXT(stopped_reason),
	COLUMN_INT(created_ms),
	COLUMN_INT(connectivity_ms),
	COLUMN_INT(pull_started_ms),
	COLUMN_INT(pull_stopped_ms),
	COLUMN_INT(started_ms),
	COLUMN_INT(stopping_ms),
	COLUMN_INT(execution_stopped_ms),
	COLUMN_INT(stopped_ms),
	COLUMN_TEXT(address),
	COLUMN_TEXT(mac),
	COLUMN_TEXT(machine),
	COLUMN_INT(agent_seq),
	COLUMN_BOOL(has_event),
};
const size_t task_column_count = ARRAY_LEN(task_columns);

const char *const container_state_names[] = {
	[CONTAINER_PENDING] = "PENDING",
	[CONTAINER_RUNNING] = "RUNNING",
	[CONTAINER_STOPPED] = "STOPPED",
};

const char *const container_health_names[] = {
	[CONTAINER_UNCHECKED] = "",
	[CONTAINER_UNKNOWN] = "UNKNOWN",
	[CONTAINER_HEALTHY] = "HEALTHY",
	[CONTAINER_UNHEALTHY] = "UNHEALTHY",
};

void task_columns_sql(char *ret)
{
	size_t len = 0;

	for (size_t i = 0; i < task_column_count; i++)
		len += (size_t)snprintf(ret + len, TASK_SQL_MAX - len, "%s, ",
					task_columns[i].name);
	snprintf(ret + len, TASK_SQL_MAX - len, "state");
}

int task_mark_raise(struct db *db, struct err *err)
{
	return db_exec(db, "UPDATE task_mark SET value = value + 1 WHERE id = 1", NULL, err);
}

/* Made once: the text is the same for every task. */
static char insert_sql[TASK_SQL_MAX];

static void make_insert_sql(void)
{
	char columns[TASK_SQL_MAX];
	char *to = insert_sql;
	size_t len;

	task_columns_sql(columns);
	len = (size_t)snprintf(to, TASK_SQL_MAX, "INSERT INTO task (%s) VALUES (", columns);
	for (size_t i = 0; i < task_column_count; i++)
		len += (size_t)snprintf(to + len, TASK_SQL_MAX - len, "?%zu, ", i + 1);
	snprintf(to + len, TASK_SQL_MAX - len, "?%zu)", task_column_count + 1);
}

static void bind_column(struct db_query *query, int index, const struct task_column *column,
			const struct task *task)
{
	const void *field = (const uint8_t *)task + column->offset;

	switch (column->type) {
	case TASK_COLUMN_TEXT: {
		const char *text = *(const char *const *)field;

		db_bind_text(query, index, text ? text : "");
		break;
	}
	case TASK_COLUMN_INT:
		db_bind_int(query, index, *(const int64_t *)field);
		break;
	case TASK_COLUMN_BOOL:
		db_bind_int(query, index, *(const bool *)field);
		break;
	}
}

static int insert_task(struct db *db, const struct task *task, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct db_query *query;

	if (pthread_once(&once, make_insert_sql) != 0)
		abort();
	if (db_query(db, insert_sql, &query, err) < 0)
		return -1;
	for (size_t i = 0; i < task_column_count; i++)
		bind_column(query, (int)i + 1, &task_columns[i], task);
	db_bind_text(query, (int)task_column_count + 1, task_state_name(task->state));
	return db_run(query, NULL, err);
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static int insert_container(struct db *db, const char *task, size_t position,
			    const struct task_container *container, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO task_container (task, position, name, image, arn_id, essential,"
		     " cpu, memory, memory_reservation, image_digest, runtime_id, state,"
		     " exit_code, reason, health, restarts)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
		     " ?16)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	db_bind_int(query, 2, (int64_t)position);
	db_bind_text(query, 3, container->name);
	db_bind_text(query, 4, container->image);
	db_bind_text(query, 5, or_empty(container->arn_id));
	db_bind_int(query, 6, container->essential);
	db_bind_int(query, 7, container->cpu);
	db_bind_int(query, 8, container->memory);
	db_bind_int(query, 9, container->memory_reservation);
	db_bind_text(query, 10, or_empty(container->image_digest));
	db_bind_text(query, 11, or_empty(container->runtime_id));
	db_bind_text(query, 12, container_state_names[container->state]);
	if (container->has_exit_code)
		db_bind_int(query, 13, container->exit_code);
	else
		db_bind_null(query, 13);
	db_bind_text(query, 14, or_empty(container->reason));
	db_bind_text(query, 15, container_health_names[container->health]);
	db_bind_int(query, 16, container->restarts);
	return db_run(query, NULL, err);
}

int task_insert(struct db *db, const struct task *task, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};

	if (task->state != TASK_PROVISIONING || task->version != 1)
		return err_set(err, ERR_INVALID, "a new task is PROVISIONING and has version 1");
	if (task->container_count > TASK_CONTAINERS_MAX)
		return err_set(err, ERR_LIMIT, "a task has at most %d containers",
			       TASK_CONTAINERS_MAX);
	if (record_scope_begin(&scope, db, err) < 0 || insert_task(db, task, err) < 0)
		return -1;
	for (size_t i = 0; i < task->container_count; i++) {
		if (insert_container(db, task->id, i, &task->containers[i], err) < 0)
			return -1;
	}
	if (account_use_hold(db, task, err) < 0 || task_mark_raise(db, err) < 0 ||
	    task_version_note(db, task->id, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

#define WHERE_TASK                                                                                 \
	" WHERE id = ?1 AND (?2 IS NULL OR account = ?2) AND (?3 IS NULL OR cluster = ?3)"

static void bind_where(struct db_query *query, const char *account, const char *cluster,
		       const char *id)
{
	db_bind_text(query, 1, id);
	db_bind_text(query, 2, account);
	db_bind_text(query, 3, cluster);
}

static int check_exists(struct db *db, const char *account, const char *cluster, const char *id,
			struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t found;

	if (db_query(db, "SELECT 1 FROM task" WHERE_TASK, &query, err) < 0)
		return -1;
	bind_where(query, account, cluster, id);
	if (record_int(query, 0, &found, err) < 0)
		return -1;
	return found ? 0 : err_set(err, ERR_NOT_FOUND, "no task %s", id);
}

int task_want_stopped(struct db *db, const char *account, const char *cluster, const char *id,
		      const char *stop_code, const char *reason, int64_t now_ms, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct db_query *query;
	int64_t changed;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    db_query(db,
		     "UPDATE task SET want_stopped = 1, stop_code = ?4, stopped_reason = ?5,"
		     " stopping_ms = ?6, version = version + 1" WHERE_TASK " AND want_stopped = 0"
		     " AND state IN ('PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING')",
		     &query, err) < 0)
		return -1;
	bind_where(query, account, cluster, id);
	db_bind_text(query, 4, stop_code);
	db_bind_text(query, 5, or_empty(reason));
	db_bind_int(query, 6, now_ms);
	if (db_run(query, &changed, err) < 0)
		return -1;
	if (changed == 0 && check_exists(db, account, cluster, id, err) < 0)
		return -1;
	if (changed > 0 && (task_mark_raise(db, err) < 0 || task_version_note(db, id, err) < 0))
		return -1;
	return record_scope_commit(&scope, err);
}
