/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event lies once, its deliveries point at it. The last delivery that ends takes the text
 * with it; the row stays, for its id, until it is 24 hours old.
 *
 * Of deliveries that go one after the other only the first is due; each, when it ends, makes the
 * next one due. Numbers are the order: a new one is above all that are there.
 */
#include "store/event_queue.h"

#include <string.h>

#include "store/event_away.h"
#include "store/event_queue_private.h"

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
		     "INSERT INTO event_accepted (account, bus, id, received_ms, body, depth, size)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
		     " ON CONFLICT (account, bus, id) DO NOTHING",
		     &query, err) < 0)
		return -1;
	bind_event(query, event);
	db_bind_int(query, 4, event->received_ms);
	db_bind_text(query, 5, event->body);
	db_bind_int(query, 6, event->depth);
	db_bind_int(query, 7, (int64_t)strlen(event->body));
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0
			   : err_set(err, ERR_EXISTS, "event %s was accepted before", event->id);
}

static int insert_deliveries(struct db *db, int64_t number, const struct event_accepted *event,
			     const char *rule, const char *key, int64_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t count = 0;
	int rc;

	if (db_query(db,
		     "INSERT INTO event_delivery (event, account, bus, rule, target, attempts,"
		     " next_ms, since_ms, order_key, destination)"
		     " SELECT ?4, t.account, t.bus, t.rule, t.id, 0,"
		     " CASE WHEN ?6 <> '' AND EXISTS (SELECT 1 FROM event_delivery o"
		     " WHERE o.account = t.account AND o.bus = t.bus AND o.rule = t.rule"
		     " AND o.target = t.id AND o.order_key = ?6 AND o.order_key <> '')"
		     " THEN ?7 ELSE ?5 END, ?5, ?6, t.destination FROM event_target t"
		     " WHERE t.account = ?1 AND t.bus = ?2 AND t.rule = ?3"
		     " RETURNING destination",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, event->account);
	db_bind_text(query, 2, event->bus);
	db_bind_text(query, 3, rule);
	db_bind_int(query, 4, number);
	db_bind_int(query, 5, event->received_ms);
	db_bind_text(query, 6, key);
	db_bind_int(query, 7, EVENT_DELIVERY_HELD_MS);
	for (; (rc = db_step(query, err)) == 1; count++) {
		if (db_int(query, 0) > 0)
			event_away_note();
	}
	if (rc < 0)
		return -1;
	*ret_count = count;
	return 0;
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
	return event_accept_ordered(db, event, rules, NULL, rule_count, keep_id, err);
}

int event_accept_ordered(struct db *db, const struct event_accepted *event,
			 const char *const *rules, const char *const *keys, size_t rule_count,
			 bool keep_id, struct err *err)
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

		if (insert_deliveries(db, number, event, rules[i], keys ? keys[i] : "", &added,
				      err) < 0)
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

static int insert_delivery(struct db *db, int64_t number, const struct event_accepted *event,
			   const char *rule, const char *target, int64_t since_ms, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO event_delivery (event, account, bus, rule, target, attempts,"
		     " next_ms, since_ms) VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?6)",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	db_bind_text(query, 2, event->account);
	db_bind_text(query, 3, event->bus);
	db_bind_text(query, 4, rule);
	db_bind_text(query, 5, target);
	db_bind_int(query, 6, since_ms);
	return db_run(query, NULL, err);
}

int event_accept_one(struct db *db, const struct event_accepted *event, const char *rule,
		     const char *target, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};

	if (record_scope_begin(&scope, db, err) < 0 || drop_old_id(db, event, err) < 0 ||
	    insert_event(db, event, err) < 0 ||
	    insert_delivery(db, db_last_id(db), event, rule, target, event->received_ms, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

void event_delivery_read(struct record_row *row, void *ret_item)
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
			  .body = record_text(row, 9),
			  .depth = db_int(row->query, 10)},
		.since_ms = db_int(row->query, 11),
		.told = db_int(row->query, 12) != 0,
		.order_key = record_text(row, 13),
	};
}

int event_deliveries_due(struct db *db, const char *account, int64_t now_ms, size_t limit,
			 struct arena *arena, struct event_delivery **ret_deliveries,
			 size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     EVENT_DELIVERY_SELECT " WHERE d.account = ?1 AND d.destination = 0 AND "
					   "d.next_ms <= ?2 ORDER BY d.next_ms LIMIT ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_int(query, 2, now_ms);
	db_bind_int(query, 3, (int64_t)limit);
	return record_list(query, event_delivery_read, sizeof(struct event_delivery), arena,
			   ret_deliveries, ret_count, err);
}

int event_deliveries_next(struct db *db, int64_t *ret_ms, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	/* Accounts are few: each has its first in the index. */
	if (db_query(db,
		     "SELECT MIN((SELECT next_ms FROM event_delivery"
		     " WHERE event_delivery.account = account.id AND destination = 0 ORDER BY "
		     "next_ms LIMIT 1))"
		     " FROM account",
		     &query, err) < 0)
		return -1;
	return record_int(query, 0, ret_ms, err);
}

int event_deliveries_count(struct db *db, const char *account, int64_t now_ms, size_t limit,
			   int64_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT COUNT(*) FROM (SELECT 1 FROM event_delivery"
		     " WHERE account = ?1 AND destination = 0 AND next_ms <= ?2 LIMIT ?3) AS due",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_int(query, 2, now_ms);
	db_bind_int(query, 3, (int64_t)limit);
	return record_int(query, 0, ret_count, err);
}

int event_deliveries_oldest(struct db *db, int64_t now_ms, int64_t *ret_ms, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT COALESCE(MIN(since_ms), ?1) FROM event_delivery", &query, err) < 0)
		return -1;
	db_bind_int(query, 1, now_ms);
	return record_int(query, 0, ret_ms, err);
}

/* The next of those that go one after the other. */
static int release_next(struct db *db, const struct event_delivery *delivery, struct err *err)
{
	struct db_query *query;

	if (!delivery->order_key || delivery->order_key[0] == '\0')
		return 0;
	if (db_query(db,
		     "UPDATE event_delivery SET next_ms = since_ms WHERE next_ms = ?6 AND number ="
		     " (SELECT MIN(number) FROM event_delivery WHERE account = ?1 AND bus = ?2"
		     " AND rule = ?3 AND target = ?4 AND order_key = ?5 AND order_key <> '')",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, delivery->event.account);
	db_bind_text(query, 2, delivery->event.bus);
	db_bind_text(query, 3, delivery->rule);
	db_bind_text(query, 4, delivery->target);
	db_bind_text(query, 5, delivery->order_key);
	db_bind_int(query, 6, EVENT_DELIVERY_HELD_MS);
	return db_run(query, NULL, err);
}

int event_delivery_end(struct db *db, const struct event_delivery *delivery, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};

	if (record_scope_begin(&scope, db, err) < 0 ||
	    exec_number(db, "DELETE FROM event_delivery WHERE number = ?1", delivery->number, err) <
		    0 ||
	    release_next(db, delivery, err) < 0 ||
	    exec_number(db,
			"UPDATE event_accepted SET body = NULL WHERE number = ?1 AND NOT EXISTS"
			" (SELECT 1 FROM event_delivery WHERE event = ?1)",
			delivery->event_number, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

int event_delivery_again(struct db *db, const struct event_delivery *delivery, int64_t next_ms,
			 struct err *err)
{
	struct db_query *query;

	if (db_query(db, "UPDATE event_delivery SET next_ms = ?2 WHERE number = ?1", &query, err) <
	    0)
		return -1;
	db_bind_int(query, 1, delivery->number);
	db_bind_int(query, 2, next_ms);
	return db_run(query, NULL, err);
}

int event_delivery_fail(struct db *db, const struct event_delivery *delivery,
			const struct event_failure *failure, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE event_delivery SET attempts = attempts + 1, next_ms = ?2, code = ?3,"
		     " reason = ?4, told = ?5 WHERE number = ?1",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, delivery->number);
	db_bind_int(query, 2, failure->next_ms);
	db_bind_text(query, 3, failure->code);
	db_bind_text(query, 4, failure->reason);
	db_bind_int(query, 5, failure->told);
	return db_run(query, NULL, err);
}

/* The number of @event's row, which holds its text from here on. */
static int revive_event(struct db *db, const struct event_accepted *event, int64_t *ret_number,
			struct err *err)
{
	AUTO(db_donep) struct db_query *found = NULL;
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO event_accepted (account, bus, id, received_ms, body, depth, size)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
		     " ON CONFLICT (account, bus, id) DO UPDATE"
		     " SET body = excluded.body, depth = excluded.depth, size = excluded.size",
		     &query, err) < 0)
		return -1;
	bind_event(query, event);
	db_bind_int(query, 4, event->received_ms);
	db_bind_text(query, 5, event->body);
	db_bind_int(query, 6, event->depth);
	db_bind_int(query, 7, (int64_t)strlen(event->body));
	if (db_run(query, NULL, err) < 0 || db_query(db,
						     "SELECT number FROM event_accepted"
						     " WHERE account = ?1 AND bus = ?2 AND id = ?3",
						     &found, err) < 0)
		return -1;
	bind_event(found, event);
	return record_int(found, 0, ret_number, err);
}

int event_deliver_again(struct db *db, const struct event_accepted *event, const char *rule,
			const char *target, int64_t now_ms, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	int64_t number;

	if (record_scope_begin(&scope, db, err) < 0 || revive_event(db, event, &number, err) < 0 ||
	    insert_delivery(db, number, event, rule, target, now_ms, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

static int insert_dead(struct db *db, const struct event_delivery *delivery,
		       const struct event_dead *why, struct err *err)
{
	struct db_query *query;

	if (db_exec(db, "UPDATE event_dead_head SET number = number + 1 WHERE id = 1", NULL, err) <
	    0)
		return -1;
	if (db_query(db,
		     "INSERT INTO event_dead (account, bus, event_id, rule, target, body,"
		     " received_ms, dead_ms, attempts, exhausted, code, reason, number)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		     " (SELECT number FROM event_dead_head WHERE id = 1))",
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
