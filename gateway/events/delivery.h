/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deliveries of events to targets: what is due is tried, and ends, waits for the next attempt,
 * or becomes a dead letter.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_DELIVERY_H
#define SLIPWAY_GATEWAY_EVENTS_DELIVERY_H

#include "gateway/api.h"

struct event_deliverer {
	const struct api_options *options;
	struct db *state, *logs; /* of its own */
	struct db *writer;	 /* of the state, shared (db_share()), or @state itself */
};

/*
 * Try what is due at @now_ms, some of each account in turn, so that a flood of one does not
 * delay another. *ret_more: there is more that is due. Fails only if the store does: nothing of
 * the rest is lost, and it is tried again.
 */
int event_deliver(const struct event_deliverer *deliverer, int64_t now_ms, bool *ret_more,
		  struct err *err) MUST_CHECK;

#endif
