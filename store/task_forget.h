/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stopped tasks are kept for as long as the configuration says and are forgotten then:
 * the task with its containers, phases, commands (ExecuteCommand), event and tags. What it
 * held stays for ever, since the bill's rows point at no task; and what its own row said
 * of that is kept in task_kept, for those who check the bill.
 *
 * Not forgotten yet is a task whose meter still runs, and one whose client token still
 * holds: a retry of its request would start it a second time.
 */
#ifndef SLIPWAY_STORE_TASK_FORGET_H
#define SLIPWAY_STORE_TASK_FORGET_H

#include "store/task.h"

/* How far a walk from the oldest to the newest has come; all 0: at the begin. */
struct task_forget_place {
	int64_t stopped_ms;
	char id[TASK_ID_SIZE];
};

/*
 * Of the next @batch tasks behind @place that stopped at @before_ms or earlier, forget those that
 * may go: one transaction of its own, none if there are none. @place moves on. *ret_forgotten is
 * their number; *ret_more: the walk is not at its end.
 */
int task_forget(struct db *db, int64_t before_ms, int64_t now_ms, size_t batch,
		struct task_forget_place *place, size_t *ret_forgotten, bool *ret_more,
		struct err *err) MUST_CHECK;

#endif
