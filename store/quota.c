/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quotas (see the header). A bucket is counted in thousandths of a task, so that what a
 * millisecond brings is exactly the rate, in whole numbers.
 */
#include "store/quota.h"

#include "store/record.h"

#define MILLI		   1000
#define CPU_UNITS_PER_VCPU 1024
#define BYTES_PER_MIB	   (1024 * 1024)

static void bind_limit(struct db_query *query, int index, int64_t value)
{
	if (value == QUOTA_DEFAULT)
		db_bind_null(query, index);
	else
		db_bind_int(query, index, value);
}

int quota_set(struct db *db, const char *account, const struct quota *quota, struct err *err)
{
	struct db_query *query;

	if (db_query(db,
		     "INSERT INTO quota (account, tasks, vcpus, memory_bytes, launches, burst,"
		     " event_bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
		     " ON CONFLICT (account) DO UPDATE SET tasks = excluded.tasks,"
		     " vcpus = excluded.vcpus, memory_bytes = excluded.memory_bytes,"
		     " launches = excluded.launches, burst = excluded.burst,"
		     " event_bytes = excluded.event_bytes",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	bind_limit(query, 2, quota->tasks);
	bind_limit(query, 3, quota->vcpus);
	bind_limit(query, 4, quota->memory_bytes);
	bind_limit(query, 5, quota->launches);
	bind_limit(query, 6, quota->burst);
	bind_limit(query, 7, quota->event_bytes);
	return db_run(query, NULL, err);
}

static int64_t limit_at(struct db_query *query, int column)
{
	return db_is_null(query, column) ? QUOTA_DEFAULT : db_int(query, column);
}

int quota_find(struct db *db, const char *account, struct quota *ret_quota, struct err *err)
{
	AUTO(db_donep) struct db_query *query = NULL;
	int rc;

	if (db_query(db,
		     "SELECT tasks, vcpus, memory_bytes, launches, burst, event_bytes"
		     " FROM quota WHERE account = ?1",
		     &query, err) < 0)
		return -1;
	db_bind_text(query, 1, account);
	rc = db_step(query, err);
	if (rc < 0)
		return -1;
	*ret_quota = (struct quota){QUOTA_DEFAULT, QUOTA_DEFAULT, QUOTA_DEFAULT,
				    QUOTA_DEFAULT, QUOTA_DEFAULT, QUOTA_DEFAULT};
	if (rc == 1)
		*ret_quota = (struct quota){.tasks = limit_at(query, 0),
					    .vcpus = limit_at(query, 1),
					    .memory_bytes = limit_at(query, 2),
					    .launches = limit_at(query, 3),
					    .burst = limit_at(query, 4),
					    .event_bytes = limit_at(query, 5)};
	return 0;
}

int quota_of(struct db *db, const char *account, const struct quota *defaults,
	     struct quota *ret_quota, struct err *err)
{
	struct quota quota;

	if (quota_find(db, account, &quota, err) < 0)
		return -1;
#define TAKE_DEFAULT(member, help)                                                                 \
	if (quota.member == QUOTA_DEFAULT)                                                         \
		quota.member = defaults->member;
	QUOTAS(TAKE_DEFAULT)
#undef TAKE_DEFAULT
	*ret_quota = quota;
	return 0;
}

/* How many of @size each fit below @limit. */
static int64_t room_for(int64_t limit, int64_t used, int64_t size)
{
	if (limit <= used || size <= 0)
		return limit <= used ? 0 : INT64_MAX;
	return (limit - used) / size;
}

int64_t quota_room(const struct quota *quota, const struct account_use *use, int64_t cpu_units,
		   int64_t memory_mib, int64_t count, enum quota_limit *ret_limit)
{
	const struct {
		enum quota_limit limit;
		int64_t quota, room;
	} rows[] = {
		{QUOTA_TASKS, quota->tasks, room_for(quota->tasks, use->tasks, 1)},
		{QUOTA_VCPUS, quota->vcpus,
		 room_for(quota->vcpus * CPU_UNITS_PER_VCPU, use->cpu_units, cpu_units)},
		{QUOTA_MEMORY, quota->memory_bytes,
		 room_for(quota->memory_bytes / BYTES_PER_MIB, use->memory_mib, memory_mib)},
	};

	*ret_limit = QUOTA_FREE;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].quota == QUOTA_NONE || rows[i].room >= count)
			continue;
		count = rows[i].room;
		*ret_limit = rows[i].limit;
	}
	return count;
}

static int64_t bucket_size(const struct quota *quota)
{
	if (quota->burst != QUOTA_NONE)
		return quota->burst;
	return quota->launches > QUOTA_BURST_MIN ? quota->launches : QUOTA_BURST_MIN;
}

/* What the bucket holds at @now_ms, in thousandths. */
static int64_t bucket_at(const struct quota *quota, const struct account_use *use, int64_t now_ms)
{
	int64_t full = bucket_size(quota) * MILLI;
	int64_t passed_ms = now_ms > use->launch_ms ? now_ms - use->launch_ms : 0;

	if (use->launch_ms == 0 || use->launch_milli >= full ||
	    passed_ms > (full - use->launch_milli) / quota->launches)
		return full;
	return use->launch_milli + passed_ms * quota->launches;
}

int quota_take_launches(struct db *db, const char *account, const struct quota *quota,
			int64_t count, int64_t now_ms, bool *ret_taken, struct err *err)
{
	struct account_use use;
	int64_t held, size, needed;

	*ret_taken = true;
	if (quota->launches == QUOTA_NONE)
		return 0;
	if (account_use_find(db, account, &use, err) < 0)
		return -1;
	held = bucket_at(quota, &use, now_ms);
	size = bucket_size(quota);
	needed = count < size ? count : size;
	*ret_taken = held >= needed * MILLI;
	if (!*ret_taken)
		return 0;
	return account_use_set_bucket(db, account, held - count * MILLI, now_ms, err);
}
