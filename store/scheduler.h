/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EventBridge Scheduler's schedules and their groups. The group "default" of an account is always
 * there. Writers run inside the caller's transaction, if there is one; texts of results live
 * in the arena.
 */
#ifndef SLIPWAY_STORE_SCHEDULER_H
#define SLIPWAY_STORE_SCHEDULER_H

#include "core/arena.h"
#include "store/db.h"

#define SCHEDULER_GROUP_DEFAULT "default"

struct scheduler_group {
	const char *name;
	int64_t created_ms; /* 0: of the default group */
};

int scheduler_group_create(struct db *db, const char *account, const struct scheduler_group *group,
			   struct err *err) MUST_CHECK; /* ERR_EXISTS */
int scheduler_group_find(struct db *db, const char *account, const char *name, struct arena *arena,
			 struct scheduler_group *ret_group, struct err *err)
	MUST_CHECK; /* ERR_NOT_FOUND */
/* Names behind @after in order, those with @prefix, the default one among them. */
int scheduler_group_list(struct db *db, const char *account, const char *prefix, const char *after,
			 size_t limit, struct arena *arena, struct scheduler_group **ret_groups,
			 size_t *ret_count, struct err *err) MUST_CHECK;
/* Its schedules go with it. ERR_NOT_FOUND. */
int scheduler_group_delete(struct db *db, const char *account, const char *name, struct err *err)
	MUST_CHECK;
int scheduler_group_count(struct db *db, const char *account, int64_t *ret_count, struct err *err)
	MUST_CHECK;

struct scheduler_key {
	const char *account, *group, *name;
};

/* What an account's schedule is; the migration says what the members mean. */
struct scheduler_record {
	struct scheduler_key key;
	const char *expression, *zone;
	int64_t start_ms, end_ms;
	int64_t window_min;
	bool enabled, delete_after;
	const char *description;
	const char *target, *target_arn;
	int64_t created_ms, modified_ms;
	int64_t due_ms, fire_ms;
};

/* A new schedule, or all of one that is there. */
int scheduler_put(struct db *db, const struct scheduler_record *schedule, struct err *err)
	MUST_CHECK;
int scheduler_find(struct db *db, const struct scheduler_key *key, struct arena *arena,
		   struct scheduler_record *ret_schedule, struct err *err)
	MUST_CHECK; /* ERR_NOT_FOUND */
int scheduler_delete(struct db *db, const struct scheduler_key *key, struct err *err)
	MUST_CHECK; /* ERR_NOT_FOUND */
/* Of @account, at most @limit are counted. */
int scheduler_count(struct db *db, const char *account, int64_t limit, int64_t *ret_count,
		    struct err *err) MUST_CHECK;

enum scheduler_state { SCHEDULER_ENABLED, SCHEDULER_DISABLED, SCHEDULER_ANY };
struct scheduler_filter {
	const char *account;
	const char *group; /* NULL: all */
	const char *prefix;
	enum scheduler_state state;
	const char *after_group, *after; /* behind this one, by group and name; "" */
};
/* Without their targets, of which only the ARN is read. */
int scheduler_list(struct db *db, const struct scheduler_filter *filter, size_t limit,
		   struct arena *arena, struct scheduler_record **ret_schedules, size_t *ret_count,
		   struct err *err) MUST_CHECK;

/* Those that are to fire by @now_ms: of each account its first ones, and as many of each; @limit of
 * all at most, and fewer if their targets are large. *ret_more: there may be more. */
int scheduler_due(struct db *db, int64_t now_ms, size_t limit, struct arena *arena,
		  struct scheduler_record **ret_schedules, size_t *ret_count, bool *ret_more,
		  struct err *err) MUST_CHECK;
/* When the next one is to fire; 0: none will. */
int scheduler_next_due(struct db *db, int64_t *ret_ms, struct err *err) MUST_CHECK;
int scheduler_set_due(struct db *db, const struct scheduler_key *key, int64_t due_ms,
		      int64_t fire_ms, struct err *err) MUST_CHECK;

/*
 * A client token is used for a call, of which @call is a digest. *ret_again: it was before, so
 * nothing is to be done. ERR_CONFLICT: for another call.
 */
int scheduler_token_use(struct db *db, const char *account, const char *token, const char *call,
			int64_t now_ms, bool *ret_again, struct err *err) MUST_CHECK;
/* Forget those that are a day old, at most @batch. */
int scheduler_token_trim(struct db *db, int64_t now_ms, size_t batch, struct err *err) MUST_CHECK;

#endif
