/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watching a bus: while somebody does, the last events that it took are kept, EVENT_RECENT_MAX of
 * them and EVENT_RECENT_BYTES at most, so a watcher that does not come for a while misses some and
 * can say how many. A watcher has a lease, which ends by itself. Nobody watches: an event costs
 * one look at an empty table.
 */
#ifndef SLIPWAY_STORE_EVENT_TAIL_H
#define SLIPWAY_STORE_EVENT_TAIL_H

#include "store/event_queue.h"

#define EVENT_RECENT_MAX   512
#define EVENT_RECENT_BYTES (8 * 1024 * 1024)

/* Whether somebody may want what happens to tasks on the default bus of the account that @account
 * is in SQL: a rule whose pattern does not say otherwise, an archive, or a watcher. */
#define EVENT_TASKS_ARE_HEARD(account)                                                             \
	"(EXISTS (SELECT 1 FROM event_rule WHERE event_rule.account = " account                    \
	" AND event_rule.bus = 'default' AND event_rule.enabled = 1"                               \
	" AND event_rule.pattern IS NOT NULL AND event_rule.ignores_tasks = 0)"                    \
	" OR EXISTS (SELECT 1 FROM event_archive WHERE event_archive.account = " account           \
	" AND event_archive.bus = 'default' AND event_archive.name IS NOT NULL)"                   \
	" OR EXISTS (SELECT 1 FROM event_tail WHERE event_tail.account = " account                 \
	" AND event_tail.bus = 'default'))"

struct event_watch {
	const char *account, *bus;
	const char *watcher; /* a uuid of its own */
};
/* Begin to watch, or go on, until @until_ms. In the caller's transaction, if there is one. */
int event_tail_hold(struct db *db, const struct event_watch *watch, int64_t until_ms,
		    struct err *err) MUST_CHECK;
int event_tail_leave(struct db *db, const struct event_watch *watch, struct err *err) MUST_CHECK;

int event_tail_watched(struct db *db, const char *account, const char *bus, bool *ret_watched,
		       struct err *err) MUST_CHECK;
/* Show @event to who watches its bus. In the caller's transaction. */
int event_tail_show(struct db *db, const struct event_accepted *event, struct err *err) MUST_CHECK;

struct event_recent {
	int64_t number; /* on its bus, without gaps; it begins anew when nobody watched */
	const char *body;
};
/* Those behind @after, in their order. */
int event_tail_read(struct db *db, const struct event_watch *watch, int64_t after, size_t limit,
		    struct arena *arena, struct event_recent **ret_events, size_t *ret_count,
		    struct err *err) MUST_CHECK;
/* The number of the newest; 0: there is none. */
int event_tail_last(struct db *db, const struct event_watch *watch, int64_t *ret_number,
		    struct err *err) MUST_CHECK;

/* End leases that are over at @now_ms, and drop what nobody watches. */
int event_tail_trim(struct db *db, int64_t now_ms, struct err *err) MUST_CHECK;

#endif
