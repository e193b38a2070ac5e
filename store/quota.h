/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quotas: what an account may hold at once, and how many tasks it may launch in a second. Each
 * is the gateway's default unless it was set for the account.
 *
 * Launches are paid from a bucket that fills with time: `launches` tasks a second, up to `burst`.
 * A request for more than the bucket holds when full takes a full one, into debt, so it waits
 * no longer than others and the rate holds all the same. Wall time fills it: whoever sets
 * the clock back gives nothing and takes nothing away.
 *
 * Whoever launches asks under the write lock and writes its tasks in the same transaction, so
 * many at once do not pass together.
 */
#ifndef SLIPWAY_STORE_QUOTA_H
#define SLIPWAY_STORE_QUOTA_H

#include "core/arena.h"
#include "store/account_use.h"

#define QUOTA_DEFAULT	(-1) /* of an account: as the gateway says */
#define QUOTA_NONE	0    /* no limit */
#define QUOTA_BURST_MIN 10   /* where none is said: as many as one RunTask may ask for */

#define QUOTA_TASKS_MAX	   1000000000LL
#define QUOTA_MEMORY_MAX   ((int64_t)1 << 60)
#define QUOTA_LAUNCHES_MAX 1000000LL

#define QUOTAS(X) /* X(member, what it limits) */                                                  \
	X(tasks, "tasks at once")                                                                  \
	X(vcpus, "vCPUs of all of them")                                                           \
	X(memory_bytes, "memory of all of them")                                                   \
	X(launches, "tasks launched in a second, in the long run")                                 \
	X(burst, "tasks launched at once, after a rest")                                           \
	X(event_bytes, "bytes of events that wait, dead letters and archives")
#define QUOTA_AS_MEMBER(member, help) int64_t member; /* help */
struct quota {
	QUOTAS(QUOTA_AS_MEMBER)
};

/* The account has these from now on; a member that is QUOTA_DEFAULT is the gateway's. */
int quota_set(struct db *db, const char *account, const struct quota *quota, struct err *err)
	MUST_CHECK;
/* As it was set: members are QUOTA_DEFAULT where nothing was. */
int quota_find(struct db *db, const char *account, struct quota *ret_quota, struct err *err)
	MUST_CHECK;
/* What holds for the account. */
int quota_of(struct db *db, const char *account, const struct quota *defaults,
	     struct quota *ret_quota, struct err *err) MUST_CHECK;

enum quota_limit { QUOTA_FREE, QUOTA_TASKS, QUOTA_VCPUS, QUOTA_MEMORY };

/* How many of @count tasks of a size fit beside what is held; *ret_limit: what keeps the others
 * out. */
int64_t quota_room(const struct quota *quota, const struct account_use *use, int64_t cpu_units,
		   int64_t memory_mib, int64_t count, enum quota_limit *ret_limit);

/* Take @count launches out of the bucket; *ret_taken is false, and nothing is taken, if it does
 * not hold them yet. In the caller's transaction. */
int quota_take_launches(struct db *db, const char *account, const struct quota *quota,
			int64_t count, int64_t now_ms, bool *ret_taken, struct err *err) MUST_CHECK;

#endif
