/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lane of a destination: how many requests to it may be under way at once, how many may be made
 * a second, and until when its server wants none.
 */
#ifndef SLIPWAY_RELAY_LANE_H
#define SLIPWAY_RELAY_LANE_H

#include "core/common.h"

#define LANE_JOBS_MAX	 8		    /* at once */
#define LANE_HOLD_MAX_MS (60 * 60 * 1000LL) /* limits that services count by the hour */

/* Times are boot time, in milliseconds. */
struct lane {
	struct lane *next;
	int64_t destination;
	int64_t version; /* when the destination was changed last */
	int64_t rate;	 /* requests a second */
	double tokens;	 /* requests that may be made now; as many as the rate at most */
	int64_t filled_ms;
	int64_t held_until_ms; /* 0: it is not held */
	size_t jobs;	       /* under way */
	bool used;	       /* since lanes_drop() */
};

struct lanes {
	struct lane *first;
};

struct lane *lanes_find(const struct lanes *lanes, int64_t destination); /* NULL: there is none */
/* That one, or a new one with room for one request. The lanes keep it. */
struct lane *lanes_obtain(struct lanes *lanes, int64_t destination, int64_t now_ms);
/* Those go that nobody has used since the last call and that would be the same if they came again.
 */
void lanes_drop(struct lanes *lanes, int64_t now_ms);
void lanes_done(struct lanes *lanes);

/* Its destination as it is now. One that was changed may lead elsewhere: it is held no more. */
void lane_fill(struct lane *lane, int64_t rate, int64_t version, int64_t now_ms);
/* Its server wants no request for @ms; never longer than LANE_HOLD_MAX_MS, nor shorter than
 * another answer has said. */
void lane_hold(struct lane *lane, int64_t ms, int64_t now_ms);
/* 0: a request may be made. Else for how long none may be, -1: until one has ended. */
int64_t lane_wait_ms(const struct lane *lane, int64_t now_ms);

#endif
