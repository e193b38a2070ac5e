/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays of archives: what is to be replayed, and how far it has come. A replay ends when its
 * last event is on its way, and is remembered for 90 days.
 *
 * Writers run inside the caller's transaction.
 */
#ifndef SLIPWAY_STORE_EVENT_REPLAY_H
#define SLIPWAY_STORE_EVENT_REPLAY_H

#include "core/arena.h"
#include "store/db.h"

#define EVENT_REPLAY_KEPT_MS (90 * 24 * 60 * 60 * 1000LL) /* the API's */

#define EVENT_REPLAY_STATES(X) /* X(state, has it ended?) */                                       \
	X(STARTING, false)                                                                         \
	X(RUNNING, false)                                                                          \
	X(CANCELLING, false)                                                                       \
	X(COMPLETED, true)                                                                         \
	X(CANCELLED, true)                                                                         \
	X(FAILED, true)
#define EVENT_REPLAY_AS_STATE(name, ended) EVENT_REPLAY_##name,
enum event_replay_state { EVENT_REPLAY_STATES(EVENT_REPLAY_AS_STATE) EVENT_REPLAY_STATE_COUNT };
const char *event_replay_state_name(enum event_replay_state state);

struct event_replay {
	int64_t number; /* given by event_replay_create() */
	const char *account, *name, *description;
	int64_t archive;
	const char *archive_name, *bus;
	const char *filter; /* JSON: a list of ARNs of rules; "[]": all */
	int64_t from_ms, to_ms, until_number;
	enum event_replay_state state;
	const char *reason;
	int64_t started_ms, ended_ms; /* 0: it has not */
	int64_t at_ms, at_number;     /* the event that came last; at_number 0: none has */
};

int event_replay_create(struct db *db, const struct event_replay *replay, struct err *err)
	MUST_CHECK; /* ERR_EXISTS */
int event_replay_find(struct db *db, const char *account, const char *name, struct arena *arena,
		      struct event_replay *ret_replay, struct err *err)
	MUST_CHECK; /* ERR_NOT_FOUND */

/* Names behind @after in order; what a text is NULL of, or a state _COUNT, is not asked for. */
struct event_replay_filter {
	const char *prefix, *archive_name;
	enum event_replay_state state;
};
int event_replay_list(struct db *db, const char *account, const struct event_replay_filter *filter,
		      const char *after, size_t limit, struct arena *arena,
		      struct event_replay **ret_replays, size_t *ret_count, struct err *err)
	MUST_CHECK;
/* Those of @account, NULL: of all accounts, that have not ended. */
int event_replays_running(struct db *db, const char *account, struct arena *arena,
			  struct event_replay **ret_replays, size_t *ret_count, struct err *err)
	MUST_CHECK;

/* Its state, reason, end, and how far it has come. ERR_CONFLICT unless it is in @from. */
int event_replay_move(struct db *db, const struct event_replay *replay,
		      enum event_replay_state from, struct err *err) MUST_CHECK;

int event_replay_trim(struct db *db, int64_t now_ms, size_t batch, struct err *err) MUST_CHECK;

#endif
