/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deliveries that leave the machine, to API destinations. They end as all others do
 * (store/event_queue.h).
 */
#ifndef SLIPWAY_STORE_EVENT_AWAY_H
#define SLIPWAY_STORE_EVENT_AWAY_H

#include "store/event_queue.h"

struct event_away {
	int64_t destination; /* its number */
	int64_t next_ms;     /* when its first delivery is due */
};
/* Destinations behind number @after that have deliveries, in order. */
int event_away_list(struct db *db, int64_t after, size_t limit, struct arena *arena,
		    struct event_away **ret_list, size_t *ret_count, struct err *err) MUST_CHECK;
/* Of one, those that are due at @now_ms, the oldest first; at most @limit. Without the events'
 * texts. */
int event_away_due(struct db *db, int64_t destination, int64_t now_ms, size_t limit,
		   struct arena *arena, struct event_delivery **ret_deliveries, size_t *ret_count,
		   struct err *err) MUST_CHECK;
/* When the first one of @destination is due that is not at @now_ms; 0: there is none. */
int event_away_next(struct db *db, int64_t destination, int64_t now_ms, int64_t *ret_ms,
		    struct err *err) MUST_CHECK;
/* One by its number, with all of it. ERR_NOT_FOUND: it has ended. */
int event_away_find(struct db *db, int64_t number, struct arena *arena,
		    struct event_delivery *ret_delivery, struct err *err) MUST_CHECK;

/* It is for @destination, 0: for the gateway, since its target is another than it was. */
int event_delivery_hand(struct db *db, const struct event_delivery *delivery, int64_t destination,
			struct err *err) MUST_CHECK;

/*
 * Who writes something that slipway-relay may have to do notes it, and rings when it has committed:
 * a thread's note is taken by the ring. One that was rolled back rings for nothing.
 */
void event_away_note(void);
bool event_away_noted(void); /* and it is not any more */

#endif
