/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of the service's byte automaton a list of wildcards would take. Its evaluator counts,
 * for the worst text, the wildcards that lie behind each state that the automaton is in at once.
 * The automaton shares what leads up to a first star and the end of a pattern, and nothing else.
 *
 * All sets of states that a text can reach are visited. A set of more than LIMIT states is too
 * complex already, and so is a list with more than SETS_MAX sets: our own matching does not
 * depend on any of this, but a rule that the service refuses is to be refused here.
 */
#include "events/wildcard.h"

#include <string.h>

#define LIMIT	   10	/* the service's */
#define SETS_MAX   8192 /* sets of states to be visited */
#define SLOTS	   (4 * SETS_MAX)
#define STATES_MAX 8192 /* more letters than a pattern can have */
#define NONE	   UINT16_MAX
#define STAR	   256
#define QUOTE	   '"'

struct state {
	uint16_t loop; /* the state of the star behind this one; itself, if it is a star's */
	uint16_t next; /* the one that @byte leads to */
	uint16_t also; /* a further one like it, of a state with the same past */
	uint16_t byte;
	unsigned int weight;  /* patterns that pass */
	unsigned int pattern; /* the last that was counted */
};

struct set {
	uint16_t count;
	uint16_t states[LIMIT + 1];
};

struct automaton {
	struct state *states;
	size_t count;
	struct set *sets; /* all that were found; those before @done were visited */
	size_t set_count;
	size_t done;
	uint16_t *slots;      /* numbers of sets, from 1, by their hash */
	uint8_t letters[256]; /* those that occur */
	size_t letter_count;
};

static uint16_t state_add(struct automaton *machine)
{
	struct state *state = &machine->states[machine->count];

	*state = (struct state){.loop = NONE, .next = NONE, .also = NONE, .pattern = UINT32_MAX};
	return (uint16_t)machine->count++;
}

static void count_pattern(struct state *state, unsigned int pattern)
{
	state->weight += state->pattern != pattern;
	state->pattern = pattern;
}

static void add_letter(struct automaton *machine, uint8_t letter)
{
	if (!memchr(machine->letters, letter, machine->letter_count))
		machine->letters[machine->letter_count++] = letter;
}

/* The state that @byte leads to from @from: found, if what leads there is @shared. */
static uint16_t step(struct automaton *machine, uint16_t from, uint16_t byte, bool shared)
{
	uint16_t at = from;
	uint16_t made;

	if (shared && machine->states[from].next != NONE) {
		for (; at != NONE; at = machine->states[at].also) {
			if (machine->states[at].byte == byte && machine->states[at].next != NONE)
				return machine->states[at].next;
		}
	}
	add_letter(machine, (uint8_t)byte);
	at = from;
	if (machine->states[from].next != NONE) {
		at = state_add(machine); /* only holds one more way out of @from */
		machine->states[at].also = machine->states[from].also;
		machine->states[from].also = at;
	}
	made = state_add(machine);
	machine->states[at].byte = byte;
	machine->states[at].next = made;
	return made;
}

static uint16_t star(struct automaton *machine, uint16_t from, bool shared)
{
	uint16_t made;

	if (shared && machine->states[from].loop != NONE)
		return machine->states[from].loop;
	made = state_add(machine);
	machine->states[made].loop = made;
	machine->states[from].loop = made;
	return made;
}

static void add_wildcard(struct automaton *machine, const struct event_wildcard *wildcard)
{
	uint16_t at = step(machine, 0, QUOTE, true);
	bool shared = true;

	count_pattern(&machine->states[at], wildcard->pattern);
	for (size_t i = 0; i < wildcard->len; i++) {
		if (wildcard->text[i] == '*') {
			at = star(machine, at, shared);
			shared = false;
		} else {
			i += wildcard->text[i] == '\\';
			at = step(machine, at, (uint8_t)wildcard->text[i], shared);
		}
		count_pattern(&machine->states[at], wildcard->pattern);
	}
	at = step(machine, at, QUOTE, shared);
	count_pattern(&machine->states[at], wildcard->pattern);
}

/* False: there are more than LIMIT. */
static bool set_add(struct set *set, uint16_t state)
{
	size_t at = 0;

	while (at < set->count && set->states[at] < state)
		at++;
	if (at < set->count && set->states[at] == state)
		return true;
	if (set->count == LIMIT)
		return false;
	memmove(&set->states[at + 1], &set->states[at], (set->count - at) * sizeof(state));
	set->states[at] = state;
	set->count++;
	return true;
}

/* Add where @byte leads to from @from; STAR is any byte that is no letter of the wildcards. */
static bool follow(const struct automaton *machine, uint16_t from, uint16_t byte, struct set *set)
{
	for (uint16_t at = from; byte != STAR && at != NONE; at = machine->states[at].also) {
		if (machine->states[at].next != NONE && machine->states[at].byte == byte &&
		    !set_add(set, machine->states[at].next))
			return false;
	}
	return true;
}

static bool advance(const struct automaton *machine, const struct set *from, uint16_t byte,
		    struct set *ret)
{
	*ret = (struct set){0};
	for (size_t i = 0; i < from->count; i++) {
		uint16_t loop = machine->states[from->states[i]].loop;

		if (loop != NONE && !set_add(ret, loop))
			return false;
		if (!follow(machine, from->states[i], byte, ret))
			return false;
		/* A star may stand for nothing. */
		if (loop != NONE && !follow(machine, loop, byte, ret))
			return false;
	}
	return true;
}

static bool set_has(const struct set *set, uint16_t state)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->states[i] == state)
			return true;
	}
	return false;
}

static unsigned int weigh(const struct automaton *machine, const struct set *set)
{
	unsigned int weight = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct state *state = &machine->states[set->states[i]];

		weight += state->weight;
		if (state->loop != NONE && !set_has(set, state->loop))
			weight += machine->states[state->loop].weight;
	}
	return weight;
}

static size_t hash_of(const struct set *set)
{
	uint32_t hash = set->count;

	for (size_t i = 0; i < set->count; i++)
		hash = (hash ^ set->states[i]) * 0x9e3779b1u;
	return (hash >> 8) % SLOTS;
}

/* Keep @set for a visit, unless it was found before. False: there are too many. */
static bool keep(struct automaton *machine, const struct set *set)
{
	size_t at = hash_of(set);

	for (; machine->slots[at]; at = (at + 1) % SLOTS) {
		if (memcmp(&machine->sets[machine->slots[at] - 1], set, sizeof(*set)) == 0)
			return true;
	}
	if (machine->set_count == SETS_MAX)
		return false;
	machine->sets[machine->set_count++] = *set;
	machine->slots[at] = (uint16_t)machine->set_count;
	return true;
}

static bool visit_all(struct automaton *machine)
{
	while (machine->done < machine->set_count) {
		struct set from = machine->sets[machine->done++];

		for (size_t i = 0; i <= machine->letter_count; i++) {
			uint16_t byte = i < machine->letter_count ? machine->letters[i] : STAR;
			struct set next;

			if (!advance(machine, &from, byte, &next) || weigh(machine, &next) > LIMIT)
				return false;
			if (next.count > 0 && !keep(machine, &next))
				return false;
		}
	}
	return true;
}

bool event_wildcards_too_complex(const struct event_wildcard *wildcards, size_t count)
{
	struct automaton machine = {0};
	size_t states = 4;
	bool fine;

	for (size_t i = 0; i < count; i++)
		states += 2 * (wildcards[i].len + 2);
	if (states > STATES_MAX)
		return true;
	machine.states = xcalloc(states, sizeof(*machine.states));
	machine.sets = xcalloc(SETS_MAX, sizeof(*machine.sets));
	machine.slots = xcalloc(SLOTS, sizeof(*machine.slots));
	(void)state_add(&machine);
	for (size_t i = 0; i < count; i++)
		add_wildcard(&machine, &wildcards[i]);
	(void)keep(&machine, &(struct set){.count = 1});
	fine = visit_all(&machine);
	free(machine.states);
	free(machine.sets);
	free(machine.slots);
	return !fine;
}
