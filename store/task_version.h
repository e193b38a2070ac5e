/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a task was at each of its versions. Every change that raises a task's version leaves a row
 * here in its own transaction, if somebody may want the event of it (the account's default bus has
 * a rule that may want it, or is watched). Who makes the event ends the row in the transaction of
 * the event: so there is one event a version, whoever is killed when.
 */
#ifndef SLIPWAY_STORE_TASK_VERSION_H
#define SLIPWAY_STORE_TASK_VERSION_H

#include "store/task.h"

struct task_version {
	int64_t number;
	int64_t noted_ms; /* wall */
	bool waits;	  /* no version: it began to wait for room */
	struct task task; /* as it was then; what never changes is as it is now */
};

/* In the transaction of the change. */
int task_version_note(struct db *db, const char *id, struct err *err) MUST_CHECK;
/* Since @now_ms it waits for room on the host: said once of a task. *ret_first: this was it. In
 * the caller's transaction, if there is one. */
int task_version_note_wait(struct db *db, const char *id, int64_t now_ms, bool *ret_first,
			   struct err *err) MUST_CHECK;
/* Whether this thread has left rows since it was asked last: once they are committed, the gateway
 * has events to make. */
bool task_version_noted(void);

int task_version_none(struct db *db, bool *ret_none, struct err *err) MUST_CHECK;
/* The oldest rows, in the order of their changes; texts in the arena. */
int task_version_list(struct db *db, size_t limit, struct arena *arena,
		      struct task_version **ret_versions, size_t *ret_count, struct err *err)
	MUST_CHECK;
int task_version_end(struct db *db, int64_t number, struct err *err) MUST_CHECK;

#endif
