/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules. Whatever may change which events a bus's rules match raises the bus's version in the
 * same transaction, so who has read a version and reads it again knows whether what he made of
 * the rules still holds.
 */
#include "store/event_rule.h"

#include <string.h>

#include "store/record.h"

#define COLUMNS                                                                                    \
	"account, bus, name, pattern, schedule, enabled, description, role, based_ms, due_ms,"     \
	" ignores_tasks"

static void bind_key(struct db_query *query, const struct event_rule_key *key)
{
	db_bind_text(query, 1, key->account);
	db_bind_text(query, 2, key->bus);
	db_bind_text(query, 3, key->name);
}

static void read_rule(struct record_row *row, void *ret_item)
{
	*(struct event_rule_record *)ret_item = (struct event_rule_record){
		.key = {record_text(row, 0), record_text(row, 1), record_text(row, 2)},
		.pattern = record_text_or_null(row, 3),
		.schedule = record_text_or_null(row, 4),
		.enabled = db_int(row->query, 5) != 0,
		.description = record_text(row, 6),
		.role = record_text(row, 7),
		.based_ms = db_int(row->query, 8),
		.due_ms = db_int(row->query, 9),
		.ignores_tasks = db_int(row->query, 10) != 0,
	};
}

static int list_rules(struct db_query *query, struct arena *arena,
		      struct event_rule_record **ret_rules, size_t *ret_count, struct err *err)
{
	return record_list(query, read_rule, sizeof(struct event_rule_record), arena, ret_rules,
			   ret_count, err);
}

int event_rules_raise(struct db *db, const char *account, const char *bus, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO event_rules_version (account, bus, version) VALUES (?1, ?2, 1)"
		     " ON CONFLICT (account, bus)"
		     " DO UPDATE SET version = event_rules_version.version + 1",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, bus);
	return db_run(query, NULL, err);
}

int event_rule_put(struct db *db, const struct event_rule_record *rule, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct db_query *query;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    db_query(db,
		     "INSERT INTO event_rule (" COLUMNS ")"
		     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
		     " ON CONFLICT (account, bus, name) DO UPDATE SET pattern = excluded.pattern,"
		     " schedule = excluded.schedule, enabled = excluded.enabled,"
		     " description = excluded.description, role = excluded.role,"
		     " based_ms = excluded.based_ms, due_ms = excluded.due_ms,"
		     " ignores_tasks = excluded.ignores_tasks",
		     &query, err) < 0)
		return -1;
	bind_key(query, &rule->key);
	db_bind_text(query, 4, rule->pattern);
	db_bind_text(query, 5, rule->schedule);
	db_bind_int(query, 6, rule->enabled);
	db_bind_text(query, 7, rule->description);
	db_bind_text(query, 8, rule->role);
	db_bind_int(query, 9, rule->based_ms);
	db_bind_int(query, 10, rule->due_ms);
	db_bind_int(query, 11, rule->ignores_tasks);
	if (db_run(query, NULL, err) < 0 ||
	    event_rules_raise(db, rule->key.account, rule->key.bus, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

int event_rule_find(struct db *db, const struct event_rule_key *key, struct arena *arena,
		    struct event_rule_record *ret_rule, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct event_rule_record *found;
	size_t count;

	if (db_query(db,
		     "SELECT " COLUMNS " FROM event_rule"
		     " WHERE account = ?1 AND bus = ?2 AND name = ?3",
		     &query, err) < 0)
		return -1;
	bind_key(query, key);
	if (list_rules(query, arena, &found, &count, err) < 0)
		return -1;
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "no rule %s", key->name);
	*ret_rule = found[0];
	return 0;
}

int event_rule_list(struct db *db, const char *account, const char *bus, const char *prefix,
		    const char *after, size_t limit, struct arena *arena,
		    struct event_rule_record **ret_rules, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(freep) char *end = record_prefix_end(prefix);

	if (db_query(db,
		     "SELECT " COLUMNS " FROM event_rule WHERE account = ?1 AND bus = ?2"
		     " AND name >= ?3 AND name < ?4 AND name > ?5 ORDER BY name LIMIT ?6",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, bus);
	db_bind_text(query, 3, prefix);
	db_bind_text(query, 4, end);
	db_bind_text(query, 5, after ? after : "");
	db_bind_int(query, 6, (int64_t)limit);
	return list_rules(query, arena, ret_rules, ret_count, err);
}

int event_rule_delete(struct db *db, const struct event_rule_key *key, struct err *err)
{
	AUTO(record_scope_done) struct record_scope scope = {0};
	struct db_query *query;
	int64_t changed;

	if (record_scope_begin(&scope, db, err) < 0 ||
	    db_query(db, "DELETE FROM event_rule WHERE account = ?1 AND bus = ?2 AND name = ?3",
		     &query, err) < 0)
		return -1;
	bind_key(query, key);
	if (db_run(query, &changed, err) < 0)
		return -1;
	if (changed == 0)
		return err_set(err, ERR_NOT_FOUND, "no rule %s", key->name);
	if (event_rules_raise(db, key->account, key->bus, err) < 0)
		return -1;
	return record_scope_commit(&scope, err);
}

int event_rule_set_due(struct db *db, const struct event_rule_key *key, int64_t due_ms,
		       struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE event_rule SET due_ms = ?4"
		     " WHERE account = ?1 AND bus = ?2 AND name = ?3",
		     &query, err) < 0)
		return -1;
	bind_key(query, key);
	db_bind_int(query, 4, due_ms);
	return db_run(query, NULL, err);
}

int event_rule_count(struct db *db, const char *account, const char *bus, int64_t *ret_count,
		     struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT COUNT(*) FROM event_rule WHERE account = ?1 AND bus = ?2", &query,
		     err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, bus);
	return record_int(query, 0, ret_count, err);
}

int event_rules_matching(struct db *db, const char *account, const char *bus, struct arena *arena,
			 struct event_rule_record **ret_rules, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT " COLUMNS " FROM event_rule WHERE account = ?1 AND bus = ?2"
		     " AND enabled <> 0 AND pattern IS NOT NULL ORDER BY name",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, bus);
	return list_rules(query, arena, ret_rules, ret_count, err);
}

int event_rules_version(struct db *db, const char *account, const char *bus, int64_t *ret_version,
			struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT version FROM event_rules_version WHERE account = ?1 AND bus = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, bus);
	return record_int(query, 0, ret_version, err);
}

int event_rules_due(struct db *db, int64_t now_ms, size_t limit, struct arena *arena,
		    struct event_rule_record **ret_rules, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT " COLUMNS " FROM event_rule WHERE due_ms > 0 AND due_ms <= ?1"
		     " ORDER BY due_ms LIMIT ?2",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, now_ms);
	db_bind_int(query, 2, (int64_t)limit);
	return list_rules(query, arena, ret_rules, ret_count, err);
}

int event_rules_next_due(struct db *db, int64_t *ret_ms, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT due_ms FROM event_rule WHERE due_ms > 0 ORDER BY due_ms LIMIT 1",
		     &query, err) < 0)
		return -1;
	return record_int(query, 0, ret_ms, err);
}

#define ORDERED "FROM tag WHERE account = ?1 AND key = '" EVENT_ORDER_TAG "'"

int event_rules_any_ordered(struct db *db, const char *account, bool *ret_any, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t found;

	if (db_query(db,
		     "SELECT 1 " ORDERED " AND resource >= 'rule/' AND resource < 'rule0' LIMIT 1",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	if (record_int(query, 0, &found, err) < 0)
		return -1;
	*ret_any = found != 0;
	return 0;
}

int event_rule_order(struct db *db, const struct event_rule_key *key, struct arena *arena,
		     const char **ret_path, struct err *err)
{
	bool is_default = strcmp(key->bus, EVENT_BUS_DEFAULT) == 0;
	AUTO(freep)
	char *resource = is_default ? xasprintf("rule/%s", key->name)
				    : xasprintf("rule/%s/%s", key->bus, key->name);
	AUTO(db_donep) struct db_query *query = NULL;
	const char **paths;
	size_t count;

	if (db_query(db, "SELECT value " ORDERED " AND resource = ?2", &query, err) < 0)
		return -1;
	db_bind_text(query, 1, key->account);
	db_bind_text(query, 2, resource);
	if (record_texts(query, arena, &paths, &count, err) < 0)
		return -1;
	*ret_path = count > 0 ? paths[0] : NULL;
	return 0;
}
