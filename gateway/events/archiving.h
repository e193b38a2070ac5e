/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events on their way into archives: those that match an archive's pattern when they come to its
 * bus, but for replayed ones, which are in the archive that they came from.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_ARCHIVING_H
#define SLIPWAY_GATEWAY_EVENTS_ARCHIVING_H

#include "core/arena.h"
#include "store/event_queue.h"

struct event_archiving {
	const char *const *names; /* of archives of the event's bus */
	size_t count;
	int64_t event_ms; /* the event's own time */
};

/* What event_hub_match() found, rules and archives apart, in the arena. */
int event_archiving_split(const char *const *names, size_t count,
			  const struct event_accepted *event, struct arena *arena,
			  const char *const **ret_rules, size_t *ret_rule_count,
			  struct event_archiving *ret_archiving, struct err *err) MUST_CHECK;
/* In the transaction that accepts @event. */
int event_archiving_write(struct db *db, const struct event_accepted *event,
			  const struct event_archiving *archiving, struct err *err) MUST_CHECK;

/* The member of a replayed event's envelope that says which replay it is of. */
#define EVENT_REPLAY_NAME "replay-name"
bool event_is_replayed(const char *body);

#endif
