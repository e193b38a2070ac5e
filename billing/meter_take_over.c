/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before there was a ledger the meter kept one row a task and meter (usage). What those rows say
 * becomes records like all others, once, in one transaction.
 */
#include <string.h>

#include "billing/meter.h"
#include "billing/meter_tags.h"
#include "core/clock.h"
#include "store/record.h"

#define NS_PER_SECOND 1000000000LL

struct old_usage {
	const char *task, *meter, *account, *cluster, *family, *boot_id, *reason;
	int64_t quantity, started_ms, started_boot_ns, checkpoint_boot_ns, ended_ms, seconds;
	bool estimated;
};

static void read_old(struct record_row *row, void *ret_item)
{
	struct old_usage *ret_usage = ret_item;
	struct db_query *query = row->query;

	*ret_usage = (struct old_usage){
		.task = record_text(row, 0),
		.meter = record_text(row, 1),
		.account = record_text(row, 2),
		.cluster = record_text(row, 3),
		.family = record_text(row, 4),
		.boot_id = record_text(row, 5),
		.reason = record_text(row, 6),
		.quantity = db_int(query, 7),
		.started_ms = db_int(query, 8),
		.started_boot_ns = db_int(query, 9),
		.checkpoint_boot_ns = db_int(query, 10),
		.ended_ms = db_int(query, 11),
		.seconds = db_int(query, 12),
		.estimated = db_int(query, 13) != 0,
	};
}

static enum meter meter_of_name(const char *name)
{
	int meter = 0;

	while (meter < METER_STORAGE && strcmp(meter_name((enum meter)meter), name) != 0)
		meter++;
	return (enum meter)meter;
}

static int append(struct db *db, const struct old_usage *old, int64_t number, enum ledger_kind kind,
		  int64_t now_ms, struct err *err)
{
	bool closes = kind == LEDGER_CLOSE;
	const struct ledger_record record = {
		.task = number,
		.meter = meter_number(meter_of_name(old->meter)),
		.sequence = closes,
		.kind = kind,
		.quantity = old->quantity,
		.started_ms = old->started_ms,
		.duration_ns = closes ? old->seconds * NS_PER_SECOND : 0,
		.seconds = closes ? old->seconds : 0,
		.ended_ms = ledger_end_ms(old->started_ms, closes ? old->seconds : 0),
		.estimated = closes && old->estimated,
		.reason = closes ? old->reason : "",
	};

	return ledger_append(db, &record, now_ms, err);
}

/* A meter that runs goes on; the old checkpoint of its boot is taken over with it. */
static int go_on(struct db *db, const struct old_usage *old, int64_t number, struct err *err)
{
	static const char *const columns[METER_COUNT] = {"vcpu_milli", "memory_mib", "storage_gib"};
	AUTO(freep)
	char *sql = xasprintf(
		"INSERT INTO meter_running (task, boot_id, started_boot_ns, gone_boot_ns,"
		" started_ms, vcpu_milli, memory_mib, storage_gib, opened, closed, duration_ns,"
		" estimated, reason) VALUES (?1, ?2, ?3, 0, ?4, 0, 0, 0, 1, 0, 0, 0, '')"
		" ON CONFLICT (task) DO NOTHING");
	AUTO(freep)
	char *set = xasprintf("UPDATE meter_running SET %s = ?2 WHERE task = ?1",
			      columns[meter_of_name(old->meter)]);
	struct db_query *query;

	if (db_query(db, sql, &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	db_bind_text(query, 2, old->boot_id);
	db_bind_int(query, 3, old->started_boot_ns);
	db_bind_int(query, 4, old->started_ms);
	if (db_run(query, NULL, err) < 0 || db_query(db, set, &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	db_bind_int(query, 2, old->quantity);
	if (db_run(query, NULL, err) < 0 ||
	    db_query(db,
		     "INSERT INTO meter_checkpoint (boot_id, boot_ns) VALUES (?1, ?2)"
		     " ON CONFLICT (boot_id) DO UPDATE SET"
		     " boot_ns = MAX(boot_ns, excluded.boot_ns)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, old->boot_id);
	db_bind_int(query, 2, old->checkpoint_boot_ns);
	return db_run(query, NULL, err);
}

static int take_over(struct db *db, const struct old_usage *old, int64_t now_ms, struct err *err)
{
	AUTO(freep) char *group = xasprintf("family:%s", old->family);
	const struct ledger_task task = {.task = old->task,
					 .account = old->account,
					 .cluster = old->cluster,
					 .family = old->family,
					 .group = group,
					 .started_by = "",
					 .architecture = meter_architecture(),
					 .tags_json = "{}"};
	int64_t number;

	if (ledger_task_put(db, &task, &number, err) < 0 ||
	    append(db, old, number, LEDGER_OPEN, now_ms, err) < 0)
		return -1;
	if (old->ended_ms != 0)
		return append(db, old, number, LEDGER_CLOSE, now_ms, err);
	return go_on(db, old, number, err);
}

int meter_take_over(struct db *db, int64_t now_ms, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(RECORD_LIST_MAX);
	AUTO(record_scope_done) struct record_scope scope = {0};
	AUTO(db_donep) struct db_query *query = NULL;
	struct old_usage *rows;
	size_t count;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    db_query(db,
		     "SELECT task, meter, account, cluster, family, boot_id, reason, quantity,"
		     " started_ms, started_boot_ns, checkpoint_boot_ns, ended_ms, seconds,"
		     " estimated FROM usage_before_ledger ORDER BY started_ms, task, meter",
		     &query, err) < 0 ||
	    record_list(query, read_old, sizeof(*rows), arena, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (take_over(db, &rows[i], now_ms, err) < 0)
			return err_wrap(err, "usage of task %s", rows[i].task);
	}
	if (count > 0 && db_exec(db, "DELETE FROM usage_before_ledger", NULL, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}
