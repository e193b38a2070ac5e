/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buses. The default one has no row; lists put it where its name belongs.
 */
#include <string.h>

#include "store/event_archive.h"
#include "store/event_rule.h"
#include "store/record.h"

static bool is_default(const char *name)
{
	return strcmp(name, EVENT_BUS_DEFAULT) == 0;
}

int event_bus_create(struct db *db, const char *account, const struct event_bus *bus,
		     struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "INSERT INTO event_bus (account, name, description, created_ms)"
		     " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (account, name) DO NOTHING",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, bus->name);
	db_bind_text(query, 3, bus->description);
	db_bind_int(query, 4, bus->created_ms);
	if (db_run(query, &changed, err) < 0)
		return -1;
	if (changed == 0 || is_default(bus->name))
		return err_set(err, ERR_EXISTS, "there is a bus %s", bus->name);
	return 0;
}

static void read_bus(struct record_row *row, void *ret_item)
{
	struct event_bus *ret_bus = ret_item;

	ret_bus->name = record_text(row, 0);
	ret_bus->description = record_text(row, 1);
	ret_bus->created_ms = db_int(row->query, 2);
}

int event_bus_find(struct db *db, const char *account, const char *name, struct arena *arena,
		   struct event_bus *ret_bus, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct event_bus *found;
	size_t count;

	if (is_default(name)) {
		*ret_bus = (struct event_bus){.name = EVENT_BUS_DEFAULT, .description = ""};
		return 0;
	}
	if (db_query(db,
		     "SELECT name, description, created_ms FROM event_bus"
		     " WHERE account = ?1 AND name = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	if (record_list(query, read_bus, sizeof(*found), arena, &found, &count, err) < 0)
		return -1;
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "no bus %s", name);
	*ret_bus = found[0];
	return 0;
}

int event_bus_list(struct db *db, const char *account, const char *prefix, const char *after,
		   size_t limit, struct arena *arena, struct event_bus **ret_buses,
		   size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(freep) char *end = record_prefix_end(prefix);

	if (db_query(db,
		     "SELECT name, description, created_ms FROM"
		     " (SELECT name, description, created_ms FROM event_bus WHERE account = ?1"
		     "  UNION ALL SELECT '" EVENT_BUS_DEFAULT "', '', 0) AS bus"
		     " WHERE name >= ?2 AND name < ?3 AND name > ?4 ORDER BY name LIMIT ?5",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, prefix);
	db_bind_text(query, 3, end);
	db_bind_text(query, 4, after ? after : "");
	db_bind_int(query, 5, (int64_t)limit);
	return record_list(query, read_bus, sizeof(struct event_bus), arena, ret_buses, ret_count,
			   err);
}

int event_bus_delete(struct db *db, const char *account, const char *name, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct db_query *query;
	int64_t rules;
	int64_t archives;
	int64_t changed;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    event_rule_count(db, account, name, &rules, err) < 0 ||
	    event_archive_count(db, account, name, &archives, err) < 0)
		return -1;
	/* AWS has an archive's events come by a rule of its own, so it says the same of both. */
	if (rules > 0 || archives > 0)
		return err_set(err, ERR_CONFLICT, "bus %s has rules", name);
	if (db_query(db, "DELETE FROM event_bus WHERE account = ?1 AND name = ?2", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, name);
	if (db_run(query, &changed, err) < 0)
		return -1;
	if (changed == 0)
		return err_set(err, ERR_NOT_FOUND, "no bus %s", name);
	return record_scope_commit(&scope, err);
}

int event_bus_count(struct db *db, const char *account, int64_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT COUNT(*) FROM event_bus WHERE account = ?1", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	return record_int(query, 0, ret_count, err);
}
