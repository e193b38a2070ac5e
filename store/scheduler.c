/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules. Lists go by group and name, as the primary key does.
 */
#include "store/scheduler.h"

#include <stdio.h>
#include <string.h>

#include "store/account.h"
#include "store/record.h"

#define TOKEN_LIFE_MS (24 * 60 * 60 * 1000LL)
#define DUE_BYTES_MAX (16 << 20) /* of targets that are read at once, the last one beyond it */
#define COLUMNS_WITH(target)                                                                       \
	"account, group_name, name, expression, zone, start_ms, end_ms, window_min, enabled,"      \
	" delete_after, description, " target ", target_arn, created_ms, modified_ms, due_ms,"     \
	" fire_ms"
#define COLUMNS COLUMNS_WITH("target")

static void bind_key(struct db_query *query, const struct scheduler_key *key)
{
	db_bind_text(query, 1, key->account);
	db_bind_text(query, 2, key->group);
	db_bind_text(query, 3, key->name);
}

static void read_schedule(struct record_row *row, void *ret_item)
{
	*(struct scheduler_record *)ret_item = (struct scheduler_record){
		.key = {record_text(row, 0), record_text(row, 1), record_text(row, 2)},
		.expression = record_text(row, 3),
		.zone = record_text(row, 4),
		.start_ms = db_int(row->query, 5),
		.end_ms = db_int(row->query, 6),
		.window_min = db_int(row->query, 7),
		.enabled = db_int(row->query, 8) != 0,
		.delete_after = db_int(row->query, 9) != 0,
		.description = record_text(row, 10),
		.target = record_text(row, 11),
		.target_arn = record_text(row, 12),
		.created_ms = db_int(row->query, 13),
		.modified_ms = db_int(row->query, 14),
		.due_ms = db_int(row->query, 15),
		.fire_ms = db_int(row->query, 16),
	};
}

static int list_schedules(struct db_query *query, struct arena *arena,
			  struct scheduler_record **ret_schedules, size_t *ret_count,
			  struct err *err)
{
	return record_list(query, read_schedule, sizeof(struct scheduler_record), arena,
			   ret_schedules, ret_count, err);
}

int scheduler_put(struct db *db, const struct scheduler_record *schedule, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO schedule (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,"
		     " ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
		     " ON CONFLICT (account, group_name, name) DO UPDATE SET"
		     " expression = excluded.expression, zone = excluded.zone,"
		     " start_ms = excluded.start_ms, end_ms = excluded.end_ms,"
		     " window_min = excluded.window_min, enabled = excluded.enabled,"
		     " delete_after = excluded.delete_after, description = excluded.description,"
		     " target = excluded.target, target_arn = excluded.target_arn,"
		     " created_ms = excluded.created_ms, modified_ms = excluded.modified_ms,"
		     " due_ms = excluded.due_ms, fire_ms = excluded.fire_ms",
		     &query, err) < 0)
		return -1;
	bind_key(query, &schedule->key);
	db_bind_text(query, 4, schedule->expression);
	db_bind_text(query, 5, schedule->zone);
	db_bind_int(query, 6, schedule->start_ms);
	db_bind_int(query, 7, schedule->end_ms);
	db_bind_int(query, 8, schedule->window_min);
	db_bind_int(query, 9, schedule->enabled);
	db_bind_int(query, 10, schedule->delete_after);
	db_bind_text(query, 11, schedule->description);
	db_bind_text(query, 12, schedule->target);
	db_bind_text(query, 13, schedule->target_arn);
	db_bind_int(query, 14, schedule->created_ms);
	db_bind_int(query, 15, schedule->modified_ms);
	db_bind_int(query, 16, schedule->due_ms);
	db_bind_int(query, 17, schedule->fire_ms);
	return db_run(query, NULL, err);
}

int scheduler_find(struct db *db, const struct scheduler_key *key, struct arena *arena,
		   struct scheduler_record *ret_schedule, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	struct scheduler_record *found;
	size_t count;

	if (db_query(db,
		     "SELECT " COLUMNS " FROM schedule"
		     " WHERE account = ?1 AND group_name = ?2 AND name = ?3",
		     &query, err) < 0)
		return -1;
	bind_key(query, key);
	if (list_schedules(query, arena, &found, &count, err) < 0)
		return -1;
	if (count == 0)
		return err_set(err, ERR_NOT_FOUND, "no schedule %s", key->name);
	*ret_schedule = found[0];
	return 0;
}

int scheduler_delete(struct db *db, const struct scheduler_key *key, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "DELETE FROM schedule WHERE account = ?1 AND group_name = ?2 AND name = ?3",
		     &query, err) < 0)
		return -1;
	bind_key(query, key);
	if (db_run(query, &changed, err) < 0)
		return -1;
	return changed > 0 ? 0 : err_set(err, ERR_NOT_FOUND, "no schedule %s", key->name);
}

int scheduler_count(struct db *db, const char *account, int64_t limit, int64_t *ret_count,
		    struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT COUNT(*) FROM"
		     " (SELECT 1 FROM schedule WHERE account = ?1 LIMIT ?2) AS counted",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_int(query, 2, limit);
	return record_int(query, 0, ret_count, err);
}

int scheduler_list(struct db *db, const struct scheduler_filter *filter, size_t limit,
		   struct arena *arena, struct scheduler_record **ret_schedules, size_t *ret_count,
		   struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	AUTO(freep) char *end = record_prefix_end(filter->prefix);

	if (db_query(db,
		     "SELECT " COLUMNS_WITH(
			     "''") " FROM schedule WHERE account = ?1"
				   " AND (?2 IS NULL OR group_name = ?2) AND name >= ?3 AND name < "
				   "?4"
				   " AND (?5 < 0 OR enabled = ?5) AND (group_name, name) > (?6, ?7)"
				   " ORDER BY group_name, name LIMIT ?8",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, filter->account);
	db_bind_text(query, 2, filter->group);
	db_bind_text(query, 3, filter->prefix);
	db_bind_text(query, 4, end);
	db_bind_int(query, 5,
		    filter->state == SCHEDULER_ANY ? -1 : filter->state == SCHEDULER_ENABLED);
	db_bind_text(query, 6, filter->after_group);
	db_bind_text(query, 7, filter->after);
	db_bind_int(query, 8, (int64_t)limit);
	return list_schedules(query, arena, ret_schedules, ret_count, err);
}

/* --- what is due: of many accounts at once, each gets its share --- */

struct due {
	int64_t now_ms;
	size_t share, bytes_share; /* of an account */
	bool more;
};

/* The account behind @account that has a time, and its first; *ret_found: there is one. */
static int next_account(struct db *db, char account[ACCOUNT_ID_SIZE], int64_t *ret_fire_ms,
			bool *ret_found, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db,
		     "SELECT account, fire_ms FROM schedule WHERE account > ?1 AND fire_ms > 0"
		     " ORDER BY account, fire_ms LIMIT 1",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	*ret_found = rc == 1;
	if (rc == 1) {
		(void)snprintf(account, ACCOUNT_ID_SIZE, "%s", db_text(query, 0));
		*ret_fire_ms = db_int(query, 1);
	}
	return 0;
}

/* Step to the end, or to as much as an account may have at once. */
static int read_due(struct db_query *query, struct arena *arena, struct due *due, struct buf *list,
		    struct err *err)
{
	struct record_row row = {.query = query, .arena = arena};
	size_t bytes = 0;
	size_t count = 0;
	int rc;

	while ((rc = db_step(query, err)) == 1) {
		struct scheduler_record schedule;

		read_schedule(&row, &schedule);
		if (record_row_check(&row, err) < 0 ||
		    buf_append(list, &schedule, sizeof(schedule), err) < 0)
			return -1;
		bytes += strlen(schedule.target);
		if (++count == due->share || bytes > due->bytes_share) {
			due->more = true;
			return 0;
		}
	}
	return rc;
}

static int read_account(struct db *db, const char *account, struct arena *arena, struct due *due,
			struct buf *list, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db,
		     "SELECT " COLUMNS " FROM schedule WHERE account = ?1 AND fire_ms > 0"
		     " AND fire_ms <= ?2 ORDER BY fire_ms LIMIT ?3",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_int(query, 2, due->now_ms);
	db_bind_int(query, 3, (int64_t)due->share);
	return read_due(query, arena, due, list, err);
}

/* Accounts of which something is due, one after the other in @list. */
static int find_accounts(struct db *db, int64_t now_ms, struct buf *list, struct err *err)
{
	char account[ACCOUNT_ID_SIZE] = "";
	int64_t fire_ms = 0;
	bool found;

	for (;;) {
		if (next_account(db, account, &fire_ms, &found, err) < 0)
			return -1;
		if (!found)
			return 0;
		if (fire_ms <= now_ms && buf_append(list, account, ACCOUNT_ID_SIZE, err) < 0)
			return -1;
	}
}

int scheduler_due(struct db *db, int64_t now_ms, size_t limit, struct arena *arena,
		  struct scheduler_record **ret_schedules, size_t *ret_count, bool *ret_more,
		  struct err *err)
{
	AUTO(buf_done) struct buf accounts = {0};
	AUTO(buf_done) struct buf list = {0};
	struct due due = {.now_ms = now_ms};
	size_t count;

	buf_init(&accounts, RECORD_LIST_MAX);
	buf_init(&list, RECORD_LIST_MAX);
	if (find_accounts(db, now_ms, &accounts, err) < 0)
		return -1;
	count = accounts.len / ACCOUNT_ID_SIZE;
	if (count > limit)
		count = limit;
	due.share = count > 0 ? limit / count : 0;
	due.bytes_share = count > 0 ? DUE_BYTES_MAX / count : 0;
	due.more = count < accounts.len / ACCOUNT_ID_SIZE;
	for (size_t i = 0; i < count; i++) {
		if (read_account(db, (const char *)accounts.data + i * ACCOUNT_ID_SIZE, arena, &due,
				 &list, err) < 0)
			return -1;
	}
	if (record_list_take(&list, sizeof(struct scheduler_record), arena, ret_schedules,
			     ret_count, err) < 0)
		return -1;
	*ret_more = due.more;
	return 0;
}

int scheduler_next_due(struct db *db, int64_t *ret_ms, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;

	if (db_query(db, "SELECT MIN(fire_ms) FROM schedule WHERE fire_ms > 0", &query, err) < 0)
		return -1;
	return record_int(query, 0, ret_ms, err);
}

int scheduler_set_due(struct db *db, const struct scheduler_key *key, int64_t due_ms,
		      int64_t fire_ms, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "UPDATE schedule SET due_ms = ?4, fire_ms = ?5"
		     " WHERE account = ?1 AND group_name = ?2 AND name = ?3",
		     &query, err) < 0)
		return -1;
	bind_key(query, key);
	db_bind_int(query, 4, due_ms);
	db_bind_int(query, 5, fire_ms);
	return db_run(query, NULL, err);
}

/* --- client tokens --- */

static int find_token(struct db *db, const char *account, const char *token, const char *call,
		      struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int64_t same;

	if (db_query(db, "SELECT call = ?3 FROM schedule_token WHERE account = ?1 AND token = ?2",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, token);
	db_bind_text(query, 3, call);
	if (record_int(query, 0, &same, err) < 0)
		return -1;
	return same ? 0 : err_set(err, ERR_CONFLICT, "the token was used for another call");
}

int scheduler_token_use(struct db *db, const char *account, const char *token, const char *call,
			int64_t now_ms, bool *ret_again, struct err *err)
{
	struct db_query *query;
	int64_t changed;

	if (db_query(db,
		     "INSERT INTO schedule_token (account, token, call, used_ms)"
		     " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (account, token) DO NOTHING",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	db_bind_text(query, 2, token);
	db_bind_text(query, 3, call);
	db_bind_int(query, 4, now_ms);
	if (db_run(query, &changed, err) < 0)
		return -1;
	*ret_again = changed == 0;
	return changed > 0 ? 0 : find_token(db, account, token, call, err);
}

int scheduler_token_trim(struct db *db, int64_t now_ms, size_t batch, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "DELETE FROM schedule_token WHERE (account, token) IN"
		     " (SELECT account, token FROM schedule_token WHERE used_ms <= ?1"
		     "  ORDER BY used_ms LIMIT ?2)",
		     &query, err) < 0)
		return -1;
	db_bind_int(query, 1, now_ms - TOKEN_LIFE_MS);
	db_bind_int(query, 2, (int64_t)batch);
	return db_run(query, NULL, err);
}
