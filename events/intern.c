/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open addressing; no key is ever taken out.
 */
#include "events/intern.h"

#include <string.h>

#include "events/hash.h"

#define SLOTS_LEAST 64

void event_intern_init(struct event_intern *intern, uint64_t seed)
{
	*intern = (struct event_intern){.seed = seed};
}

void event_intern_done(struct event_intern *intern)
{
	free(intern->bytes.items);
	free(intern->keys.items);
	free(intern->slots);
	*intern = (struct event_intern){0};
}

/* Few keys in a large table are taken out one by one. */
void event_intern_clear(struct event_intern *intern)
{
	size_t mask = intern->slot_count - 1;

	if (intern->keys.count * 4 > intern->slot_count) {
		memset(intern->slots, 0, intern->slot_count * sizeof(*intern->slots));
		intern->keys.count = 0;
	}
	for (; intern->keys.count > 0; intern->keys.count--) {
		size_t at = intern->keys.items[intern->keys.count - 1].hash & mask;

		while (intern->slots[at] != intern->keys.count)
			at = (at + 1) & mask;
		intern->slots[at] = 0;
	}
	intern->bytes.count = 0;
}

static void put(struct event_intern *intern, uint32_t number)
{
	size_t at = intern->keys.items[number].hash & (intern->slot_count - 1);

	while (intern->slots[at])
		at = (at + 1) & (intern->slot_count - 1);
	intern->slots[at] = number + 1;
}

/* At least half of the slots stay empty. */
static void make_room(struct event_intern *intern)
{
	if (2 * (intern->keys.count + 1) <= intern->slot_count)
		return;
	free(intern->slots);
	intern->slot_count = intern->slot_count ? intern->slot_count * 2 : SLOTS_LEAST;
	intern->slots = xcalloc(intern->slot_count, sizeof(*intern->slots));
	for (uint32_t i = 0; i < intern->keys.count; i++)
		put(intern, i);
}

uint32_t event_intern(struct event_intern *intern, const void *key, size_t len)
{
	uint64_t hash = event_hash(intern->seed, key, len);
	struct event_intern_key made = {.at = intern->bytes.count, .len = len, .hash = hash};

	make_room(intern);
	for (size_t at = hash & (intern->slot_count - 1); intern->slots[at];
	     at = (at + 1) & (intern->slot_count - 1)) {
		uint32_t number = intern->slots[at] - 1;
		const struct event_intern_key *there = &intern->keys.items[number];

		if (there->hash == hash && there->len == len &&
		    (len == 0 || memcmp(intern->bytes.items + there->at, key, len) == 0))
			return number;
	}
	EVENT_GROW(&intern->bytes, len + 1);
	if (len)
		memcpy(intern->bytes.items + made.at, key, len);
	intern->bytes.count += len;
	EVENT_APPEND(&intern->keys, made);
	put(intern, (uint32_t)intern->keys.count - 1);
	return (uint32_t)intern->keys.count - 1;
}
