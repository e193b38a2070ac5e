/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event lies once, its deliveries point at it. The last delivery that ends takes the text
 * with it; the row stays, for its id, until it is 24 hours old.
 */
#include "store/event_queue.h"

#include "store/record.h"

static void bind_event(struct db_query *query, const struct event_accepted *event)
{
	db_bind_text(query, 1, event->account);
	db_bind_text(query, 2, event->bus);
	db_bind_text(query, 3, event->id);
}

/* An id that is older than 24 hours and not on its way makes room for a new event. */
static int drop_old_id(struct db *db, const struct event_accepted *event, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "DELETE FROM event_accepted WHERE account = ?1 AND bus = ?2 AND id = ?3"
		     " AND received_ms <= ?4 AND body IS NULL",
		     &query, err) < 0)
		return -1;
	bind_event(query, event);
	db_bind_int(query, 4, event->received_ms - EVENT_ID_LIFE_MS);
	return db_run(query, NULL, err);
}

static int insert_event(struct db *db, const struct event_accepted *event, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "INSERT INTO event_accepted (account, bus, id, received_ms, body)"
		     " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (account, bus, id) DO NOTHING",
		     &query, err) < 0)
		return -1;
	bind_event(query, event);
	db_bind_int(query, 4, event->received_ms);
	db_bind_text(query, 5, event->body);
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0
			   : err_set(err, ERR_EXISTS, "event %s was accepted before", event->id);
}

static int insert_deliveries(struct db *db, int64_t number, const struct event_accepted *event,
			     const char *rule, int64_t *ret_count, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO event_delivery (event, account, rule, target, attempts, next_ms)"
		     " SELECT ?4, account, rule, id, 0, ?5 FROM event_target"
		     " WHERE account = ?1 AND bus = ?2 AND rule = ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, event->account);
	db_bind_text(query, 2, event->bus);
	db_bind_text(query, 3, rule);
	db_bind_int(query, 4, number);
	db_bind_int(query, 5, event->received_ms);
	return db_run(query, ret_count, err);
}

static int exec_number(struct db *db, const char *sql, int64_t number, struct err *err)
{
	struct db_query *query;

	if (db_query(db, sql, &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	return db_run(query, NULL, err);
}

int event_accept(struct db *db, const struct event_accepted *event, const char *const *rules,
		 size_t rule_count, bool keep_id, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	int64_t total = 0;
	int64_t number;

	if (record_scope_begin(&scope, db, err) < 0 || drop_old_id(db, event, err) < 0 ||
	    insert_event(db, event, err) < 0)
		return -1;
	number = db_last_id(db);
	for (size_t i = 0; i < rule_count; i++) {
		int64_t added;

		if (insert_deliveries(db, number, event, rules[i], &added, err) < 0)
			return -1;
		total += added;
	}
	if (total == 0 &&
	    exec_number(db,
			keep_id ? "UPDATE event_accepted SET body = NULL WHERE number = ?1"
				: "DELETE FROM event_accepted WHERE number = ?1",
			number, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

int event_accept_one(struct db *db, const struct event_accepted *event, const char *rule,
		     const char *target, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct db_query *query;

	if (record_scope_begin(&scope, db, err) < 0 || drop_old_id(db, event, err) < 0 ||
	    insert_event(db, event, err) < 0 ||
	    db_query(db,
		     "INSERT INTO event_delivery (event, account, rule, target, attempts, next_ms)"
		     " VALUES (?1, ?2, ?3, ?4, 0, ?5)",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, db_last_id(db));
	db_bind_text(query, 2, event->account);
	db_bind_text(query, 3, rule);
	db_bind_text(query, 4, target);
	db_bind_int(query, 5, event->received_ms);
	if (db_run(query, NULL, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

static void read_delivery(struct record_row *row, void *ret_item)
{
	*(struct event_delivery *)ret_item = (struct event_delivery){
		.number = db_int(row->query, 0),
		.event_number = db_int(row->query, 1),
		.rule = record_text(row, 2),
		.target = record_text(row, 3),
		.attempts = db_int(row->query, 4),
		.event = {.account = record_text(row, 5),
			  .bus = record_text(row, 6),
			  .id = record_text(row, 7),
			  .received_ms = db_int(row->query, 8),
			  .body = record_text(row, 9)},
	};
}

int event_deliveries_due(struct db *db, const char *account, int64_t now_ms, size_t limit,
			 struct arena *arena, struct event_delivery **ret_deliveries,
			 size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT d.number, d.event, d.rule, d.target, d.attempts, e.account, e.bus,"
		     " e.id, e.received_ms, e.body"
		     " FROM event_delivery d JOIN event_accepted e ON e.number = d.event"
		     " WHERE d.account = ?1 AND d.next_ms <= ?2 ORDER BY d.next_ms LIMIT ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_int(query, 2, now_ms);
	db_bind_int(query, 3, (int64_t)limit);
	return record_list(query, read_delivery, sizeof(struct event_delivery), arena,
			   ret_deliveries, ret_count, err);
}

int event_deliveries_next(struct db *db, int64_t *ret_ms, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	/* Accounts are few: each has its first in the index. */
	if (db_query(db,
		     "SELECT MIN((SELECT next_ms FROM event_delivery"
		     " WHERE event_delivery.account = account.id ORDER BY next_ms LIMIT 1))"
		     " FROM account",
		     &query, err) < 0)
		return -1;
	return record_int(query, 0, ret_ms, err);
}

int event_delivery_end(struct db *db, const struct event_delivery *delivery, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};

	if (record_scope_begin(&scope, db, err) < 0 ||
	    exec_number(db, "DELETE FROM event_delivery WHERE number = ?1", delivery->number, err) <
		    0 ||
	    exec_number(db,
			"UPDATE event_accepted SET body = NULL WHERE number = ?1 AND NOT EXISTS"
			" (SELECT 1 FROM event_delivery WHERE event = ?1)",
			delivery->event_number, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

int event_delivery_again(struct db *db, const struct event_delivery *delivery, bool failed,
			 int64_t next_ms, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE event_delivery SET attempts = attempts + ?2, next_ms = ?3"
		     " WHERE number = ?1",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, delivery->number);
	db_bind_int(query, 2, failed);
	db_bind_int(query, 3, next_ms);
	return db_run(query, NULL, err);
}

static int insert_dead(struct db *db, const struct event_delivery *delivery,
		       const struct event_dead *why, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO event_dead (account, bus, event_id, rule, target, body,"
		     " received_ms, dead_ms, attempts, exhausted, code, reason)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
		     &query, err) < 0)
		return -1;
	bind_event(query, &delivery->event);
	db_bind_text(query, 4, delivery->rule);
	db_bind_text(query, 5, delivery->target);
	db_bind_text(query, 6, delivery->event.body);
	db_bind_int(query, 7, delivery->event.received_ms);
	db_bind_int(query, 8, why->dead_ms);
	db_bind_int(query, 9, delivery->attempts);
	db_bind_text(query, 10, why->exhausted);
	db_bind_text(query, 11, why->code);
	db_bind_text(query, 12, why->reason);
	return db_run(query, NULL, err);
}

int event_delivery_die(struct db *db, const struct event_delivery *delivery,
		       const struct event_dead *why, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};

	if (record_scope_begin(&scope, db, err) < 0 || insert_dead(db, delivery, why, err) < 0 ||
	    event_delivery_end(db, delivery, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

int event_die(struct db *db, const struct event_accepted *event, const struct event_dead *why,
	      struct err *err)
{
	const struct event_delivery none = {.rule = "", .target = "", .event = *event};

	return insert_dead(db, &none, why, err);
}

static int trim(struct db *db, const char *sql, int64_t before_ms, size_t batch, struct err *err)
{
	struct db_query *query;

	if (db_query(db, sql, &query, err) < 0)
		return -1;
	db_bind_int(query, 1, before_ms);
	db_bind_int(query, 2, (int64_t)batch);
	return db_run(query, NULL, err);
}

int event_queue_trim(struct db *db, int64_t now_ms, size_t batch, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};

	if (record_scope_begin(&scope, db, err) < 0 ||
	    trim(db,
		 "DELETE FROM event_accepted WHERE number IN (SELECT number FROM event_accepted"
		 " WHERE body IS NULL AND received_ms <= ?1 ORDER BY received_ms LIMIT ?2)",
		 now_ms - EVENT_ID_LIFE_MS, batch, err) < 0 ||
	    trim(db,
		 "DELETE FROM event_dead WHERE number IN (SELECT number FROM event_dead"
		 " WHERE dead_ms <= ?1 ORDER BY dead_ms LIMIT ?2)",
		 now_ms - EVENT_DEAD_MS, batch, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}
