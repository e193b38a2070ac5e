/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the unfinished tasks of an account hold, kept up with each task's first and last move,
 * in the transaction of the move: whoever asks reads one row, however many tasks there are
 * or were.
 */
#ifndef SLIPWAY_STORE_ACCOUNT_USE_H
#define SLIPWAY_STORE_ACCOUNT_USE_H

#include "store/task.h"

struct account_use {
	int64_t tasks, cpu_units, memory_mib;
	int64_t launch_milli, launch_ms; /* of the bucket of launches: see store/quota.h */
};

/* All 0 for an account that never had a task. */
int account_use_find(struct db *db, const char *account, struct account_use *ret_use,
		     struct err *err) MUST_CHECK;
/* @task comes to be. In the caller's transaction. */
int account_use_hold(struct db *db, const struct task *task, struct err *err) MUST_CHECK;
/* The task with that id is STOPPED now. In the caller's transaction. */
int account_use_release(struct db *db, const char *id, struct err *err) MUST_CHECK;
/* So much is left of the bucket at @launch_ms. In the caller's transaction. */
int account_use_set_bucket(struct db *db, const char *account, int64_t launch_milli,
			   int64_t launch_ms, struct err *err) MUST_CHECK;

#endif
