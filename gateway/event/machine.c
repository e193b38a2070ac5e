/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building. First the ways of all branches through states, with everything that is the same
 * interned: paths, tests, anything-buts, lists, and the states behind (state, path, list). Then
 * the edges are sorted to where matching finds them.
 */
#include "gateway/event/machine_private.h"

#include <string.h>

#include "core/ident.h"

#define ABSENT UINT32_MAX

/* The way from a state to the next: by one list at one path. */
struct way {
	uint32_t from;
	uint32_t path;
	uint32_t class;
	uint32_t list;
	uint32_t to;
};

/* An anything-but that is failed by a test; or a state and a rule that ends there. */
struct pair {
	uint32_t one;
	uint32_t two;
};

typedef EVENT_GROWING(struct pair) pairs;

struct build {
	struct event_machine *machine;
	struct event_intern paths;
	struct event_intern buts;  /* path and tests */
	struct event_intern lists; /* what a field's list has: tests * 2, anything-buts * 2 + 1 */
	struct event_intern ways;  /* struct way without @to, which is its number + 1 */
	EVENT_GROWING(struct way) all;
	pairs fails;
	pairs ends;
	size_t edges;
	uint32_t *ranks; /* of paths in the order of their bytes */
};

static void build_done(struct build *build)
{
	event_intern_done(&build->paths);
	event_intern_done(&build->buts);
	event_intern_done(&build->lists);
	event_intern_done(&build->ways);
	free(build->all.items);
	free(build->fails.items);
	free(build->ends.items);
	free(build->ranks);
}

static int by_number(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a;
	uint32_t two = *(const uint32_t *)b;

	return (one > two) - (one < two);
}

static void sort_once(event_numbers *numbers)
{
	size_t kept = 0;

	if (numbers->count)
		qsort(numbers->items, numbers->count, sizeof(*numbers->items), by_number);
	for (size_t i = 0; i < numbers->count; i++) {
		if (kept == 0 || numbers->items[i] != numbers->items[kept - 1])
			numbers->items[kept++] = numbers->items[i];
	}
	numbers->count = kept;
}

static uint32_t but_number(struct build *build, uint32_t path, const struct event_test *test)
{
	struct event_index *index = &build->machine->index;
	event_numbers tests = {0};
	uint32_t but;
	size_t before = build->buts.keys.count;

	for (size_t i = 0; i < test->count; i++)
		EVENT_APPEND(&tests, event_index_add(index, path, test->kind, &test->values[i]));
	sort_once(&tests);
	EVENT_APPEND(&tests, path);
	but = event_intern(&build->buts, tests.items, tests.count * sizeof(*tests.items));
	for (size_t i = 0; but == before && i + 1 < tests.count; i++)
		EVENT_APPEND(&build->fails, (struct pair){tests.items[i], but});
	free(tests.items);
	return but;
}

static bool is_broad(const struct event_test *test)
{
	const struct event_value *value = test->values;

	if (test->negated || test->kind == EVENT_TEST_EXISTS)
		return true;
	if (test->kind == EVENT_TEST_RANGE)
		return value->range.family == EVENT_NUMBERS &&
		       value->range.low != value->range.high;
	if (test->kind == EVENT_TEST_WILDCARD)
		return value->len < 2;
	return value && value->len == 0;
}

static enum event_class class_of(const struct event_field *field)
{
	enum event_class class = EVENT_CLASS_PRECISE;

	for (size_t i = 0; i < field->count; i++) {
		if (field->tests[i].kind == EVENT_TEST_ABSENT)
			return EVENT_CLASS_ABSENT;
		if (is_broad(&field->tests[i]))
			class = EVENT_CLASS_BROAD;
	}
	return class;
}

static uint32_t path_number(struct build *build, const struct event_field *field)
{
	struct event_machine *machine = build->machine;
	size_t before = build->paths.keys.count;
	uint32_t path = event_intern(&build->paths, field->path, field->path_len);
	uint32_t node;

	if (path == before) {
		node = event_path_tree_add(&machine->tree, field->path, field->path_len);
		machine->tree.nodes.items[node].path = path;
	}
	return path;
}

static uint32_t list_number(struct build *build, uint32_t path, const struct event_field *field,
			    size_t *ret_len)
{
	event_numbers list = {0};
	uint32_t number;

	for (size_t i = 0; i < field->count; i++) {
		const struct event_test *test = &field->tests[i];

		if (test->kind == EVENT_TEST_ABSENT)
			EVENT_APPEND(&list, ABSENT);
		else if (test->negated)
			EVENT_APPEND(&list, but_number(build, path, test) * 2 + 1);
		else
			EVENT_APPEND(&list, event_index_add(&build->machine->index, path,
							    test->kind, test->values) *
						    2);
	}
	sort_once(&list);
	number = event_intern(&build->lists, list.items, list.count * sizeof(*list.items));
	*ret_len = list.count;
	free(list.items);
	return number;
}

/* The state behind @from by this field. */
static uint32_t follow(struct build *build, uint32_t from, const struct event_field *field,
		       enum event_class class)
{
	size_t before = build->ways.keys.count;
	struct way way = {.from = from, .class = class};
	size_t len;
	uint32_t number;

	way.path = path_number(build, field);
	way.list = list_number(build, way.path, field, &len);
	number = event_intern(&build->ways, &way, offsetof(struct way, to));
	way.to = number + 1;
	if (number == before) {
		EVENT_APPEND(&build->all, way);
		build->edges += len;
	}
	return way.to;
}

static int add_branch(struct build *build, uint32_t rule, const struct event_branch *branch,
		      struct err *err)
{
	uint32_t state = 0;

	for (enum event_class class = EVENT_CLASS_PRECISE; class <= EVENT_CLASS_ABSENT; class ++) {
		for (size_t i = 0; i < branch->count; i++) {
			if (class_of(branch->fields[i]) == class)
				state = follow(build, state, branch->fields[i], class);
		}
	}
	EVENT_APPEND(&build->ends, (struct pair){state, rule});
	if (build->edges > EVENT_MACHINE_EDGES_MAX)
		return err_set(err, ERR_LIMIT,
			       "the rules of the bus are too complex together: their lists have "
			       "more than %u values",
			       EVENT_MACHINE_EDGES_MAX);
	return 0;
}

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
static bool is_before_limit(const struct build *build, uint32_t path, const char *prefix,
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
static void set_limits(struct build *build, uint32_t path, const uint32_t *order, uint32_t count)
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

static void rank_paths(struct build *build)
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
	const struct pair *one = a;
	const struct pair *two = b;

	if (one->one != two->one)
		return one->one < two->one ? -1 : 1;
	return (one->two > two->two) - (one->two < two->two);
}

static void place_fails(struct build *build)
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

static void place_ends(struct build *build)
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
	const struct way *one = a;
	const struct way *two = b;

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
static void place_way(struct build *build, const struct way *way, struct event_move *move)
{
	struct event_machine *machine = build->machine;
	struct event_state *from = &machine->states.items[way->from];
	size_t len;
	const char *list = event_intern_key(&build->lists, way->list, &len);

	for (size_t i = 0; i < len; i += sizeof(uint32_t)) {
		uint32_t by;

		memcpy(&by, list + i, sizeof(by));
		if (by == ABSENT) {
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
static void note_next(struct build *build, const struct way *way)
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
static void place_move(struct build *build, size_t *at)
{
	struct event_machine *machine = build->machine;
	const struct way *first = &build->all.items[*at];
	struct event_state *from = &machine->states.items[first->from];
	struct event_move move = {.path = first->path};

	move.passes = (uint32_t)machine->passes.count;
	move.buts = (uint32_t)machine->buts.count;
	for (; *at < build->all.count; ++*at) {
		const struct way *way = &build->all.items[*at];

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
static void place_states(struct build *build)
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
		const struct way *way = &build->all.items[i - 1];
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

static void build_init(struct build *build, struct event_machine *machine)
{
	uint64_t seed;

	ident_random(&seed, sizeof(seed));
	build->machine = machine;
	event_intern_init(&build->paths, seed);
	event_intern_init(&build->buts, seed);
	event_intern_init(&build->lists, seed);
	event_intern_init(&build->ways, seed);
	event_path_tree_init(&machine->tree, seed);
	event_index_init(&machine->index, seed);
}

int event_machine_new(const struct event_rule *rules, size_t count,
		      struct event_machine **ret_machine, struct err *err)
{
	AUTO(event_machine_unrefp) struct event_machine *machine = xcalloc(1, sizeof(*machine));
	AUTO(build_done) struct build build = {0};

	atomic_init(&machine->references, 1);
	build_init(&build, machine);
	machine->names = xcalloc(count + 1, sizeof(*machine->names));
	machine->rule_count = count;
	for (uint32_t i = 0; i < count; i++) {
		size_t branches;
		const struct event_branch *all =
			event_pattern_branches(rules[i].pattern, &branches);

		machine->names[i] = xstrdup(rules[i].name);
		for (size_t j = 0; j < branches; j++) {
			if (add_branch(&build, i, &all[j], err) < 0)
				return -1;
		}
	}
	event_path_tree_finish(&machine->tree);
	rank_paths(&build);
	event_index_finish(&machine->index, machine->path_count);
	place_fails(&build);
	place_states(&build);
	place_ends(&build);
	*ret_machine = STEAL(machine, NULL);
	return 0;
}

struct event_machine *event_machine_ref(struct event_machine *machine)
{
	atomic_fetch_add(&machine->references, 1);
	return machine;
}

void event_machine_unref(struct event_machine *machine)
{
	if (!machine || atomic_fetch_sub(&machine->references, 1) != 1)
		return;
	for (size_t i = 0; i < machine->rule_count; i++)
		free(machine->names[i]);
	free(machine->names);
	event_path_tree_done(&machine->tree);
	event_index_done(&machine->index);
	free(machine->states.items);
	free(machine->moves.items);
	free(machine->passes.items);
	free(machine->buts.items);
	free(machine->absents.items);
	free(machine->fails);
	free(machine->failed);
	free(machine->state_rules.items);
	free(machine);
}

void event_machine_unrefp(struct event_machine **machine)
{
	event_machine_unref(*machine);
	*machine = NULL;
}
