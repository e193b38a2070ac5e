/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers for things that are the same: each key of bytes gets the next number from 0 on, and
 * the same again when it comes again.
 */
#ifndef SLIPWAY_EVENTS_INTERN_H
#define SLIPWAY_EVENTS_INTERN_H

#include "events/growing.h"

struct event_intern_key {
	size_t at; /* in the bytes */
	size_t len;
	uint64_t hash;
};

struct event_intern {
	uint64_t seed;
	EVENT_GROWING(char) bytes;
	EVENT_GROWING(struct event_intern_key) keys;
	uint32_t *slots;   /* numbers of keys, from 1 */
	size_t slot_count; /* a power of two, or 0 */
};

void event_intern_init(struct event_intern *intern, uint64_t seed);
void event_intern_done(struct event_intern *intern);

/* Forget all keys and keep the room. */
void event_intern_clear(struct event_intern *intern);

/* The number of this key. It is new if it equals what the count was before. */
uint32_t event_intern(struct event_intern *intern, const void *key, size_t len);

/* The key of a number; valid until the next is added. */
static inline const char *event_intern_key(const struct event_intern *intern, uint32_t number,
					   size_t *ret_len)
{
	*ret_len = intern->keys.items[number].len;
	return intern->bytes.items + intern->keys.items[number].at;
}

#endif
