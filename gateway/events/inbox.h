/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events that other programs have accepted (store/event_inbox.h) meet the rules of their buses.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_INBOX_H
#define SLIPWAY_GATEWAY_EVENTS_INBOX_H

#include "gateway/events/hub.h"

/*
 * Move on what lies there, some of each account in turn, so that a flood of one does not delay
 * another. *ret_more: there is more. Fails only if the store does, and nothing is lost. An event
 * that no rule can be asked about, and one for a bus that is not there, is a dead letter.
 */
int event_inbox_take(struct event_hub *hub, struct db *state, int64_t now_ms, bool *ret_more,
		     struct err *err) MUST_CHECK;

#endif
