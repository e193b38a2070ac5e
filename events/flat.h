/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event as the values that rules look at, read from its JSON in one pass.
 *
 * Whoever accepted the event has checked that it is JSON; here is checked only what is read.
 * What no rule looks at is passed over by its strings and brackets.
 */
#ifndef SLIPWAY_EVENTS_FLAT_H
#define SLIPWAY_EVENTS_FLAT_H

#include "core/err.h"
#include "events/path_tree.h"

#define EVENT_FLAT_MAX	     (8u << 20) /* bytes of an event */
#define EVENT_FLAT_DEPTH_MAX 1000	/* objects and arrays within each other, where rules look */

enum event_leaf_type { EVENT_LEAF_STRING, EVENT_LEAF_NUMBER, EVENT_LEAF_WORD };

struct event_leaf {
	const char *text; /* a string without escapes; true, false, null or a number as written */
	uint32_t len;
	uint32_t path;
	uint32_t scope; /* the innermost element it stands in; 0: none */
	enum event_leaf_type type;
};

/* An object or array that is an element of an array. Leaves stand in the order of the text, so
 * those of an element follow each other. */
struct event_scope {
	uint32_t parent; /* the element around it; 0: none */
	uint32_t depth;	 /* elements around it and itself */
	uint32_t array;	 /* of whose elements only one may be chosen */
	uint32_t leaf_begin;
	uint32_t leaf_end;
};

struct event_array {
	uint32_t node; /* of the path tree: where it stands */
	uint32_t leaf_end;
	bool mixed; /* some of its elements are values, which exclude nothing */
};

struct event_flat {
	EVENT_GROWING(char) bytes; /* a copy of the event: texts of leaves stand there */
	EVENT_GROWING(struct event_leaf) leaves;
	EVENT_GROWING(struct event_scope) scopes; /* the first is none */
	EVENT_GROWING(struct event_array) arrays;
};

/* Read the event's @len bytes into @flat, in place of the one before. ERR_INVALID, ERR_LIMIT. */
int event_flat_read(struct event_flat *flat, const struct event_path_tree *tree, const char *json,
		    size_t len, struct err *err) MUST_CHECK;
void event_flat_done(struct event_flat *flat);

#endif
