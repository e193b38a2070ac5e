/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row a task and meter. The quantities are copied from the task's row when the
 * meter opens, and the reason when it closes, by the same transaction that moves the
 * task; nothing is taken from a caller's memory that the store does not also have.
 * A meter of which a task holds nothing (storage within the free part) has no row.
 */
#include "billing/meter.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "store/record.h"

#define NS_PER_SECOND	   1000000000LL
#define NS_PER_MS	   1000000LL
#define CPU_UNITS_PER_VCPU 1024
#define MILLI		   1000

#define AS_NAME(name, unit) [METER_##name] = #name,
static const char *const names[METER_COUNT] = {METERS(AS_NAME)};

const char *meter_name(enum meter meter)
{
	assert(meter < METER_COUNT);
	return names[meter];
}

/* What of the task's row a meter needs. */
struct holder {
	char *account, *cluster, *family;
	int64_t quantity[METER_COUNT];
	bool pulled;
};

static void holder_done(struct holder *holder)
{
	free(holder->account);
	free(holder->cluster);
	free(holder->family);
}

/* Rounded up: a part of a thousandth is not given away. All sizes on offer are whole. */
static int64_t milli_vcpu(int64_t cpu_units)
{
	return (cpu_units * MILLI + CPU_UNITS_PER_VCPU - 1) / CPU_UNITS_PER_VCPU;
}

static int read_holder(struct db *db, const char *task, struct holder *ret_holder, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t storage_gib;
	int rc;

	if (db_query(db,
		     "SELECT account, cluster, family, cpu_units, memory_mib, storage_gib,"
		     " pull_started_ms FROM task WHERE id = ?1",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no task %s", task);
	storage_gib = db_int(query, 5);
	*ret_holder = (struct holder){
		.account = xstrdup(db_text(query, 0)),
		.cluster = xstrdup(db_text(query, 1)),
		.family = xstrdup(db_text(query, 2)),
		.pulled = db_int(query, 6) != 0,
		.quantity[METER_VCPU] = milli_vcpu(db_int(query, 3)),
		.quantity[METER_MEMORY] = db_int(query, 4),
		.quantity[METER_STORAGE] = storage_gib > METER_STORAGE_FREE_GIB
						   ? storage_gib - METER_STORAGE_FREE_GIB
						   : 0,
	};
	return 0;
}

static int open_one(struct db *db, const char *task, enum meter meter, const struct holder *holder,
		    int64_t now_ms, int64_t now_boot_ns, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO usage (task, meter, quantity, account, cluster, family,"
		     " started_ms, boot_id, started_boot_ns, checkpoint_boot_ns, ended_ms, seconds,"
		     " reason, estimated)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, 0, 0, '', 0)"
		     " ON CONFLICT (task, meter) DO NOTHING",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	db_bind_text(query, 2, meter_name(meter));
	db_bind_int(query, 3, holder->quantity[meter]);
	db_bind_text(query, 4, holder->account);
	db_bind_text(query, 5, holder->cluster);
	db_bind_text(query, 6, holder->family);
	db_bind_int(query, 7, now_ms);
	db_bind_text(query, 8, clock_boot_id());
	db_bind_int(query, 9, now_boot_ns);
	return db_run(query, NULL, err);
}

int meter_open(struct db *db, const char *task, int64_t now_ms, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	AUTO(holder_done) struct holder holder = {0};
	int64_t now_boot_ns = clock_boot_ns();

	if (record_scope_begin(&scope, db, err) < 0 || read_holder(db, task, &holder, err) < 0)
		return -1;
	for (int meter = 0; holder.pulled && meter < METER_COUNT; meter++) {
		if (holder.quantity[meter] > 0 &&
		    open_one(db, task, (enum meter)meter, &holder, now_ms, now_boot_ns, err) < 0)
			return -1;
	}
	return record_scope_commit(&scope, err);
}

int meter_checkpoint(struct db *db, const char *task, struct err *err)
{
	struct db_query *query;

	/* Of an earlier boot there is nothing more to be seen. */
	if (db_query(db,
		     "UPDATE usage SET checkpoint_boot_ns = ?2"
		     " WHERE task = ?1 AND ended_ms = 0 AND boot_id = ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	db_bind_int(query, 2, clock_boot_ns());
	db_bind_text(query, 3, clock_boot_id());
	return db_run(query, NULL, err);
}

/* Nanoseconds from the start to the end, as far as it is known. */
static int64_t span_ns(const struct meter_span *span, bool *ret_estimated)
{
	bool same_boot = strcmp(span->boot_id, clock_boot_id()) == 0;
	int64_t end = same_boot ? clock_boot_ns() : span->checkpoint_boot_ns;

	*ret_estimated = !same_boot;
	return end > span->started_boot_ns ? end - span->started_boot_ns : 0;
}

static int64_t whole_seconds(int64_t ns)
{
	return ns / NS_PER_SECOND + (ns % NS_PER_SECOND != 0);
}

int64_t meter_seconds(const struct meter_span *span, bool *ret_estimated)
{
	return whole_seconds(span_ns(span, ret_estimated));
}

struct open_usage {
	struct meter_span span;
	int64_t started_ms;
};

/* 1: the meter runs, since *ret_open. All meters of a task opened together. */
static int find_open(struct db *db, const char *task, struct open_usage *ret_open, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db,
		     "SELECT boot_id, started_boot_ns, checkpoint_boot_ns, started_ms FROM usage"
		     " WHERE task = ?1 AND ended_ms = 0 LIMIT 1",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	rc = db_step(query, err);
	if (rc != 1)
		return rc;
	ret_open->span.started_boot_ns = db_int(query, 1);
	ret_open->span.checkpoint_boot_ns = db_int(query, 2);
	ret_open->started_ms = db_int(query, 3);
	(void)snprintf(ret_open->span.boot_id, sizeof(ret_open->span.boot_id), "%s",
		       db_text(query, 0));
	return 1;
}

static int write_end(struct db *db, const char *task, const struct open_usage *usage,
		     int64_t now_ms, struct err *err)
{
	struct db_query *query;
	bool estimated;
	int64_t ns = span_ns(&usage->span, &estimated);

	if (db_query(db,
		     "UPDATE usage SET ended_ms = ?2, seconds = ?3, estimated = ?4,"
		     " reason = COALESCE((SELECT stop_code FROM task WHERE id = ?1), '')"
		     " WHERE task = ?1 AND ended_ms = 0",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, task);
	db_bind_int(query, 2, estimated ? usage->started_ms + ns / NS_PER_MS : now_ms);
	db_bind_int(query, 3, whole_seconds(ns));
	db_bind_int(query, 4, estimated);
	return db_run(query, NULL, err);
}

int meter_close(struct db *db, const char *task, int64_t now_ms, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct open_usage usage;
	int rc;

	if (record_scope_begin(&scope, db, err) < 0)
		return -1;
	rc = find_open(db, task, &usage, err);
	if (rc < 0 || (rc == 1 && write_end(db, task, &usage, now_ms, err) < 0))
		return -1;
	return record_scope_commit(&scope, err);
}
