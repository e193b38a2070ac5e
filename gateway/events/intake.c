/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Senders have slots, a set of WAYS by the hash of the name, so that a look costs the same however
 * many there are. A new sender takes the slot of the set that has rested longest and holds no
 * request; only who has proved who he is gets that far. Where all of a set hold requests, which
 * takes as many senders at once, the last slot is shared.
 *
 * The rate is a bucket of tokens, filled by the time that has passed.
 */
#include "gateway/events/intake.h"

#include <pthread.h>
#include <stdlib.h>

#include "events/hash.h"

#define SETS 256
#define WAYS 8
#define SEED UINT64_C(0x9e3779b97f4a7c15)

struct slot {
	uint64_t sender; /* its hash; 0: nobody */
	double tokens;
	int64_t filled_ms;
	size_t requests, bytes; /* that are held */
};

struct event_intake {
	pthread_mutex_t lock; /* of all below */
	struct event_intake_limits limits;
	size_t bytes;
	struct slot slots[SETS * WAYS];
};

struct event_intake *event_intake_new(const struct event_intake_limits *limits)
{
	struct event_intake *intake = xcalloc(1, sizeof(*intake));

	if (pthread_mutex_init(&intake->lock, NULL) != 0)
		abort();
	intake->limits = *limits;
	return intake;
}

void event_intake_free(struct event_intake *intake)
{
	if (!intake)
		return;
	(void)pthread_mutex_destroy(&intake->lock);
	free(intake);
}

int64_t event_intake_rate(const struct event_intake *intake)
{
	return intake ? intake->limits.rate : 0;
}

/* Its own, or one that it takes over. */
static struct slot *obtain(struct event_intake *intake, const char *sender, int64_t now_ms)
{
	uint64_t hash = event_hash(SEED, sender, strlen(sender)) | 1;
	struct slot *set = &intake->slots[(hash >> 32) % SETS * WAYS];
	struct slot *oldest = &set[WAYS - 1];

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].sender == hash)
			return &set[i];
	}
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].requests == 0 &&
		    (oldest->requests > 0 || set[i].filled_ms < oldest->filled_ms))
			oldest = &set[i];
	}
	if (oldest->requests == 0)
		*oldest = (struct slot){
			.sender = hash, .tokens = (double)intake->limits.rate, .filled_ms = now_ms};
	return oldest;
}

/* 0: a token was taken. */
static int64_t take_token(struct slot *slot, int64_t rate, int64_t now_ms)
{
	if (rate == 0)
		return 0;
	if (now_ms > slot->filled_ms)
		slot->tokens += (double)(now_ms - slot->filled_ms) * (double)rate / 1000;
	if (slot->tokens > (double)rate)
		slot->tokens = (double)rate;
	slot->filled_ms = now_ms;
	if (slot->tokens < 1)
		return (int64_t)((1 - slot->tokens) * 1000 / (double)rate) + 1;
	slot->tokens -= 1;
	return 0;
}

int64_t event_intake_enter(struct event_intake *intake, const char *sender, int64_t now_ms,
			   struct event_held *ret_held)
{
	struct slot *slot;
	int64_t wait_ms;

	*ret_held = (struct event_held){0};
	if (!intake)
		return 0;
	(void)pthread_mutex_lock(&intake->lock);
	slot = obtain(intake, sender, now_ms);
	wait_ms = take_token(slot, intake->limits.rate, now_ms);
	if (wait_ms == 0) {
		slot->requests++;
		*ret_held = (struct event_held){.intake = intake,
						.slot = (size_t)(slot - intake->slots)};
	}
	(void)pthread_mutex_unlock(&intake->lock);
	return wait_ms;
}

/* A request that is alone is taken however large it is: its size has a limit of its own. */
static bool has_room(const struct event_intake *intake, const struct slot *slot, size_t bytes)
{
	if (intake->bytes == 0)
		return true;
	return intake->bytes + bytes <= intake->limits.bytes &&
	       (slot->bytes == 0 || slot->bytes + bytes <= intake->limits.bytes / 2);
}

bool event_intake_hold(struct event_held *held, size_t bytes)
{
	struct event_intake *intake = held->intake;
	struct slot *slot;
	bool taken;

	if (!intake)
		return true;
	(void)pthread_mutex_lock(&intake->lock);
	slot = &intake->slots[held->slot];
	taken = has_room(intake, slot, bytes);
	if (taken) {
		intake->bytes += bytes;
		slot->bytes += bytes;
		held->bytes += bytes;
	}
	(void)pthread_mutex_unlock(&intake->lock);
	return taken;
}

void event_intake_leave(struct event_held *held)
{
	struct event_intake *intake = held->intake;

	if (!intake)
		return;
	(void)pthread_mutex_lock(&intake->lock);
	intake->bytes -= held->bytes;
	intake->slots[held->slot].bytes -= held->bytes;
	intake->slots[held->slot].requests--;
	(void)pthread_mutex_unlock(&intake->lock);
	*held = (struct event_held){0};
}
