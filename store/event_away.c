/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each destination has its own place in the index, so what waits for one is not seen by who looks
 * at another.
 */
#include "store/event_away.h"

#include "store/event_queue_private.h"

static _Thread_local bool noted;

static void read_away(struct record_row *row, void *ret_item)
{
	*(struct event_away *)ret_item =
		(struct event_away){db_int(row->query, 0), db_int(row->query, 1)};
}

int event_away_list(struct db *db, int64_t after, size_t limit, struct arena *arena,
		    struct event_away **ret_list, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	/* From one number to the next, as SELECT DISTINCT would read all deliveries. */
	if (db_query(db,
		     "WITH RECURSIVE away (number) AS ("
		     " SELECT (SELECT destination FROM event_delivery WHERE destination > 0"
		     "  AND destination > ?1 ORDER BY destination LIMIT 1)"
		     " UNION ALL"
		     " SELECT (SELECT destination FROM event_delivery WHERE destination > 0"
		     "  AND destination > away.number ORDER BY destination LIMIT 1)"
		     " FROM away WHERE away.number IS NOT NULL)"
		     " SELECT number, (SELECT next_ms FROM event_delivery"
		     "  WHERE destination > 0 AND destination = away.number"
		     "  ORDER BY next_ms LIMIT 1)"
		     " FROM away WHERE number IS NOT NULL LIMIT ?2",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, after);
	db_bind_int(query, 2, (int64_t)limit);
	return record_list(query, read_away, sizeof(struct event_away), arena, ret_list, ret_count,
			   err);
}

static void read_number(struct record_row *row, void *ret_item)
{
	*(struct event_delivery *)ret_item =
		(struct event_delivery){.number = db_int(row->query, 0)};
}

int event_away_due(struct db *db, int64_t destination, int64_t now_ms, size_t limit,
		   struct arena *arena, struct event_delivery **ret_deliveries, size_t *ret_count,
		   struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT number FROM event_delivery WHERE destination > 0"
		     " AND destination = ?1 AND next_ms <= ?2 ORDER BY next_ms LIMIT ?3",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, destination);
	db_bind_int(query, 2, now_ms);
	db_bind_int(query, 3, (int64_t)limit);
	return record_list(query, read_number, sizeof(struct event_delivery), arena, ret_deliveries,
			   ret_count, err);
}

int event_away_next(struct db *db, int64_t destination, int64_t now_ms, int64_t *ret_ms,
		    struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT MIN(next_ms) FROM event_delivery WHERE destination > 0"
		     " AND destination = ?1 AND next_ms > ?2",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, destination);
	db_bind_int(query, 2, now_ms);
	return record_int(query, 0, ret_ms, err);
}

int event_away_find(struct db *db, int64_t number, struct arena *arena,
		    struct event_delivery *ret_delivery, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct event_delivery *found;
	size_t count;

	if (db_query(db, EVENT_DELIVERY_SELECT " WHERE d.number = ?1", &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	if (record_list(query, event_delivery_read, sizeof(*found), arena, &found, &count, err) < 0)
		return -1;
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "the delivery has ended");
	*ret_delivery = found[0];
	return 0;
}

int event_delivery_hand(struct db *db, const struct event_delivery *delivery, int64_t destination,
			struct err *err)
{
	struct db_query *query;

	if (db_query(db, "UPDATE event_delivery SET destination = ?2 WHERE number = ?1", &query,
		     err) < 0)
		return -1;
	db_bind_int(query, 1, delivery->number);
	db_bind_int(query, 2, destination);
	if (destination > 0)
		event_away_note();
	return db_run(query, NULL, err);
}

void event_away_note(void)
{
	noted = true;
}

bool event_away_noted(void)
{
	return STEAL(noted, false);
}
