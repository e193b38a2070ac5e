/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each answer is read when somebody asks, and goes through what is waiting: nothing is kept for it.
 */
#include "store/event_status.h"

#include "store/record.h"

static void read_waiting(struct record_row *row, void *ret_item)
{
	*(struct event_waiting *)ret_item = (struct event_waiting){
		.account = record_text(row, 0),
		.bus = record_text(row, 1),
		.rule = record_text(row, 2),
		.deliveries = db_int(row->query, 3),
		.behind = db_int(row->query, 4),
		.oldest_ms = db_int(row->query, 5),
		.attempts = db_int(row->query, 6),
		.code = record_text(row, 7),
		.reason = record_text(row, 8),
	};
}

int event_status_waiting(struct db *db, const char *account, struct arena *arena,
			 struct event_waiting **ret_waiting, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT account, bus, rule, COUNT(*),"
		     " SUM(CASE WHEN order_key <> '' AND front < number THEN 1 ELSE 0 END),"
		     " MIN(since_ms), MAX(attempts),"
		     " MAX(CASE WHEN place = 1 THEN code ELSE '' END),"
		     " MAX(CASE WHEN place = 1 THEN reason ELSE '' END)"
		     " FROM (SELECT account, bus, rule, number, since_ms, attempts, code, reason,"
		     " order_key,"
		     " MIN(number) OVER (PARTITION BY account, bus, rule, target, order_key)"
		     " AS front,"
		     " ROW_NUMBER() OVER (PARTITION BY account, bus, rule"
		     " ORDER BY attempts DESC, number) AS place"
		     " FROM event_delivery WHERE ?1 IS NULL OR account = ?1) AS waiting"
		     " GROUP BY account, bus, rule ORDER BY account, bus, rule",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	return record_list(query, read_waiting, sizeof(struct event_waiting), arena, ret_waiting,
			   ret_count, err);
}

static void read_task(struct record_row *row, void *ret_item)
{
	*(struct task_waiting *)ret_item = (struct task_waiting){
		.account = record_text(row, 0),
		.cluster = record_text(row, 1),
		.id = record_text(row, 2),
		.started_by = record_text(row, 3),
		.waits_ms = db_int(row->query, 4),
		.until_ms = db_int(row->query, 5),
	};
}

#define TASKS_WAIT                                                                                 \
	" FROM task WHERE waits_ms > 0 AND state = 'PROVISIONING' AND (?1 IS NULL OR account = "   \
	"?1)"

int event_status_tasks(struct db *db, const char *account, size_t limit, struct arena *arena,
		       struct task_waiting **ret_waiting, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT account, cluster, id, started_by, waits_ms, admit_until_ms" TASKS_WAIT
		     " ORDER BY waits_ms LIMIT ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_int(query, 2, (int64_t)limit);
	return record_list(query, read_task, sizeof(struct task_waiting), arena, ret_waiting,
			   ret_count, err);
}

int event_status_sums(struct db *db, const char *account, struct event_sums *ret_sums,
		      struct err *err)
{
	struct event_sums sums;
	const struct {
		const char *sql;
		int64_t *count;
	} rows[] = {
		{"SELECT COUNT(*) FROM event_accepted WHERE body IS NOT NULL"
		 " AND (?1 IS NULL OR account = ?1)",
		 &sums.events},
		{"SELECT COUNT(*) FROM event_delivery WHERE ?1 IS NULL OR account = ?1",
		 &sums.deliveries},
		{"SELECT COUNT(*) FROM event_dead WHERE ?1 IS NULL OR account = ?1", &sums.dead},
		{"SELECT COUNT(*)" TASKS_WAIT, &sums.tasks},
		{"SELECT COUNT(*) FROM event_accepted WHERE ?1 IS NULL OR account = ?1", &sums.ids},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(db_donep) struct db_query *query = NULL;

		if (db_query(db, rows[i].sql, &query, err) < 0)
			return -1;
		db_bind_text(query, 1, account);
		if (record_int(query, 0, rows[i].count, err) < 0)
			return -1;
	}
	*ret_sums = sums;
	return 0;
}
