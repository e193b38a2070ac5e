/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is on its way, for who looks after it: deliveries that wait, a row a rule; tasks that events
 * have started and that wait for room; and sums.
 */
#ifndef SLIPWAY_STORE_EVENT_STATUS_H
#define SLIPWAY_STORE_EVENT_STATUS_H

#include "core/arena.h"
#include "store/db.h"

struct event_waiting {
	const char *account, *bus, *rule;
	int64_t deliveries;
	int64_t behind;	   /* of them: behind another with their key */
	int64_t oldest_ms; /* wall: since when the oldest waits */
	int64_t attempts;  /* the most that one has had */
	const char *code,
		*reason; /* why the one with the most attempts waits; "": no attempt yet */
};
/* @account NULL: of all. In the order of account, bus and rule. */
int event_status_waiting(struct db *db, const char *account, struct arena *arena,
			 struct event_waiting **ret_waiting, size_t *ret_count, struct err *err)
	MUST_CHECK;

struct task_waiting {
	const char *account, *cluster, *id;
	const char *started_by; /* "events-rule/NAME"; "" */
	int64_t waits_ms;	/* wall: since when there is no room */
	int64_t until_ms;	/* it gives up then; 0: as the host has it */
};
/* The first @limit, those that wait longest first. */
int event_status_tasks(struct db *db, const char *account, size_t limit, struct arena *arena,
		       struct task_waiting **ret_waiting, size_t *ret_count, struct err *err)
	MUST_CHECK;

struct event_sums {
	int64_t events;	    /* on their way */
	int64_t deliveries; /* that wait */
	int64_t dead;	    /* letters */
	int64_t tasks;	    /* that wait for room */
	int64_t ids;	    /* that are known, and would be the same event */
};
int event_status_sums(struct db *db, const char *account, struct event_sums *ret_sums,
		      struct err *err) MUST_CHECK;

#endif
