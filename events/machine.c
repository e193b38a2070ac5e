/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building: the ways of all branches through states, with everything that is the same interned:
 * paths, tests, anything-buts, lists, and the states behind (state, path, list).
 */
#include "events/machine_build.h"

#include <string.h>

#include "core/ident.h"

static void build_done(struct event_build *build)
{
	event_intern_done(&build->paths);
	event_intern_done(&build->buts);
	event_intern_done(&build->lists);
	event_intern_done(&build->fields);
	event_intern_done(&build->ways);
	free(build->made_fields.items);
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

static uint32_t but_number(struct event_build *build, uint32_t path, const struct event_test *test)
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
		EVENT_APPEND(&build->fails, (struct event_pair){tests.items[i], but});
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

static uint32_t path_number(struct event_build *build, const struct event_field *field)
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

static uint32_t list_number(struct event_build *build, uint32_t path,
			    const struct event_field *field, size_t *ret_len)
{
	event_numbers list = {0};
	uint32_t number;

	for (size_t i = 0; i < field->count; i++) {
		const struct event_test *test = &field->tests[i];

		if (test->kind == EVENT_TEST_ABSENT)
			EVENT_APPEND(&list, EVENT_ABSENT);
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

static struct event_made_field made_field(struct event_build *build,
					  const struct event_field *field)
{
	const uintptr_t address = (uintptr_t)field;
	size_t before = build->fields.keys.count;
	uint32_t number = event_intern(&build->fields, &address, sizeof(address));
	struct event_made_field made;

	if (number == before) {
		made.class = class_of(field);
		made.path = path_number(build, field);
		made.list = list_number(build, made.path, field, &made.len);
		EVENT_APPEND(&build->made_fields, made);
	}
	return build->made_fields.items[number];
}

/* The state behind @from by this field. */
static uint32_t follow(struct event_build *build, uint32_t from,
		       const struct event_made_field *field)
{
	size_t before = build->ways.keys.count;
	struct event_way way = {
		.from = from, .class = field->class, .path = field->path, .list = field->list};
	uint32_t number;

	number = event_intern(&build->ways, &way, offsetof(struct event_way, to));
	way.to = number + 1;
	if (number == before) {
		EVENT_APPEND(&build->all, way);
		build->edges += field->len;
	}
	return way.to;
}

static int add_branch(struct event_build *build, uint32_t rule, const struct event_branch *branch,
		      struct err *err)
{
	uint32_t state = 0;

	for (enum event_class class = EVENT_CLASS_PRECISE; class <= EVENT_CLASS_ABSENT; class ++) {
		for (size_t i = 0; i < branch->count; i++) {
			struct event_made_field field = made_field(build, branch->fields[i]);

			if (field.class == class)
				state = follow(build, state, &field);
		}
	}
	EVENT_APPEND(&build->ends, (struct event_pair){state, rule});
	if (build->edges > EVENT_MACHINE_EDGES_MAX)
		return err_set(err, ERR_LIMIT,
			       "the rules of the bus are too complex together: their lists have "
			       "more than %u values",
			       EVENT_MACHINE_EDGES_MAX);
	return 0;
}

static void build_init(struct event_build *build, struct event_machine *machine)
{
	uint64_t seed;

	ident_random(&seed, sizeof(seed));
	build->machine = machine;
	event_intern_init(&build->paths, seed);
	event_intern_init(&build->buts, seed);
	event_intern_init(&build->lists, seed);
	event_intern_init(&build->fields, seed);
	event_intern_init(&build->ways, seed);
	event_path_tree_init(&machine->tree, seed);
	event_index_init(&machine->index, seed);
}

int event_machine_new(const struct event_rule *rules, size_t count,
		      struct event_machine **ret_machine, struct err *err)
{
	AUTO(event_machine_unrefp) struct event_machine *machine = xcalloc(1, sizeof(*machine));
	AUTO(build_done) struct event_build build = {0};

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
	event_machine_place(&build);
	*ret_machine = STEAL(machine, NULL);
	return 0;
}

size_t event_machine_bytes(const struct event_machine *machine)
{
	const struct event_index *index = &machine->index;
	size_t tests = index->tests.keys.count;

	return sizeof(*machine) + machine->states.count * sizeof(struct event_state) +
	       machine->moves.count * sizeof(struct event_move) +
	       (machine->passes.count + machine->buts.count + machine->absents.count) *
		       sizeof(struct event_edge) +
	       machine->state_rules.count * sizeof(uint32_t) +
	       machine->fails[tests] * sizeof(*machine->failed) +
	       tests * (sizeof(struct event_intern_key) + sizeof(*machine->fails)) +
	       2 * index->tests.bytes.count + /* and the texts in the arena */
	       index->slot_count * sizeof(*index->slots) +
	       index->path_count * sizeof(*index->paths) +
	       index->tries.count * sizeof(struct event_trie_node) +
	       index->globs.count * sizeof(struct event_index_glob) +
	       index->ranges.count * sizeof(struct event_index_range) +
	       machine->tree.slot_count * sizeof(*machine->tree.slots) +
	       machine->tree.names.bytes.count;
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
