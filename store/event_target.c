/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Targets of rules: rows that go with their rule. What they match does not depend on them, so
 * the version of the bus's rules stays.
 */
#include "store/event_rule.h"
#include "store/record.h"

static void bind_rule(struct db_query *query, const struct event_rule_key *rule)
{
	db_bind_text(query, 1, rule->account);
	db_bind_text(query, 2, rule->bus);
	db_bind_text(query, 3, rule->name);
}

int event_target_put(struct db *db, const struct event_rule_key *rule,
		     const struct event_target_record *target, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "INSERT INTO event_target (account, bus, rule, id, arn, body, destination)"
		     " SELECT account, bus, name, ?4, ?5, ?6, ?7 FROM event_rule"
		     " WHERE account = ?1 AND bus = ?2 AND name = ?3"
		     " ON CONFLICT (account, bus, rule, id)"
		     " DO UPDATE SET arn = excluded.arn, body = excluded.body,"
		     " destination = excluded.destination",
		     &query, err) < 0)
		return -1;
	bind_rule(query, rule);
	db_bind_text(query, 4, target->id);
	db_bind_text(query, 5, target->arn);
	db_bind_text(query, 6, target->body);
	db_bind_int(query, 7, target->destination);
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0 : err_set(err, ERR_NOT_FOUND, "no rule %s", rule->name);
}

static void read_target(struct record_row *row, void *ret_item)
{
	struct event_target_record *ret_target = ret_item;

	ret_target->id = record_text(row, 0);
	ret_target->arn = record_text(row, 1);
	ret_target->body = record_text(row, 2);
	ret_target->destination = db_int(row->query, 3);
}

int event_target_find(struct db *db, const struct event_rule_key *rule, const char *id,
		      struct arena *arena, struct event_target_record *ret_target, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct event_target_record *found;
	size_t count;

	if (db_query(db,
		     "SELECT id, arn, body, destination FROM event_target"
		     " WHERE account = ?1 AND bus = ?2 AND rule = ?3 AND id = ?4",
		     &query, err) < 0)
		return -1;
	bind_rule(query, rule);
	db_bind_text(query, 4, id);
	if (record_list(query, read_target, sizeof(*found), arena, &found, &count, err) < 0)
		return -1;
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "no target %s of rule %s", id, rule->name);
	*ret_target = found[0];
	return 0;
}

int event_target_list(struct db *db, const struct event_rule_key *rule, const char *after,
		      size_t limit, struct arena *arena, struct event_target_record **ret_targets,
		      size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT id, arn, body, destination FROM event_target WHERE account = ?1 AND "
		     "bus = ?2"
		     " AND rule = ?3 AND id > ?4 ORDER BY id LIMIT ?5",
		     &query, err) < 0)
		return -1;
	bind_rule(query, rule);
	db_bind_text(query, 4, after ? after : "");
	db_bind_int(query, 5, (int64_t)limit);
	return record_list(query, read_target, sizeof(struct event_target_record), arena,
			   ret_targets, ret_count, err);
}

int event_target_remove(struct db *db, const struct event_rule_key *rule, const char *id,
			struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "DELETE FROM event_target"
		     " WHERE account = ?1 AND bus = ?2 AND rule = ?3 AND id = ?4",
		     &query, err) < 0)
		return -1;
	bind_rule(query, rule);
	db_bind_text(query, 4, id);
	return db_run(query, NULL, err);
}

int event_target_count(struct db *db, const struct event_rule_key *rule, int64_t *ret_count,
		       struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT COUNT(*) FROM event_target"
		     " WHERE account = ?1 AND bus = ?2 AND rule = ?3",
		     &query, err) < 0)
		return -1;
	bind_rule(query, rule);
	return record_int(query, 0, ret_count, err);
}

int event_target_rules(struct db *db, const char *account, const char *bus, const char *arn,
		       const char *after, size_t limit, struct arena *arena,
		       const char ***ret_names, size_t *ret_count, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT DISTINCT rule FROM event_target"
		     " WHERE account = ?1 AND bus = ?2 AND arn = ?3 AND rule > ?4"
		     " ORDER BY rule LIMIT ?5",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, bus);
	db_bind_text(query, 3, arn);
	db_bind_text(query, 4, after ? after : "");
	db_bind_int(query, 5, (int64_t)limit);
	return record_texts(query, arena, ret_names, ret_count, err);
}
