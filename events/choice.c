/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Elements form a tree. Two of them exclude each other if, where their ways up meet, they are in
 * different elements of one array. A set keeps only the innermost elements: those around them are
 * chosen with them.
 */
#include "events/choice.h"

#include <string.h>

#define SEED UINT64_C(0x2d358dccaa6c78a5) /* keys are our own numbers: nobody chooses them */

void event_choices_init(struct event_choices *choices)
{
	*choices = (struct event_choices){0};
	event_intern_init(&choices->sets, SEED);
	event_intern_init(&choices->reached, SEED);
	(void)event_intern(&choices->sets, "", 0);
}

void event_choices_done(struct event_choices *choices)
{
	event_intern_done(&choices->sets);
	event_intern_done(&choices->reached);
	free(choices->one.items);
}

void event_choices_clear(struct event_choices *choices)
{
	if (choices->reached.keys.count)
		event_intern_clear(&choices->reached);
	if (choices->sets.keys.count > 1) {
		event_intern_clear(&choices->sets);
		(void)event_intern(&choices->sets, "", 0);
	}
}

/*
 * Bring two elements up to where their ways meet. Returns whether one is around the other (or
 * both are the same); else *one and *two are the different ones below the meeting.
 */
static bool meet(const struct event_scope *scopes, uint32_t *one, uint32_t *two)
{
	while (scopes[*one].depth > scopes[*two].depth)
		*one = scopes[*one].parent;
	while (scopes[*two].depth > scopes[*one].depth)
		*two = scopes[*two].parent;
	if (*one == *two)
		return true;
	while (scopes[*one].parent != scopes[*two].parent) {
		*one = scopes[*one].parent;
		*two = scopes[*two].parent;
	}
	return false;
}

static const uint32_t *first_from(const uint32_t *from, const uint32_t *end, uint32_t leaf)
{
	while (from < end) {
		const uint32_t *middle = from + (end - from) / 2;

		if (*middle < leaf)
			from = middle + 1;
		else
			end = middle;
	}
	return from;
}

/* Where to go on if the leaf at @at is excluded by the chosen element: NULL if it is not. */
static const uint32_t *beyond(const struct event_flat *flat, uint32_t chosen, const uint32_t *at,
			      const uint32_t *end)
{
	const struct event_scope *scopes = flat->scopes.items;
	const struct event_array *array;
	uint32_t other = flat->leaves.items[*at].scope;

	if (meet(scopes, &other, &chosen) || scopes[other].array != scopes[chosen].array)
		return NULL;
	array = &flat->arrays.items[scopes[chosen].array];
	if (array->mixed)
		return first_from(at, end, scopes[other].leaf_end);
	return first_from(at, end,
			  *at < scopes[chosen].leaf_begin ? scopes[chosen].leaf_begin
							  : array->leaf_end);
}

const uint32_t *event_choice_next(const struct event_choices *choices,
				  const struct event_flat *flat, uint32_t choice,
				  const uint32_t *from, const uint32_t *end)
{
	size_t len;
	const char *set = event_intern_key(&choices->sets, choice, &len);
	size_t at = 0;

	while (from < end && at < len) {
		const uint32_t *further;
		uint32_t chosen;

		memcpy(&chosen, set + at, sizeof(chosen));
		further = beyond(flat, chosen, from, end);
		from = further ? further : from;
		at = further ? 0 : at + sizeof(chosen);
	}
	return from;
}

/* The innermost element around @scope whose array can still matter. */
static uint32_t still_matters(const struct event_flat *flat, const struct event_path_tree *tree,
			      uint32_t scope, uint32_t rank)
{
	while (scope) {
		uint32_t array = flat->scopes.items[scope].array;

		if (tree->nodes.items[flat->arrays.items[array].node].limit > rank)
			break;
		scope = flat->scopes.items[scope].parent;
	}
	return scope;
}

/* Put @scope into the set that is made, keeping only innermost ones in ascending order. */
static void put(event_numbers *set, const struct event_scope *scopes, uint32_t scope)
{
	size_t kept = 0;
	size_t at;

	for (size_t i = 0; i < set->count; i++) {
		uint32_t one = set->items[i];
		uint32_t two = scope;

		if (!meet(scopes, &one, &two))
			set->items[kept++] = set->items[i];
		else if (scopes[set->items[i]].depth >= scopes[scope].depth)
			return; /* it is around one that is there, or there itself */
	}
	set->count = kept;
	EVENT_APPEND(set, scope);
	for (at = set->count - 1; at > 0 && set->items[at - 1] > scope; at--)
		set->items[at] = set->items[at - 1];
	set->items[at] = scope;
}

uint32_t event_choice_add(struct event_choices *choices, const struct event_flat *flat,
			  const struct event_path_tree *tree, uint32_t choice, uint32_t scope,
			  uint32_t rank)
{
	size_t len;
	const char *set = event_intern_key(&choices->sets, choice, &len);

	choices->one.count = 0;
	for (size_t at = 0; at <= len; at += sizeof(scope)) {
		uint32_t element = scope;

		if (at < len)
			memcpy(&element, set + at, sizeof(element));
		element = still_matters(flat, tree, element, rank);
		if (element)
			put(&choices->one, flat->scopes.items, element);
	}
	return event_intern(&choices->sets, choices->one.items,
			    choices->one.count * sizeof(*choices->one.items));
}

bool event_choice_reach(struct event_choices *choices, uint32_t state, uint32_t choice)
{
	uint32_t pair[2] = {state, choice};
	size_t before = choices->reached.keys.count;

	return event_intern(&choices->reached, pair, sizeof(pair)) == before;
}
