/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Twice the room each time, so that appending costs the same on average however long it goes on.
 */
#include "events/growing.h"

#define ROOM_LEAST 16

void *event_grow(void *items, size_t *room, size_t wanted, size_t size)
{
	size_t next = *room < ROOM_LEAST ? ROOM_LEAST : *room;
	void *grown;

	while (next < wanted)
		next *= 2;
	grown = realloc(items, next * size);
	if (!grown)
		abort();
	*room = next;
	return grown;
}
