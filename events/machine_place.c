/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second half of building: paths get their ranks, the index is finished, and the edges of
 * each state are sorted next to each other.
 */
#include <string.h>

#include "events/machine_build.h"

static int by_bytes(const void *a, const void *b, void *paths)
{
	size_t len_one;
	size_t len_two;
	const char *one = event_intern_key(paths, *(const uint32_t *)a, &len_one);
	const char *two = event_intern_key(paths, *(const uint32_t *)b, &len_two);
	size_t len = len_one < len_two ? len_one : len_two;
	int order = len ? memcmp(one, two, len) : 0;

	return order ? order : (len_one > len_two) - (len_one < len_two);
}

/* Whether path number @path stands before the texts that begin with the first @len bytes of
 * @prefix and a character above the dot: then what is below the prefix is before or behind it. */
static bool is_before_limit(const struct event_build *build, uint32_t path, const char *prefix,
			    size_t len)
{
	size_t path_len;
	const char *text = event_intern_key(&build->paths, path, &path_len);
	int order = memcmp(text, prefix, path_len < len ? path_len : len);

	if (order != 0 || path_len <= len)
		return order != 0 ? order < 0 : true;
	return (uint8_t)text[len] <= '.';
}

/* The limit of each node on the way to @path (see struct event_path_node). */
static void set_limits(struct event_build *build, uint32_t path, const uint32_t *order,
		       uint32_t count)
{
	struct event_path_tree *tree = &build->machine->tree;
	size_t path_len;
	const char *text = event_intern_key(&build->paths, path, &path_len);
	uint32_t node = 0;

	for (size_t at = 0, end; at <= path_len; at = end + 1) {
		const char *dot = memchr(text + at, '.', path_len - at);
		uint32_t low = 0;
		uint32_t high = count;

		end = dot ? (size_t)(dot - text) : path_len;
		node = event_path_tree_step(tree, node, text + at, end - at);
		if (tree->nodes.items[node].limit)
			continue;
		while (low < high) {
			uint32_t middle = (low + high) / 2;

			if (is_before_limit(build, order[middle], text, end))
				low = middle + 1;
			else
				high = middle;
		}
		tree->nodes.items[node].limit = low;
	}
}

static void rank_paths(struct event_build *build)
{
	uint32_t count = (uint32_t)build->paths.keys.count;
	uint32_t *order = xcalloc(count + 1u, sizeof(*order));

	build->ranks = xcalloc(count + 1u, sizeof(*build->ranks));
	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order, count, sizeof(*order), by_bytes, &build->paths);
	for (uint32_t i = 0; i < count; i++)
		build->ranks[order[i]] = i;
	for (uint32_t i = 0; i < count; i++)
		set_limits(build, i, order, count);
	build->machine->path_count = count;
	free(order);
}

static int by_pair(const void *a, const void *b)
{
	const struct event_pair *one = a;
	const struct event_pair *two = b;

	if (one->one != two->one)
		return one->one < two->one ? -1 : 1;
	return (one->two > two->two) - (one->two < two->two);
}

static void place_fails(struct event_build *build)
{
	struct event_machine *machine = build->machine;
	size_t tests = machine->index.tests.keys.count;
	size_t at = 0;

	machine->fails = xcalloc(tests + 1, sizeof(*machine->fails));
	machine->failed = xcalloc(build->fails.count + 1, sizeof(*machine->failed));
	if (build->fails.count)
		qsort(build->fails.items, build->fails.count, sizeof(*build->fails.items), by_pair);
	for (size_t test = 0; test < tests; test++) {
		machine->fails[test] = (uint32_t)at;
		for (; at < build->fails.count && build->fails.items[at].one == test; at++)
			machine->failed[at] = build->fails.items[at].two;
	}
	machine->fails[tests] = (uint32_t)at;
}

static void place_ends(struct event_build *build)
{
	struct event_machine *machine = build->machine;

	if (build->ends.count)
		qsort(build->ends.items, build->ends.count, sizeof(*build->ends.items), by_pair);
	for (size_t i = 0; i < build->ends.count; i++) {
		struct event_state *state = &machine->states.items[build->ends.items[i].one];

		if (state->rule_count == 0)
			state->rules = (uint32_t)machine->state_rules.count;
		state->rule_count++;
		EVENT_APPEND(&machine->state_rules, build->ends.items[i].two);
	}
}

static int by_start(const void *a, const void *b)
{
	const struct event_way *one = a;
	const struct event_way *two = b;

	if (one->from != two->from)
		return one->from < two->from ? -1 : 1;
	return (one->path > two->path) - (one->path < two->path);
}

static int by_edge(const void *a, const void *b)
{
	const struct event_edge *one = a;
	const struct event_edge *two = b;

	return (one->by > two->by) - (one->by < two->by);
}

/* The edges of one way, into those of its move. */
static void place_way(struct event_build *build, const struct event_way *way,
		      struct event_move *move)
{
	struct event_machine *machine = build->machine;
	struct event_state *from = &machine->states.items[way->from];
	size_t len;
	const char *list = event_intern_key(&build->lists, way->list, &len);

	for (size_t i = 0; i < len; i += sizeof(uint32_t)) {
		uint32_t by;

		memcpy(&by, list + i, sizeof(by));
		if (by == EVENT_ABSENT) {
			if (from->absent_count++ == 0)
				from->absents = (uint32_t)machine->absents.count;
			EVENT_APPEND(&machine->absents, (struct event_edge){way->path, way->to});
		} else if (by & 1) {
			EVENT_APPEND(&machine->buts, (struct event_edge){by / 2, way->to});
			move->but_count++;
		} else {
			EVENT_APPEND(&machine->passes, (struct event_edge){by / 2, way->to});
			move->pass_count++;
		}
	}
}

/* Tell a state of a field that can be its next. */
static void note_next(struct event_build *build, const struct event_way *way)
{
	struct event_state *from = &build->machine->states.items[way->from];
	uint32_t rank = build->ranks[way->path];

	if (way->class < from->next_class ||
	    (way->class == from->next_class && rank < from->next_rank)) {
		from->next_class = (uint8_t)way->class;
		from->next_rank = rank;
	}
}

/* All ways from one state by one path: [*at, ...). */
static void place_move(struct event_build *build, size_t *at)
{
	struct event_machine *machine = build->machine;
	const struct event_way *first = &build->all.items[*at];
	struct event_state *from = &machine->states.items[first->from];
	struct event_move move = {.path = first->path};

	move.passes = (uint32_t)machine->passes.count;
	move.buts = (uint32_t)machine->buts.count;
	for (; *at < build->all.count; ++*at) {
		const struct event_way *way = &build->all.items[*at];

		if (way->from != first->from || way->path != first->path)
			break;
		place_way(build, way, &move);
		note_next(build, way);
	}
	if (move.pass_count)
		qsort(machine->passes.items + move.passes, move.pass_count,
		      sizeof(struct event_edge), by_edge);
	if (!move.pass_count && !move.but_count)
		return;
	if (from->move_count++ == 0)
		from->moves = (uint32_t)machine->moves.count;
	EVENT_APPEND(&machine->moves, move);
}

/* States are numbered by the ways to them in the order of making: the one before is smaller. */
static void place_states(struct event_build *build)
{
	struct event_machine *machine = build->machine;
	struct event_state fresh = {.next_class = UINT8_MAX, .next_rank = UINT32_MAX};

	for (size_t i = 0; i <= build->all.count; i++)
		EVENT_APPEND(&machine->states, fresh);
	/* So that a state without any has them somewhere. */
	EVENT_GROW(&machine->moves, 1);
	EVENT_GROW(&machine->passes, 1);
	EVENT_GROW(&machine->buts, 1);
	EVENT_GROW(&machine->absents, 1);
	for (size_t i = build->all.count; i > 0; i--) {
		const struct event_way *way = &build->all.items[i - 1];
		struct event_state *from = &machine->states.items[way->from];
		uint8_t last = machine->states.items[way->to].last_class;

		last = way->class > last ? (uint8_t)way->class : last;
		from->last_class = last > from->last_class ? last : from->last_class;
	}
	if (build->all.count)
		qsort(build->all.items, build->all.count, sizeof(*build->all.items), by_start);
	for (size_t at = 0; at < build->all.count;)
		place_move(build, &at);
}

void event_machine_place(struct event_build *build)
{
	struct event_machine *machine = build->machine;

	event_path_tree_finish(&machine->tree);
	rank_paths(build);
	event_index_finish(&machine->index, machine->path_count);
	place_fails(build);
	place_states(build);
	place_ends(build);
}
