/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an account may hold more events (quota_events, store/event_held.h). Who asks may be
 * many at once, each with a request of his own, so a little more than the quota may be held.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_ROOM_H
#define SLIPWAY_GATEWAY_EVENTS_ROOM_H

#include "gateway/api.h"

/* What is said where there is none; the code is that of what may be tried again. */
#define EVENT_NO_ROOM_CODE "ThrottlingException"
#define EVENT_NO_ROOM                                                                              \
	"The events that wait, dead letters and archives of this account hold as much as they "    \
	"may."

int event_room_find(const struct api_options *options, struct db *db, const char *account,
		    bool *ret_room, struct err *err) MUST_CHECK;

#endif
