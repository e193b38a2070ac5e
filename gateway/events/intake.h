/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much is posted at once: so many requests a second of each sender, and so much memory of all
 * requests that are read and not answered yet. A sender (a webhook, a caller) that has too much is
 * told when to come again, and no other has to wait for it. Any thread may do anything at any time.
 */
#ifndef SLIPWAY_GATEWAY_EVENTS_INTAKE_H
#define SLIPWAY_GATEWAY_EVENTS_INTAKE_H

#include "core/common.h"

struct event_intake_limits {
	int64_t rate; /* requests a second of a sender, and as many at once; 0: no limit */
	size_t bytes; /* of all; one sender has half of them at most, but for a single request */
};

struct event_intake;

struct event_intake *event_intake_new(const struct event_intake_limits *limits);
void event_intake_free(struct event_intake *intake); /* takes NULL */

int64_t event_intake_rate(const struct event_intake *intake); /* as configured; of NULL 0 */

/* What a request holds; zeroed it holds nothing. */
struct event_held {
	struct event_intake *intake;
	size_t slot, bytes;
};

/* @sender has proved who it is. 0: the request may be read; else milliseconds until one may.
 * NULL as @intake takes all. *ret_held begins without bytes, and must be given back. */
int64_t event_intake_enter(struct event_intake *intake, const char *sender, int64_t now_ms,
			   struct event_held *ret_held) MUST_CHECK;
/* It holds @bytes from here on; false: there is no room for them, and it holds what it held. */
bool event_intake_hold(struct event_held *held, size_t bytes) MUST_CHECK;
void event_intake_leave(struct event_held *held); /* harmless when it is done again */

#endif
