/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which elements of an event's arrays a match has chosen: of each array at most one, so that
 * fields of objects in an array match by the same object. A choice is a set of elements, known
 * by a number; 0 is the empty one.
 */
#ifndef SLIPWAY_EVENTS_CHOICE_H
#define SLIPWAY_EVENTS_CHOICE_H

#include "events/byte_trie.h"
#include "events/flat.h"

struct event_choices {
	struct event_intern sets;    /* numbers of elements, ascending */
	struct event_intern reached; /* pairs of a state and a choice */
	event_numbers one;	     /* while a set is made */
};

void event_choices_init(struct event_choices *choices);
void event_choices_done(struct event_choices *choices);
void event_choices_clear(struct event_choices *choices); /* for the next event */

/*
 * The first of the leaves @from to @end (numbers of leaves of one path, ascending) that stands in
 * no element which excludes one of the choice; @end if there is none.
 */
const uint32_t *event_choice_next(const struct event_choices *choices,
				  const struct event_flat *flat, uint32_t choice,
				  const uint32_t *from, const uint32_t *end);

/*
 * The choice, and element @scope as well, as far as it can still exclude something: of arrays in
 * nodes of the path tree whose limit is at most @rank nothing is kept.
 */
uint32_t event_choice_add(struct event_choices *choices, const struct event_flat *flat,
			  const struct event_path_tree *tree, uint32_t choice, uint32_t scope,
			  uint32_t rank);

/* Whether this state was not reached with this choice before. */
bool event_choice_reach(struct event_choices *choices, uint32_t state, uint32_t choice);

#endif
