/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened to a task. A move is one UPDATE that names the state it comes from:
 * whoever else moved the task first wins, and the loser hears ERR_CONFLICT. The
 * statement's text is put together from what the change holds, because a column that
 * is named is written again in each of its indexes, even with the same value.
 *
 * Past RUNNING a task is wanted stopped, whoever caused it: there is no way back, so a
 * desired status of RUNNING would be a lie.
 */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "store/account_use.h"
#include "store/record.h"
#include "store/task_private.h"
#include "store/task_version.h"

/* The first TASK_REASON_MAX characters of @text (UTF-8), owned by the caller. */
static char *cut_reason(const char *text)
{
	size_t characters = 0;
	const char *end = text;

	for (; *end != '\0'; end++) {
		bool continues = ((uint8_t)*end & 0xc0) == 0x80;

		if (!continues && ++characters > TASK_REASON_MAX)
			break;
	}
	return xstrndup(text, (size_t)(end - text));
}

/* ?1 id, ?2 state from, ?3 state to, ?4 whether version rises without a new wish. */
static void change_sql(const struct task_change *change, bool moves, char *ret)
{
	snprintf(
		ret, TASK_SQL_MAX,
		"UPDATE task SET version = version + %s%s%s%s"
		" stop_code = CASE WHEN ?5 = 1 AND stop_code = '' AND stopped_reason = ''"
		" THEN ?6 ELSE stop_code END,"
		" stopped_reason = CASE WHEN ?5 = 1 AND stop_code = '' AND stopped_reason = ''"
		" THEN ?7 ELSE stopped_reason END,"
		" mac = COALESCE(?9, mac), machine = COALESCE(?10, machine),"
		" connectivity_ms = COALESCE(?11, connectivity_ms),"
		" pull_started_ms = COALESCE(?12, pull_started_ms),"
		" pull_stopped_ms = COALESCE(?13, pull_stopped_ms),"
		" started_ms = COALESCE(?14, started_ms),"
		" execution_stopped_ms = COALESCE(?15, execution_stopped_ms),"
		" stopped_ms = COALESCE(?16, stopped_ms), agent_seq = COALESCE(?17, agent_seq)"
		" WHERE id = ?1%s",
		change->want_stopped ? "CASE WHEN ?4 = 1 OR want_stopped = 0 THEN 1 ELSE 0 END,"
				     : "?4,",
		change->want_stopped
			? " want_stopped = 1,"
			  " stopping_ms = CASE WHEN want_stopped = 0 THEN ?18 ELSE stopping_ms END,"
			: "",
		change->address ? " address = ?8," : "", moves ? " state = ?3," : "",
		moves ? " AND state = ?2" : "");
}

static void bind_unless_zero(struct db_query *query, int index, int64_t value)
{
	if (value)
		db_bind_int(query, index, value);
	else
		db_bind_null(query, index);
}

static void bind_change(struct db_query *query, const struct task_change *change)
{
	bool has_cause = change->stop_code || change->stopped_reason;
	AUTO(freep) char *reason = cut_reason(change->stopped_reason ? change->stopped_reason : "");

	db_bind_int(query, 5, has_cause);
	db_bind_text(query, 6, change->stop_code ? change->stop_code : "");
	db_bind_text(query, 7, reason);
	if (change->address)
		db_bind_text(query, 8, change->address);
	db_bind_text(query, 9, change->mac);
	db_bind_text(query, 10, change->machine);
	bind_unless_zero(query, 11, change->connectivity_ms);
	bind_unless_zero(query, 12, change->pull_started_ms);
	bind_unless_zero(query, 13, change->pull_stopped_ms);
	bind_unless_zero(query, 14, change->started_ms);
	bind_unless_zero(query, 15, change->execution_stopped_ms);
	bind_unless_zero(query, 16, change->stopped_ms);
	bind_unless_zero(query, 17, change->agent_seq);
	if (change->want_stopped)
		db_bind_int(query, 18, clock_wall_ms());
}

static int write_move(struct db *db, const char *id, enum task_state from, enum task_state to,
		      const struct task_change *change, int64_t *ret_changed, struct err *err)
{
	struct db_query *query;
	char sql[TASK_SQL_MAX];

	change_sql(change, true, sql);
	if (db_query(db, sql, &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	db_bind_text(query, 2, task_state_name(from));
	db_bind_text(query, 3, task_state_name(to));
	db_bind_int(query, 4, 1);
	bind_change(query, change);
	return db_run(query, ret_changed, err);
}

/* What arriving in @state brings along, where the caller did not say it. */
static void complete_change(struct task_change *change, enum task_state state)
{
	if (state > TASK_RUNNING)
		change->want_stopped = true;
	if (state == TASK_RUNNING && !change->started_ms)
		change->started_ms = clock_wall_ms();
	if (state == TASK_STOPPED && !change->stopped_ms)
		change->stopped_ms = clock_wall_ms();
}

static int task_enter_state(struct db *db, const char *id, enum task_state state, struct err *err)
{
	struct db_query *query;

	if (task_mark_raise(db, err) < 0)
		return -1;
	if (state != TASK_STOPPED)
		return 0;
	if (account_use_release(db, id, err) < 0)
		return -1;
	/* Nothing of it is left, so no container is anything but stopped. */
	if (db_query(db,
		     "UPDATE task_container SET state = 'STOPPED'"
		     " WHERE task = ?1 AND state <> 'STOPPED'",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	return db_run(query, NULL, err);
}

/* No row was in the state that the caller thought: say which of the two reasons it is. */
static int not_moved(struct db *db, const char *id, enum task_state from, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db, "SELECT state FROM task WHERE id = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no task %s", id);
	return err_set(err, ERR_CONFLICT, "task %s is %s, not %s", id, db_text(query, 0),
		       task_state_name(from));
}

int task_move(struct db *db, const char *id, enum task_state from, enum task_event event,
	      const struct task_change *change, enum task_state *ret_state, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	enum task_state to = task_next(from, event);
	struct task_change complete = change ? *change : (struct task_change){0};
	int64_t changed;

	if (to == TASK_NONE)
		return err_set(err, ERR_INVALID, "%s cannot happen to a task that is %s",
			       task_event_name(event), task_state_name(from));
	complete_change(&complete, to);
	if (record_scope_begin(&scope, db, err) < 0 ||
	    write_move(db, id, from, to, &complete, &changed, err) < 0)
		return -1;
	if (changed == 0)
		return not_moved(db, id, from, err);
	if (task_enter_state(db, id, to, err) < 0 || task_version_note(db, id, err) < 0 ||
	    record_scope_commit(&scope, err) < 0)
		return -1;
	if (ret_state)
		*ret_state = to;
	return 0;
}

/* Whether the task is not wanted stopped yet. */
static int is_new_wish(struct db *db, const char *id, bool *ret_new, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t found;

	if (db_query(db, "SELECT 1 FROM task WHERE id = ?1 AND want_stopped = 0", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	if (record_int(query, 0, &found, err) < 0)
		return -1;
	*ret_new = found != 0;
	return 0;
}

int task_update(struct db *db, const char *id, const struct task_change *change, bool visible,
		struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct db_query *query;
	char sql[TASK_SQL_MAX];
	bool wishes = false;
	int64_t changed;

	change_sql(change, false, sql);
	if (record_scope_begin(&scope, db, err) < 0 ||
	    (change->want_stopped && is_new_wish(db, id, &wishes, err) < 0) ||
	    db_query(db, sql, &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	db_bind_int(query, 4, visible);
	bind_change(query, change);
	if (db_run(query, &changed, err) < 0)
		return -1;
	if (changed == 0)
		return err_set(err, ERR_NOT_FOUND, "no task %s", id);
	if (change->want_stopped && task_mark_raise(db, err) < 0)
		return -1;
	if ((visible || wishes) && task_version_note(db, id, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

int task_container_update(struct db *db, const char *id, size_t index,
			  const struct task_container *container, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "UPDATE task_container SET image_digest = ?3, runtime_id = ?4, state = ?5,"
		     " exit_code = ?6, reason = ?7, health = ?8, restarts = ?9 WHERE task = ?1 AND "
		     "position = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, id);
	db_bind_int(query, 2, (int64_t)index);
	db_bind_text(query, 3, container->image_digest ? container->image_digest : "");
	db_bind_text(query, 4, container->runtime_id ? container->runtime_id : "");
	db_bind_text(query, 5, container_state_names[container->state]);
	if (container->has_exit_code)
		db_bind_int(query, 6, container->exit_code);
	else
		db_bind_null(query, 6);
	db_bind_text(query, 7, container->reason ? container->reason : "");
	db_bind_text(query, 8, container_health_names[container->health]);
	db_bind_int(query, 9, container->restarts);
	if (db_run(query, &changed, err) < 0)
		return -1;
	if (changed == 0)
		return err_set(err, ERR_NOT_FOUND, "task %s has no container %zu", id, index);
	return 0;
}
