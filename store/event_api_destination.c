/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A destination is meant by its number, which is never given twice: who has the number of one
 * that is gone finds nothing.
 */
#include "store/event_api_destination.h"

#include "store/event_away.h"
#include "store/event_queue_private.h"

#define COLUMNS                                                                                    \
	"number, account, name, uuid, description, connection, connection_arn, endpoint, method,"  \
	" rate, created_ms, modified_ms, EXISTS (SELECT 1 FROM event_connection c"                 \
	" WHERE c.number = event_api_destination.connection AND c.sealed IS NOT NULL)"

static void read_destination(struct record_row *row, void *ret_item)
{
	*(struct event_api_destination *)ret_item = (struct event_api_destination){
		.number = db_int(row->query, 0),
		.account = record_text(row, 1),
		.name = record_text(row, 2),
		.uuid = record_text(row, 3),
		.description = record_text(row, 4),
		.connection = db_int(row->query, 5),
		.connection_arn = record_text(row, 6),
		.endpoint = record_text(row, 7),
		.method = record_text(row, 8),
		.rate = db_int(row->query, 9),
		.created_ms = db_int(row->query, 10),
		.modified_ms = db_int(row->query, 11),
		.is_authorized = db_int(row->query, 12) != 0,
	};
}

static int read_one(struct db_query *query, struct arena *arena,
		    struct event_api_destination *ret_destination, struct err *err)
{
	struct event_api_destination *found;
	size_t count;

	if (record_list(query, read_destination, sizeof(*found), arena, &found, &count, err) < 0)
		return -1;
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "no such API destination");
	*ret_destination = found[0];
	return 0;
}

int event_api_destination_find(struct db *db, const char *account, const char *name,
			       struct arena *arena, struct event_api_destination *ret_destination,
			       struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT " COLUMNS " FROM event_api_destination"
		     " WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	return read_one(query, arena, ret_destination, err);
}

int event_api_destination_by_number(struct db *db, int64_t number, struct arena *arena,
				    struct event_api_destination *ret_destination, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT " COLUMNS " FROM event_api_destination WHERE number = ?1", &query,
		     err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	return read_one(query, arena, ret_destination, err);
}

int event_api_destination_list(struct db *db, const char *account, const char *prefix,
			       const char *connection_arn, const char *after, size_t limit,
			       struct arena *arena, struct event_api_destination **ret_destinations,
			       size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(freep) char *end = record_prefix_end(prefix);

	if (db_query(db,
		     "SELECT " COLUMNS " FROM event_api_destination WHERE account = ?1"
		     " AND name >= ?2 AND name < ?3 AND name > ?4"
		     " AND (?5 IS NULL OR connection_arn = ?5) ORDER BY name LIMIT ?6",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, prefix);
	db_bind_text(query, 3, end);
	db_bind_text(query, 4, after ? after : "");
	db_bind_text(query, 5, connection_arn);
	db_bind_int(query, 6, (int64_t)limit);
	return record_list(query, read_destination, sizeof(struct event_api_destination), arena,
			   ret_destinations, ret_count, err);
}

static void bind_common(struct db_query *query, const struct event_api_destination *destination)
{
	db_bind_text(query, 1, destination->account);
	db_bind_text(query, 2, destination->name);
	db_bind_text(query, 3, destination->description);
	db_bind_int(query, 4, destination->connection);
	db_bind_text(query, 5, destination->connection_arn);
	db_bind_text(query, 6, destination->endpoint);
	db_bind_text(query, 7, destination->method);
	db_bind_int(query, 8, destination->rate);
	db_bind_int(query, 9, destination->modified_ms);
}

int event_api_destination_create(struct db *db, const struct event_api_destination *destination,
				 struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "INSERT INTO event_api_destination (account, name, description, connection,"
		     " connection_arn, endpoint, method, rate, modified_ms, uuid, created_ms)"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
		     " ON CONFLICT (account, name) DO NOTHING",
		     &query, err) < 0)
		return -1;
	bind_common(query, destination);
	db_bind_text(query, 10, destination->uuid);
	db_bind_int(query, 11, destination->created_ms);
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0
			   : err_set(err, ERR_EXISTS, "there is an API destination %s",
				     destination->name);
}

int event_api_destination_update(struct db *db, const struct event_api_destination *destination,
				 struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "UPDATE event_api_destination SET description = ?3, connection = ?4,"
		     " connection_arn = ?5, endpoint = ?6, method = ?7, rate = ?8,"
		     " modified_ms = ?9 WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	bind_common(query, destination);
	event_away_note();
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0
		       ? 0
		       : err_set(err, ERR_NOT_FOUND, "no API destination %s", destination->name);
}

/* What waits to be tried again has waited long enough: without a destination it will not arrive. */
static int make_due(struct db *db, const char *account, const char *name, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE event_delivery SET next_ms = since_ms WHERE destination > 0"
		     " AND next_ms < ?3 AND destination = (SELECT number"
		     " FROM event_api_destination WHERE account = ?1 AND name = ?2)",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	db_bind_int(query, 3, EVENT_DELIVERY_HELD_MS);
	return db_run(query, NULL, err);
}

int event_api_destination_delete(struct db *db, const char *account, const char *name,
				 struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (make_due(db, account, name, err) < 0)
		return -1;
	event_away_note();
	if (db_query(db, "DELETE FROM event_api_destination WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0 : err_set(err, ERR_NOT_FOUND, "no API destination %s", name);
}

int event_api_destination_count(struct db *db, const char *account, int64_t *ret_count,
				struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT COUNT(*) FROM event_api_destination WHERE account = ?1", &query,
		     err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	return record_int(query, 0, ret_count, err);
}
