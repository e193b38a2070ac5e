/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrays that grow while a machine is built or an event matched. What grows is bounded by whoever
 * adds; when memory is gone the program ends (see xcalloc()).
 */
#ifndef SLIPWAY_EVENTS_GROWING_H
#define SLIPWAY_EVENTS_GROWING_H

#include "core/common.h"

/* An array of @type: free() its items. */
#define EVENT_GROWING(type)                                                                        \
	struct {                                                                                   \
		type *items;                                                                       \
		size_t count;                                                                      \
		size_t room;                                                                       \
	}

/* Room for @more items behind those there are; they are not counted yet. */
#define EVENT_GROW(array, more)                                                                    \
	do {                                                                                       \
		if ((array)->room - (array)->count < (more))                                       \
			(array)->items =                                                           \
				event_grow((array)->items, &(array)->room,                         \
					   (array)->count + (more), sizeof(*(array)->items));      \
	} while (0)

/* Append @value (an expression of the item's type). */
#define EVENT_APPEND(array, ...)                                                                   \
	do {                                                                                       \
		EVENT_GROW(array, 1);                                                              \
		(array)->items[(array)->count++] = __VA_ARGS__;                                    \
	} while (0)

/* @items of @size bytes each, with room for @wanted of them. */
void *event_grow(void *items, size_t *room, size_t wanted, size_t size)
	__attribute__((returns_nonnull)) MUST_CHECK;

#endif
