/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event on its way into a bus, in two steps: which rules want it is found out without a
 * lock, and event, deliveries and archives are written if the rules are still the same.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_ACCEPT_H
#define SLIPWAY_GATEWAY_EVENTS_ACCEPT_H

#include "gateway/api.h"
#include "gateway/events/archiving.h"
#include "gateway/events/hub.h"

struct event_entering {
	struct event_accepted event; /* borrowed texts */
	bool named;		     /* its sender gave the id, and may send it again */
	const char *const *rules;
	const char *const *keys; /* of their deliveries' order (order.h); NULL: none has one */
	size_t rule_count;
	struct event_archiving archiving;
	int64_t rules_version;
	bool watched; /* somebody looks at the bus: store/event_tail.h */
};

/* How deep events are that the caller sends: what a task sends, with the keys of its role, an event
 * may have led to. Fails as the API does. */
int event_enter_depth(struct call *call, int64_t *ret_depth) MUST_CHECK;
/* Fill in the rules and archives of an event whose other members are set. ERR_LIMIT: too costly. */
int event_enter_match(struct event_hub *hub, struct db *db, struct arena *arena,
		      struct event_entering *entering, struct err *err) MUST_CHECK;
/* Nothing is to be written: no rule and no archive wants it, nobody watches, and its id need not be
 * known. */
bool event_enter_is_empty(const struct event_entering *entering);
/* In a transaction. ERR_CONFLICT: the rules have changed, so match it again. An event that was
 * there before is no error, and nothing is written. */
int event_enter_write(struct db *db, const struct event_entering *entering, struct err *err)
	MUST_CHECK;

#endif
