/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine while it is built: machine.c finds the ways of all branches through states, and
 * machine_place.c puts them where matching finds them.
 */
#ifndef SLIPWAY_EVENTS_MACHINE_BUILD_H
#define SLIPWAY_EVENTS_MACHINE_BUILD_H

#include "events/machine_private.h"

#define EVENT_ABSENT UINT32_MAX /* in a list: the path may be absent */

/* The way from a state to the next: by one list at one path. */
struct event_way {
	uint32_t from;
	uint32_t path;
	uint32_t class;
	uint32_t list;
	uint32_t to;
};

/* An anything-but that is failed by a test; or a state and a rule that ends there. */
struct event_pair {
	uint32_t one;
	uint32_t two;
};

typedef EVENT_GROWING(struct event_pair) event_pairs;

/* What a field is to the machine: read once, though all branches of "$or" have it. */
struct event_made_field {
	uint32_t path;
	uint32_t list;
	size_t len; /* of the list */
	enum event_class class;
};

struct event_build {
	struct event_machine *machine;
	struct event_intern paths;
	struct event_intern buts;   /* path and tests */
	struct event_intern lists;  /* what a field's list has: tests * 2, anything-buts * 2 + 1 */
	struct event_intern fields; /* addresses of fields; the same numbers have made_fields */
	EVENT_GROWING(struct event_made_field) made_fields;
	struct event_intern ways; /* struct event_way without @to, which is its number + 1 */
	EVENT_GROWING(struct event_way) all;
	event_pairs fails;
	event_pairs ends;
	size_t edges;
	uint32_t *ranks; /* of paths in the order of their bytes */
};

/* When all ways, tests and paths are known: make the machine of them. */
void event_machine_place(struct event_build *build);

#endif
