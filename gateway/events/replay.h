/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays on their way: some events at a time, through the same door as new ones.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_REPLAY_H
#define SLIPWAY_GATEWAY_EVENTS_REPLAY_H

#include "gateway/api.h"

/*
 * The next events of each replay. While an account has much to deliver already, its replays wait,
 * so that new events do not queue behind old ones. *ret_more: there is more to do at once.
 */
int event_replays_run(const struct api_options *options, struct db *state, int64_t now_ms,
		      bool *ret_more, struct err *err) MUST_CHECK;

#endif
