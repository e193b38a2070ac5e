/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files task*.c share: the columns of a task, and the SQL texts that a test
 * asks the planner about.
 */
#ifndef SLIPWAY_STORE_TASK_PRIVATE_H
#define SLIPWAY_STORE_TASK_PRIVATE_H

#include "store/task.h"

enum task_column_type { TASK_COLUMN_TEXT, TASK_COLUMN_INT, TASK_COLUMN_BOOL };

/* One row a column but state: the insert and the read are both made from these. */
struct task_column {
	const char *name;
	enum task_column_type type;
	size_t offset; /* in struct task */
};
extern const struct task_column task_columns[];
extern const size_t task_column_count;

#define TASK_SQL_MAX 4096 /* the insert, the longest text, has about 1,200 bytes */

/* "id, account, ..., state" into @ret (TASK_SQL_MAX bytes). */
void task_columns_sql(char *ret);

extern const char *const container_state_names[];  /* by task_container.state */
extern const char *const container_health_names[]; /* by task_container.health */
#define CONTAINER_HEALTH_COUNT (CONTAINER_UNHEALTHY + 1)
/* From such a name; another one is PENDING, or no health at all. */
void task_container_read_state(const char *name, struct task_container *container);
void task_container_read_health(const char *name, struct task_container *container);

/* Something that a provisioner must look at: in the transaction that changed it. */
int task_mark_raise(struct db *db, struct err *err) MUST_CHECK;

/* The text for a listing into @ret (TASK_SQL_MAX bytes). */
void task_list_sql(const struct task_filter *filter, char *ret);

#define TASK_UNFINISHED_SQL "SELECT id FROM task WHERE state <> 'STOPPED' ORDER BY created_ms, id"
/* The next stopped tasks, oldest stop first, behind a place. */
#define TASK_FORGET_SQL                                                                            \
	"SELECT id, account, cluster, client_token, stopped_ms FROM task WHERE state = 'STOPPED'"  \
	" AND stopped_ms <= ?1 AND (stopped_ms, id) > (?2, ?3) ORDER BY stopped_ms, id LIMIT ?4"
#define TASK_ADDRESSES_SQL                                                                         \
	"SELECT address FROM task WHERE subnet = ?1 AND state <> 'STOPPED' AND address <> ''"

#endif
