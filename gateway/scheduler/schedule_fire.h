/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firing schedules: at its moment each writes its invocation and when it fires next.
 */
#ifndef SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_FIRE_H
#define SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_FIRE_H

#include "gateway/events/due.h"

/*
 * Fire all that are due at @now_ms, a few at most, in one transaction. What fell due more than
 * once since (nobody was there) fires once, for the latest time, or not at all (due.h). One that
 * has no time left is deleted, if it is to be.
 */
int schedules_fire(const struct api_options *options, struct db *state, int64_t now_ms,
		   struct due_round *ret_round, struct err *err) MUST_CHECK;

#endif
