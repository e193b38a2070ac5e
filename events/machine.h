/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All rules of a bus as one automaton: which of them does an event match, at a cost that depends
 * on the event and on the rules that nearly match, hardly on how many there are.
 *
 * A machine is never changed, so any number of threads may ask one at once, each with its own
 * room (struct event_match). A rule is added or taken away by building the next machine; the old
 * one lives until its last user has let go. rule_set.h does both.
 */
#ifndef SLIPWAY_EVENTS_MACHINE_H
#define SLIPWAY_EVENTS_MACHINE_H

#include "events/pattern.h"

/* Of all rules together: more (some 200 MiB) are refused. */
#define EVENT_MACHINE_EDGES_MAX (8u << 20)

/* What one event may cost, in values looked up and states reached: some tenths of a second.
 * Only events made of long arrays come near. */
#define EVENT_MATCH_STEPS_MAX (8u << 20)

struct event_rule {
	const char *name; /* borrowed, both while the machine is built */
	const struct event_pattern *pattern;
};

struct event_machine;
struct event_match;

/* The caller's reference ends with event_machine_unref(). ERR_LIMIT. */
int event_machine_new(const struct event_rule *rules, size_t count,
		      struct event_machine **ret_machine, struct err *err) MUST_CHECK;
/* What it takes of memory, roughly. */
size_t event_machine_bytes(const struct event_machine *machine);
struct event_machine *event_machine_ref(struct event_machine *machine);
void event_machine_unref(struct event_machine *machine); /* takes NULL */
void event_machine_unrefp(struct event_machine **machine);

/* Room of one thread for matching, with any machine; it grows with what it meets. */
struct event_match *event_match_new(void);
void event_match_free(struct event_match *match); /* takes NULL */
void event_match_freep(struct event_match **match);

/*
 * The names of the rules that the event of @len bytes of JSON matches, in the order in which the
 * machine was given them. They are the machine's, the list is @match's until it is used again.
 * ERR_INVALID: it is no JSON object; ERR_LIMIT: it is too large, or too costly.
 */
int event_machine_match(const struct event_machine *machine, struct event_match *match,
			const char *json, size_t len, const char *const **ret_names,
			size_t *ret_count, struct err *err) MUST_CHECK;

#endif
