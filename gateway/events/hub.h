/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What workers and the thread of deliveries share about events: the compiled rules of buses, and
 * the bell that says that there is something to deliver. Any thread may do anything at any time.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_HUB_H
#define SLIPWAY_GATEWAY_EVENTS_HUB_H

#include "core/arena.h"
#include "store/db.h"
#include "store/doorbell.h"

struct event_hub;

struct event_hub *event_hub_new(void);
void event_hub_free(struct event_hub *hub); /* takes NULL */
void event_hub_freep(struct event_hub **hub);

/* Names of archives begin with this, which no rule's name has. */
#define EVENT_HUB_ARCHIVE ':'

/* The names of the rules and archives of a bus that match the envelope @json, in the arena, as
 * @db's snapshot has them; *ret_version is theirs. ERR_LIMIT for an event, or rules, too costly to
 * match. */
struct event_bus_key {
	const char *account, *bus;
};
int event_hub_match(struct event_hub *hub, struct db *db, const struct event_bus_key *bus,
		    const char *json, size_t len, struct arena *arena,
		    const char *const **ret_rules, size_t *ret_count, int64_t *ret_version,
		    struct err *err) MUST_CHECK;

/* In a transaction: there will be something to deliver once it is committed. */
void event_hub_stir(void);
/* After the commit, on the thread that made it: wake who waits, if it has stirred. */
void event_hub_ring(struct event_hub *hub);
/* slipway-relay's, for what it has to do (store/event_away.h); borrowed. Before other threads. */
void event_hub_set_relay(struct event_hub *hub, struct doorbell *relay);
/* Of the same: only who carries deliveries away. */
void event_hub_ring_relay(struct event_hub *hub);
/* Wait for event_hub_ring(), @ms at most. false: event_hub_stop() was called. */
bool event_hub_wait(struct event_hub *hub, int64_t ms) MUST_CHECK;
void event_hub_stop(struct event_hub *hub);

#endif
