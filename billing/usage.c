/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows come by start and task, so the meters of one task follow each other and are
 * folded into one struct on the way.
 */
#include "billing/usage.h"

#include <stdio.h>
#include <string.h>

#include "store/record.h"

#define SQL_MAX 640

enum column {
	COLUMN_TASK,
	COLUMN_METER,
	COLUMN_QUANTITY,
	COLUMN_ACCOUNT,
	COLUMN_CLUSTER,
	COLUMN_FAMILY,
	COLUMN_REASON,
	COLUMN_STARTED_MS,
	COLUMN_ENDED_MS,
	COLUMN_SECONDS,
	COLUMN_ESTIMATED,
	COLUMN_BOOT_ID,
	COLUMN_STARTED_BOOT_NS,
	COLUMN_CHECKPOINT_BOOT_NS,
};

static int select_usage(struct db *db, const struct usage_filter *filter,
			struct db_query **ret_query, struct err *err)
{
	struct db_query *query;
	char sql[SQL_MAX];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT task, meter, quantity, account, cluster, family, reason,"
		       " started_ms, ended_ms, seconds, estimated, boot_id, started_boot_ns,"
		       " checkpoint_boot_ns FROM usage WHERE started_ms >= ?1%s%s%s"
		       " ORDER BY started_ms, task, meter",
		       filter->until_ms ? " AND started_ms < ?2" : "",
		       filter->account ? " AND account = ?3" : "",
		       filter->task ? " AND task = ?4" : "");
	if (db_query(db, sql, &query, err) < 0)
		return -1;
	db_bind_int(query, 1, filter->since_ms);
	if (filter->until_ms)
		db_bind_int(query, 2, filter->until_ms);
	if (filter->account)
		db_bind_text(query, 3, filter->account);
	if (filter->task)
		db_bind_text(query, 4, filter->task);
	*ret_query = query;
	return 0;
}

/* A meter that runs counts up to now. */
static void read_time(struct db_query *query, struct usage *usage)
{
	struct meter_span span = {.started_boot_ns = db_int(query, COLUMN_STARTED_BOOT_NS),
				  .checkpoint_boot_ns = db_int(query, COLUMN_CHECKPOINT_BOOT_NS)};

	usage->started_ms = db_int(query, COLUMN_STARTED_MS);
	usage->ended_ms = db_int(query, COLUMN_ENDED_MS);
	usage->seconds = db_int(query, COLUMN_SECONDS);
	usage->estimated = db_int(query, COLUMN_ESTIMATED) != 0;
	if (usage->ended_ms != 0)
		return;
	(void)snprintf(span.boot_id, sizeof(span.boot_id), "%s", db_text(query, COLUMN_BOOT_ID));
	usage->seconds = meter_seconds(&span, &usage->estimated);
}

static int read_usage(struct record_row *row, struct usage *ret_usage, struct err *err)
{
	*ret_usage = (struct usage){
		.task = record_text(row, COLUMN_TASK),
		.account = record_text(row, COLUMN_ACCOUNT),
		.cluster = record_text(row, COLUMN_CLUSTER),
		.family = record_text(row, COLUMN_FAMILY),
		.reason = record_text(row, COLUMN_REASON),
	};
	read_time(row->query, ret_usage);
	return record_row_check(row, err);
}

/* The usage that the row belongs to: the last of the list, or a new one. */
static int usage_of(struct buf *list, struct record_row *row, struct usage **ret_usage,
		    struct err *err)
{
	struct usage *last = NULL;
	struct usage usage;

	if (list->len > 0)
		last = (struct usage *)(void *)(list->data + list->len - sizeof(usage));
	if (!last || strcmp(last->task, db_text(row->query, COLUMN_TASK)) != 0) {
		if (read_usage(row, &usage, err) < 0 ||
		    buf_append(list, &usage, sizeof(usage), err) < 0)
			return -1;
		last = (struct usage *)(void *)(list->data + list->len - sizeof(usage));
	}
	*ret_usage = last;
	return 0;
}

static int read_meter(const char *name, enum meter *ret_meter, struct err *err)
{
	for (int meter = 0; meter < METER_COUNT; meter++) {
		if (strcmp(meter_name((enum meter)meter), name) == 0) {
			*ret_meter = (enum meter)meter;
			return 0;
		}
	}
	return err_set(err, ERR_CORRUPT, "there is usage of an unknown meter %s", name);
}

int usage_read(struct db *db, const struct usage_filter *filter, struct arena *arena,
	       struct usage **ret_usages, size_t *ret_count, struct err *err)
{
	AUTO(buf_done) struct buf list;
	AUTO(db_donep) struct db_query *query = NULL;
	struct record_row row = {.arena = arena};
	int rc;

	buf_init(&list, RECORD_LIST_MAX);
	if (select_usage(db, filter, &query, err) < 0)
		return -1;
	row.query = query;
	while ((rc = db_step(query, err)) == 1) {
		struct usage *usage;
		enum meter meter;

		if (read_meter(db_text(query, COLUMN_METER), &meter, err) < 0 ||
		    usage_of(&list, &row, &usage, err) < 0)
			return -1;
		usage->quantity[meter] = db_int(query, COLUMN_QUANTITY);
	}
	if (rc < 0)
		return -1;
	return record_list_take(&list, sizeof(struct usage), arena, ret_usages, ret_count, err);
}
