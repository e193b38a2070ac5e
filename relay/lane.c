/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rate is a bucket of tokens. Nothing of a lane is kept when the program ends: what was refused
 * waits in the queue for as long as its answer said, and the next answer holds the new lane.
 */
#include "relay/lane.h"

#include <stdlib.h>

#define KEPT_MS 1000 /* after which the bucket of an idle lane is full whatever its rate */

struct lane *lanes_find(const struct lanes *lanes, int64_t destination)
{
	struct lane *lane = lanes->first;

	while (lane && lane->destination != destination)
		lane = lane->next;
	return lane;
}

struct lane *lanes_obtain(struct lanes *lanes, int64_t destination, int64_t now_ms)
{
	struct lane *lane = lanes_find(lanes, destination);

	if (!lane) {
		lane = xcalloc(1, sizeof(*lane));
		lane->destination = destination;
		lane->rate = 1;
		lane->tokens = 1;
		lane->filled_ms = now_ms;
		lane->next = lanes->first;
		lanes->first = lane;
	}
	lane->used = true;
	return lane;
}

void lanes_drop(struct lanes *lanes, int64_t now_ms)
{
	for (struct lane **at = &lanes->first; *at;) {
		struct lane *lane = *at;

		if (lane->jobs == 0 && !lane->used && now_ms - lane->filled_ms > KEPT_MS &&
		    now_ms >= lane->held_until_ms) {
			*at = lane->next;
			free(lane);
			continue;
		}
		lane->used = false;
		at = &lane->next;
	}
}

void lanes_done(struct lanes *lanes)
{
	while (lanes->first) {
		struct lane *lane = lanes->first;

		lanes->first = lane->next;
		free(lane);
	}
}

void lane_fill(struct lane *lane, int64_t rate, int64_t version, int64_t now_ms)
{
	if (lane->version != version)
		lane->held_until_ms = 0;
	lane->version = version;
	lane->rate = rate;
	lane->tokens += (double)(now_ms - lane->filled_ms) * (double)rate / 1000;
	if (lane->tokens > (double)rate)
		lane->tokens = (double)rate;
	lane->filled_ms = now_ms;
}

void lane_hold(struct lane *lane, int64_t ms, int64_t now_ms)
{
	int64_t until_ms = now_ms + (ms < LANE_HOLD_MAX_MS ? ms : LANE_HOLD_MAX_MS);

	if (until_ms > lane->held_until_ms)
		lane->held_until_ms = until_ms;
}

int64_t lane_wait_ms(const struct lane *lane, int64_t now_ms)
{
	if (now_ms < lane->held_until_ms)
		return lane->held_until_ms - now_ms;
	if (lane->jobs >= LANE_JOBS_MAX)
		return -1;
	if (lane->tokens >= 1)
		return 0;
	return (int64_t)((1 - lane->tokens) * 1000 / (double)lane->rate) + 1;
}
