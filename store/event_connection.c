/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters are sealed under account, name and the uuid, so they open in no other row, nor
 * in that of a later connection of the same name.
 */
#include "store/event_connection.h"

#include "store/event_away.h"
#include "store/record.h"
#include "store/sealed.h"

#define COLUMNS                                                                                    \
	"number, account, name, uuid, description, kind, state, reason, shown, created_ms,"        \
	" modified_ms, authorized_ms, revision, sealed"
#define SEALED_COLUMN 13

static char *label_of(const char *account, const char *name, const char *uuid)
{
	return xasprintf("events/%s/%s/%s", account, name, uuid);
}

static void read_connection(struct record_row *row, void *ret_item)
{
	*(struct event_connection *)ret_item = (struct event_connection){
		.number = db_int(row->query, 0),
		.account = record_text(row, 1),
		.name = record_text(row, 2),
		.uuid = record_text(row, 3),
		.description = record_text(row, 4),
		.kind = record_text(row, 5),
		.state = record_text(row, 6),
		.reason = record_text(row, 7),
		.shown = record_text(row, 8),
		.created_ms = db_int(row->query, 9),
		.modified_ms = db_int(row->query, 10),
		.authorized_ms = db_int(row->query, 11),
		.revision = db_int(row->query, 12),
	};
}

static int list_connections(struct db_query *query, struct arena *arena,
			    struct event_connection **ret_connections, size_t *ret_count,
			    struct err *err)
{
	return record_list(query, read_connection, sizeof(struct event_connection), arena,
			   ret_connections, ret_count, err);
}

/* The one row of a bound query, opened if there is a key. */
static int read_one(struct db_query *query, const struct seal_key *key, struct arena *arena,
		    struct event_connection *ret_connection, struct err *err)
{
	struct record_row row = {.query = query, .arena = arena};
	AUTO(freep) char *label = NULL;
	struct event_connection found;
	int rc = db_step(query, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no such connection");
	read_connection(&row, &found);
	if (record_row_check(&row, err) < 0)
		return -1;
	label = label_of(found.account, found.name, found.uuid);
	if (key && !db_is_null(query, SEALED_COLUMN) &&
	    sealed_value(query, SEALED_COLUMN, key, label, arena, &found.parameters, err) < 0)
		return err_wrap(err, "connection %s", found.name);
	*ret_connection = found;
	return 0;
}

int event_connection_find(struct db *db, const struct seal_key *key, const char *account,
			  const char *name, struct arena *arena,
			  struct event_connection *ret_connection, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT " COLUMNS " FROM event_connection WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	return read_one(query, key, arena, ret_connection, err);
}

int event_connection_by_number(struct db *db, const struct seal_key *key, int64_t number,
			       struct arena *arena, struct event_connection *ret_connection,
			       struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT " COLUMNS " FROM event_connection WHERE number = ?1", &query,
		     err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	return read_one(query, key, arena, ret_connection, err);
}

int event_connection_list(struct db *db, const char *account, const char *prefix, const char *state,
			  const char *after, size_t limit, struct arena *arena,
			  struct event_connection **ret_connections, size_t *ret_count,
			  struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(freep) char *end = record_prefix_end(prefix);

	if (db_query(db,
		     "SELECT " COLUMNS " FROM event_connection WHERE account = ?1 AND name >= ?2"
		     " AND name < ?3 AND name > ?4 AND (?5 IS NULL OR state = ?5)"
		     " ORDER BY name LIMIT ?6",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, prefix);
	db_bind_text(query, 3, end);
	db_bind_text(query, 4, after ? after : "");
	db_bind_text(query, 5, state);
	db_bind_int(query, 6, (int64_t)limit);
	return list_connections(query, arena, ret_connections, ret_count, err);
}

int event_connections_waiting(struct db *db, size_t limit, struct arena *arena,
			      struct event_connection **ret_connections, size_t *ret_count,
			      struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT " COLUMNS " FROM event_connection"
		     " WHERE state = '" EVENT_CONNECTION_AUTHORIZING "' ORDER BY number LIMIT ?1",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, (int64_t)limit);
	return list_connections(query, arena, ret_connections, ret_count, err);
}

/* --- changes --- */

static int bind_parameters(struct db_query *query, int index, const struct seal_key *key,
			   const struct event_connection *connection, struct err *err)
{
	AUTO(freep)
	char *label = label_of(connection->account, connection->name, connection->uuid);

	if (connection->parameters)
		return sealed_bind(query, index, key, label, connection->parameters, err);
	db_bind_null(query, index);
	return 0;
}

/* The members that both writes have, from ?3 on. */
static void bind_common(struct db_query *query, const struct event_connection *connection)
{
	db_bind_text(query, 1, connection->account);
	db_bind_text(query, 2, connection->name);
	db_bind_text(query, 3, connection->description);
	db_bind_text(query, 4, connection->kind);
	db_bind_text(query, 5, connection->state);
	db_bind_text(query, 6, connection->reason);
	db_bind_text(query, 7, connection->shown);
	db_bind_int(query, 8, connection->modified_ms);
	db_bind_int(query, 9, connection->authorized_ms);
	event_away_note(); /* slipway-relay gets its token */
}

int event_connection_create(struct db *db, const struct seal_key *key,
			    const struct event_connection *connection, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t changed;

	if (db_query(db,
		     "INSERT INTO event_connection (account, name, description, kind, state,"
		     " reason, shown, modified_ms, authorized_ms, sealed, uuid, created_ms,"
		     " revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 1)"
		     " ON CONFLICT (account, name) DO NOTHING",
		     &query, err) < 0)
		return -1;
	bind_common(query, connection);
	if (bind_parameters(query, 10, key, connection, err) < 0)
		return -1;
	db_bind_text(query, 11, connection->uuid);
	db_bind_int(query, 12, connection->created_ms);
	if (db_run(STEAL(query, NULL), &changed, err) < 0)
		return -1;
	return changed > 0 ? 0
			   : err_set(err, ERR_EXISTS, "there is a connection %s", connection->name);
}

int event_connection_update(struct db *db, const struct seal_key *key,
			    const struct event_connection *connection, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t changed;

	if (db_query(db,
		     "UPDATE event_connection SET description = ?3, kind = ?4, state = ?5,"
		     " reason = ?6, shown = ?7, modified_ms = ?8, authorized_ms = ?9,"
		     " sealed = ?10, revision = ?11 + 1 WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	bind_common(query, connection);
	if (bind_parameters(query, 10, key, connection, err) < 0)
		return -1;
	db_bind_int(query, 11, connection->revision);
	if (db_run(STEAL(query, NULL), &changed, err) < 0)
		return -1;
	return changed > 0 ? 0 : err_set(err, ERR_NOT_FOUND, "no connection %s", connection->name);
}

int event_connection_delete(struct db *db, const char *account, const char *name, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db, "DELETE FROM event_connection WHERE account = ?1 AND name = ?2", &query,
		     err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0 : err_set(err, ERR_NOT_FOUND, "no connection %s", name);
}

int event_connection_count(struct db *db, const char *account, int64_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT COUNT(*) FROM event_connection WHERE account = ?1", &query, err) <
	    0)
		return -1;
	db_bind_text(query, 1, account);
	return record_int(query, 0, ret_count, err);
}

int event_connection_set_state(struct db *db, int64_t number, int64_t revision, const char *state,
			       const char *reason, int64_t authorized_ms, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE event_connection SET state = ?3, reason = ?4,"
		     " authorized_ms = CASE WHEN ?5 > 0 THEN ?5 ELSE authorized_ms END"
		     " WHERE number = ?1 AND revision = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, number);
	db_bind_int(query, 2, revision);
	db_bind_text(query, 3, state);
	db_bind_text(query, 4, reason);
	db_bind_int(query, 5, authorized_ms);
	return db_run(query, NULL, err);
}
