/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event buses, their rules and the rules' targets. The bus "default" of an account is always
 * there. Writers run inside the caller's transaction, if there is one; texts of results live
 * in the arena.
 */
#ifndef SLIPWAY_STORE_EVENT_RULE_H
#define SLIPWAY_STORE_EVENT_RULE_H

#include "core/arena.h"
#include "store/db.h"

#define EVENT_BUS_DEFAULT "default"

struct event_bus {
	const char *name, *description;
	int64_t created_ms; /* 0: of the default bus */
};

int event_bus_create(struct db *db, const char *account, const struct event_bus *bus,
		     struct err *err) MUST_CHECK; /* ERR_EXISTS */
int event_bus_find(struct db *db, const char *account, const char *name, struct arena *arena,
		   struct event_bus *ret_bus, struct err *err) MUST_CHECK; /* ERR_NOT_FOUND */
/* Names behind @after in order, those with @prefix, the default one among them. */
int event_bus_list(struct db *db, const char *account, const char *prefix, const char *after,
		   size_t limit, struct arena *arena, struct event_bus **ret_buses,
		   size_t *ret_count, struct err *err) MUST_CHECK;
/* ERR_NOT_FOUND; ERR_CONFLICT while it has rules or archives. */
int event_bus_delete(struct db *db, const char *account, const char *name, struct err *err)
	MUST_CHECK;
int event_bus_count(struct db *db, const char *account, int64_t *ret_count, struct err *err)
	MUST_CHECK;

struct event_rule_key {
	const char *account, *bus, *name;
};

struct event_rule_record {
	struct event_rule_key key;
	const char *pattern, *schedule; /* NULL: none */
	bool enabled;
	bool ignores_tasks; /* its pattern wants no event that a task makes by itself */
	const char *description, *role;
	int64_t based_ms, due_ms; /* of the schedule; see the migration */
};

/* A new rule, or all of one that is there. */
int event_rule_put(struct db *db, const struct event_rule_record *rule, struct err *err) MUST_CHECK;
int event_rule_find(struct db *db, const struct event_rule_key *key, struct arena *arena,
		    struct event_rule_record *ret_rule, struct err *err) MUST_CHECK;
int event_rule_list(struct db *db, const char *account, const char *bus, const char *prefix,
		    const char *after, size_t limit, struct arena *arena,
		    struct event_rule_record **ret_rules, size_t *ret_count, struct err *err)
	MUST_CHECK;
/* What it has of targets goes with it. ERR_NOT_FOUND. */
int event_rule_delete(struct db *db, const struct event_rule_key *key, struct err *err) MUST_CHECK;
int event_rule_set_due(struct db *db, const struct event_rule_key *key, int64_t due_ms,
		       struct err *err) MUST_CHECK;
int event_rule_count(struct db *db, const char *account, const char *bus, int64_t *ret_count,
		     struct err *err) MUST_CHECK;
/* The enabled rules of a bus that have patterns, by name; *ret_version of all rules of the bus
 * changes whenever this list does (0: there never was one). */
int event_rules_matching(struct db *db, const char *account, const char *bus, struct arena *arena,
			 struct event_rule_record **ret_rules, size_t *ret_count, struct err *err)
	MUST_CHECK;
int event_rules_version(struct db *db, const char *account, const char *bus, int64_t *ret_version,
			struct err *err) MUST_CHECK;
/* Something else that events of the bus are matched with has changed. */
int event_rules_raise(struct db *db, const char *account, const char *bus, struct err *err)
	MUST_CHECK;
/* Rules whose schedule is due at @now_ms, of all accounts, the first first. */
int event_rules_due(struct db *db, int64_t now_ms, size_t limit, struct arena *arena,
		    struct event_rule_record **ret_rules, size_t *ret_count, struct err *err)
	MUST_CHECK;
/* When the next one falls due; 0: none will. */
int event_rules_next_due(struct db *db, int64_t *ret_ms, struct err *err) MUST_CHECK;

/* What the rule's tag EVENT_ORDER_TAG says, NULL: it has none. Whether any rule of the account has
 * one is asked first: most have none. */
#define EVENT_ORDER_TAG "slipway:orderBy"
int event_rules_any_ordered(struct db *db, const char *account, bool *ret_any, struct err *err)
	MUST_CHECK;
int event_rule_order(struct db *db, const struct event_rule_key *key, struct arena *arena,
		     const char **ret_path, struct err *err) MUST_CHECK;

struct event_target_record {
	const char *id, *arn, *body;
	int64_t destination; /* the number of the API destination that it is; 0: something else */
};

/* ERR_NOT_FOUND without the rule. */
int event_target_put(struct db *db, const struct event_rule_key *rule,
		     const struct event_target_record *target, struct err *err) MUST_CHECK;
int event_target_find(struct db *db, const struct event_rule_key *rule, const char *id,
		      struct arena *arena, struct event_target_record *ret_target, struct err *err)
	MUST_CHECK; /* ERR_NOT_FOUND */
int event_target_list(struct db *db, const struct event_rule_key *rule, const char *after,
		      size_t limit, struct arena *arena, struct event_target_record **ret_targets,
		      size_t *ret_count, struct err *err) MUST_CHECK;
/* One that is not there is no error. */
int event_target_remove(struct db *db, const struct event_rule_key *rule, const char *id,
			struct err *err) MUST_CHECK;
int event_target_count(struct db *db, const struct event_rule_key *rule, int64_t *ret_count,
		       struct err *err) MUST_CHECK;
/* Names of the bus's rules that have a target with exactly this ARN. */
int event_target_rules(struct db *db, const char *account, const char *bus, const char *arn,
		       const char *after, size_t limit, struct arena *arena,
		       const char ***ret_names, size_t *ret_count, struct err *err) MUST_CHECK;

#endif
