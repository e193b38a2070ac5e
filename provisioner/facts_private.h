/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by facts.c and facts_report.c only. */
#ifndef SLIPWAY_PROVISIONER_FACTS_PRIVATE_H
#define SLIPWAY_PROVISIONER_FACTS_PRIVATE_H

#include "provisioner/facts.h"

/* Move the task inside the caller's transaction: the state, everything that waits
 * to be written, and the meter if charging begins or ends. */
int facts_move(struct db *db, struct facts_task *facts, enum task_event event,
	       struct task_change change, int64_t now_ms, struct err *err) MUST_CHECK;
/* Write containers' rows and phases that wait. */
int facts_flush(struct db *db, struct facts_task *facts, struct err *err) MUST_CHECK;

/* For the meter: the task's machine is gone. */
int facts_gone(struct db *db, const char *task, const struct machine_life *life, struct err *err)
	MUST_CHECK;

/* Commit if @result is 0, else roll back. */
int facts_end(struct db *db, int result, struct err *err) MUST_CHECK;

void facts_container_end(struct facts_container *container, const char *reason);

#endif
