/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the outbox tells (budgets: store/outbox.h) as events of the default bus of its account.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_OUTBOX_EVENT_H
#define SLIPWAY_GATEWAY_EVENTS_OUTBOX_EVENT_H

#include "gateway/api.h"

/* Enter what is new there, some in one transaction with the place up to which it was. *ret_more:
 * there is more. */
int outbox_events_take(const struct api_options *options, struct db *state, int64_t now_ms,
		       bool *ret_more, struct err *err) MUST_CHECK;

#endif
