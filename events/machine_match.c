/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matching: from the start on, every state that is reached looks at the event's values at its
 * paths, and each edge that a value passes leads to the next. What a value passes is found when
 * it is first asked, once for all states. A state that was reached before, with the same
 * elements of arrays chosen, is not looked at again, so the work is at most states times values;
 * only events with many arrays within and beside each other make more of it, and these end at
 * EVENT_MATCH_STEPS_MAX.
 */
#include <string.h>

#include "events/choice.h"
#include "events/machine_private.h"

#define LOOK_ONE_BY_ONE 6  /* edges of a move that are compared rather than searched */
#define WORK_A_STEP	32 /* bytes of the finder's work that count as a step */

/* What a leaf passes: parts of the finder's tests and of the match's failed anything-buts. */
struct found {
	uint32_t tests;
	uint32_t test_count; /* EVENT_NONE: nobody asked yet */
	uint32_t buts;
	uint32_t but_count;
};

/* The leaves of a path in this event. */
struct group {
	uint32_t epoch; /* else the rest is of another event */
	uint32_t begin; /* in match->order */
	uint32_t count;
};

struct reached {
	uint32_t state;
	uint32_t choice;
};

struct event_match {
	const struct event_machine *machine;
	struct event_flat flat;
	struct event_finder finder;
	struct event_choices choices;
	uint32_t epoch;			    /* of this event, in the three below */
	EVENT_GROWING(struct group) groups; /* by path */
	event_numbers states_seen;	    /* by state, with nothing chosen */
	event_numbers rules_seen;	    /* by rule */
	event_numbers present;		    /* paths */
	event_numbers order;		    /* leaves by path */
	EVENT_GROWING(struct found) found;  /* by leaf */
	event_numbers failed;
	EVENT_GROWING(struct reached) todo;
	event_numbers rules;
	EVENT_GROWING(const char *) names;
	uint64_t steps;
};

struct event_match *event_match_new(void)
{
	struct event_match *match = xcalloc(1, sizeof(*match));

	event_choices_init(&match->choices);
	/* So that empty parts of them are somewhere. */
	EVENT_GROW(&match->finder.tests, 1);
	EVENT_GROW(&match->failed, 1);
	return match;
}

void event_match_free(struct event_match *match)
{
	if (!match)
		return;
	event_flat_done(&match->flat);
	event_finder_done(&match->finder);
	event_choices_done(&match->choices);
	free(match->groups.items);
	free(match->states_seen.items);
	free(match->rules_seen.items);
	free(match->present.items);
	free(match->order.items);
	free(match->found.items);
	free(match->failed.items);
	free(match->todo.items);
	free(match->rules.items);
	free(match->names.items);
	free(match);
}

void event_match_freep(struct event_match **match)
{
	event_match_free(*match);
	*match = NULL;
}

/* Room for @count marks, those that are new without any. */
static void marks_room(event_numbers *marks, size_t count)
{
	if (marks->count >= count)
		return;
	EVENT_GROW(marks, count - marks->count);
	memset(marks->items + marks->count, 0, (count - marks->count) * sizeof(*marks->items));
	marks->count = count;
}

static void begin_event(struct event_match *match, const struct event_machine *machine)
{
	size_t groups = match->groups.count;

	match->machine = machine;
	marks_room(&match->states_seen, machine->states.count);
	marks_room(&match->rules_seen, machine->rule_count);
	if (groups < machine->path_count) {
		EVENT_GROW(&match->groups, machine->path_count - groups);
		memset(match->groups.items + groups, 0,
		       (machine->path_count - groups) * sizeof(struct group));
		match->groups.count = machine->path_count;
	}
	if (++match->epoch == 0) { /* after 2^32 events: marks of the first would be believed */
		memset(match->states_seen.items, 0, match->states_seen.count * sizeof(uint32_t));
		memset(match->rules_seen.items, 0, match->rules_seen.count * sizeof(uint32_t));
		memset(match->groups.items, 0, match->groups.count * sizeof(struct group));
		match->epoch = 1;
	}
	event_choices_clear(&match->choices);
	match->finder.tests.count = 0;
	match->finder.work = 0;
	match->failed.count = 0;
	match->todo.count = 0;
	match->rules.count = 0;
	match->steps = 0;
}

/* Put the leaves of each path next to each other, in their order. */
static void group_leaves(struct event_match *match)
{
	size_t count = match->flat.leaves.count;
	uint32_t begin = 0;

	match->present.count = 0;
	match->order.count = 0;
	EVENT_GROW(&match->order, count);
	match->found.count = 0;
	EVENT_GROW(&match->found, count);
	for (size_t i = 0; i < count; i++) {
		uint32_t path = match->flat.leaves.items[i].path;
		struct group *group = &match->groups.items[path];

		match->found.items[i].test_count = EVENT_NONE;
		if (group->epoch != match->epoch) {
			*group = (struct group){.epoch = match->epoch};
			EVENT_APPEND(&match->present, path);
		}
		group->count++;
	}
	for (size_t i = 0; i < match->present.count; i++) {
		struct group *group = &match->groups.items[match->present.items[i]];

		group->begin = begin;
		begin += group->count;
		group->count = 0;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct group *group = &match->groups.items[match->flat.leaves.items[i].path];

		match->order.items[group->begin + group->count++] = i;
	}
}

/* The first and, at *ret_end, the end of the leaves at @path. */
static const uint32_t *leaves_at(const struct event_match *match, uint32_t path,
				 const uint32_t **ret_end)
{
	const struct group *group = &match->groups.items[path];

	if (group->epoch != match->epoch) {
		*ret_end = match->order.items;
		return match->order.items;
	}
	*ret_end = match->order.items + group->begin + group->count;
	return match->order.items + group->begin;
}

/* Ask the index about a leaf, once. */
static const struct found *ask(struct event_match *match, uint32_t leaf)
{
	struct found *found = &match->found.items[leaf];
	const struct event_machine *machine = match->machine;

	if (found->test_count != EVENT_NONE)
		return found;
	found->tests = (uint32_t)match->finder.tests.count;
	found->buts = (uint32_t)match->failed.count;
	event_index_find(&machine->index, &match->flat.leaves.items[leaf], &match->finder);
	found->test_count = (uint32_t)match->finder.tests.count - found->tests;
	for (uint32_t i = 0; i < found->test_count; i++) {
		uint32_t test = match->finder.tests.items[found->tests + i];

		for (uint32_t j = machine->fails[test]; j < machine->fails[test + 1]; j++)
			EVENT_APPEND(&match->failed, machine->failed[j]);
	}
	found->but_count = (uint32_t)match->failed.count - found->buts;
	return found;
}

static void collect(struct event_match *match, const struct event_state *state)
{
	for (uint32_t i = 0; i < state->rule_count; i++) {
		uint32_t rule = match->machine->state_rules.items[state->rules + i];

		if (match->rules_seen.items[rule] != match->epoch) {
			match->rules_seen.items[rule] = match->epoch;
			EVENT_APPEND(&match->rules, rule);
		}
	}
}

/* Arrive at a state, from one with @choice by a leaf in element @scope. */
static void arrive(struct event_match *match, uint32_t number, uint32_t choice, uint32_t scope)
{
	const struct event_state *state = &match->machine->states.items[number];
	bool leads_on = state->move_count || state->absent_count;

	match->steps++;
	if (choice || scope) {
		/* With fields of a further class to come any array may still matter. */
		uint32_t rank = state->last_class > state->next_class ? 0 : state->next_rank;

		choice = leads_on ? event_choice_add(&match->choices, &match->flat,
						     &match->machine->tree, choice, scope, rank)
				  : 0;
	}
	if (choice) {
		if (!event_choice_reach(&match->choices, number, choice))
			return;
	} else {
		if (match->states_seen.items[number] == match->epoch)
			return;
		match->states_seen.items[number] = match->epoch;
	}
	collect(match, state);
	if (leads_on)
		EVENT_APPEND(&match->todo, (struct reached){number, choice});
}

static bool has(const uint32_t *numbers, uint32_t count, uint32_t number)
{
	uint32_t low = 0;

	while (count > LOOK_ONE_BY_ONE) {
		uint32_t half = count / 2;

		if (numbers[low + half] <= number)
			low += half;
		count -= half;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (numbers[low + i] == number)
			return true;
	}
	return false;
}

static uint32_t first_edge(const struct event_edge *edges, uint32_t count, uint32_t by)
{
	uint32_t low = 0;

	while (low < count) {
		uint32_t middle = (low + count) / 2;

		if (edges[middle].by < by)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

/* Along the edges of a move whose tests the leaf passes: by the shorter of both lists. */
static void take_passes(struct event_match *match, const struct event_move *move, uint32_t leaf,
			uint32_t choice)
{
	const struct event_edge *edges = match->machine->passes.items + move->passes;
	const struct found *found = ask(match, leaf);
	const uint32_t *tests = match->finder.tests.items + found->tests;
	uint32_t scope = match->flat.leaves.items[leaf].scope;

	if (move->pass_count <= LOOK_ONE_BY_ONE || move->pass_count <= found->test_count) {
		match->steps += move->pass_count;
		for (uint32_t i = 0; i < move->pass_count; i++) {
			if (has(tests, found->test_count, edges[i].by))
				arrive(match, edges[i].state, choice, scope);
		}
		return;
	}
	match->steps += found->test_count;
	for (uint32_t i = 0; i < found->test_count; i++) {
		uint32_t at = first_edge(edges, move->pass_count, tests[i]);

		for (; at < move->pass_count && edges[at].by == tests[i]; at++)
			arrive(match, edges[at].state, choice, scope);
	}
}

static void take_buts(struct event_match *match, const struct event_move *move, uint32_t leaf,
		      uint32_t choice)
{
	const struct event_edge *edges = match->machine->buts.items + move->buts;
	const struct found *found = ask(match, leaf);
	const uint32_t *failed = match->failed.items + found->buts;
	uint32_t scope = match->flat.leaves.items[leaf].scope;

	match->steps += move->but_count;
	for (uint32_t i = 0; i < move->but_count; i++) {
		bool fails = false;

		for (uint32_t j = 0; j < found->but_count && !fails; j++)
			fails = failed[j] == edges[i].by;
		if (!fails)
			arrive(match, edges[i].state, choice, scope);
	}
}

static void take_move(struct event_match *match, const struct event_move *move, uint32_t choice)
{
	const uint32_t *end;
	const uint32_t *leaf = leaves_at(match, move->path, &end);

	while (match->steps < EVENT_MATCH_STEPS_MAX) {
		if (choice)
			leaf = event_choice_next(&match->choices, &match->flat, choice, leaf, end);
		if (leaf == end)
			return;
		match->steps++;
		if (move->pass_count)
			take_passes(match, move, *leaf, choice);
		if (move->but_count)
			take_buts(match, move, *leaf, choice);
		leaf++;
	}
}

static void take_absent(struct event_match *match, const struct event_edge *edge, uint32_t choice)
{
	const uint32_t *end;
	const uint32_t *leaf = leaves_at(match, edge->by, &end);

	match->steps++;
	if (choice)
		leaf = event_choice_next(&match->choices, &match->flat, choice, leaf, end);
	if (leaf == end)
		arrive(match, edge->state, choice, 0);
}

/* Look at the event from a state: by its own paths, or by those of the event if they are fewer. */
static void leave(struct event_match *match, struct reached at)
{
	const struct event_machine *machine = match->machine;
	const struct event_state *state = &machine->states.items[at.state];
	const struct event_move *moves = machine->moves.items + state->moves;

	for (uint32_t i = 0; i < state->absent_count; i++)
		take_absent(match, &machine->absents.items[state->absents + i], at.choice);
	if (state->move_count <= match->present.count) {
		for (uint32_t i = 0; i < state->move_count; i++)
			take_move(match, &moves[i], at.choice);
		return;
	}
	for (size_t i = 0; i < match->present.count; i++) {
		uint32_t path = match->present.items[i];
		uint32_t low = 0;
		uint32_t high = state->move_count;

		while (low < high) {
			uint32_t middle = (low + high) / 2;

			if (moves[middle].path < path)
				low = middle + 1;
			else
				high = middle;
		}
		if (low < state->move_count && moves[low].path == path)
			take_move(match, &moves[low], at.choice);
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a;
	uint32_t two = *(const uint32_t *)b;

	return (one > two) - (one < two);
}

static void name_rules(struct event_match *match)
{
	match->names.count = 0;
	EVENT_GROW(&match->names, match->rules.count + 1);
	if (match->rules.count > 1)
		qsort(match->rules.items, match->rules.count, sizeof(*match->rules.items),
		      by_number);
	for (size_t i = 0; i < match->rules.count; i++)
		match->names.items[match->names.count++] =
			match->machine->names[match->rules.items[i]];
}

int event_machine_match(const struct event_machine *machine, struct event_match *match,
			const char *json, size_t len, const char *const **ret_names,
			size_t *ret_count, struct err *err)
{
	begin_event(match, machine);
	if (event_flat_read(&match->flat, &machine->tree, json, len, err) < 0)
		return -1;
	group_leaves(match);
	EVENT_APPEND(&match->todo, (struct reached){0, 0});
	while (match->todo.count > 0) {
		leave(match, match->todo.items[--match->todo.count]);
		if (match->steps + match->finder.work / WORK_A_STEP >= EVENT_MATCH_STEPS_MAX)
			return err_set(err, ERR_LIMIT,
				       "event is too costly to match: it takes more than %u steps",
				       EVENT_MATCH_STEPS_MAX);
	}
	name_rules(match);
	*ret_names = match->names.items;
	*ret_count = match->rules.count;
	return 0;
}
