/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The automaton. A state stands for a list of fields that an event has matched so far; from it
 * lead, for each path that some rule looks at next, edges by what a value there may pass: a test
 * (found by the index), or an anything-but that it does not fail, or that the path is absent.
 *
 * A rule's branch is a way of states, one a field, so the states of all rules are at most as
 * many as their fields; rules that begin alike share them, and a list of many values leads to
 * one state. Fields are taken in the order (class, path): what few events match comes first.
 */
#ifndef SLIPWAY_EVENTS_MACHINE_PRIVATE_H
#define SLIPWAY_EVENTS_MACHINE_PRIVATE_H

#include <stdatomic.h>

#include "events/machine.h"
#include "events/path_tree.h"
#include "events/value_index.h"

/* How much a field may be expected to sort out. */
enum event_class {
	EVENT_CLASS_PRECISE, /* only texts, prefixes and the like */
	EVENT_CLASS_BROAD,   /* also ranges of numbers, anything-but, exists, empty prefixes */
	EVENT_CLASS_ABSENT, /* also that it is absent: asked when all others chose their elements */
};

struct event_state {
	uint32_t moves; /* the first of its, sorted by path */
	uint32_t move_count;
	uint32_t absents;
	uint32_t absent_count;
	uint32_t rules; /* that are matched here */
	uint32_t rule_count;
	uint32_t next_rank; /* path and class of its fields that come first */
	uint8_t next_class;
	uint8_t last_class; /* of all that is behind it */
};

/* From a state by the values at a path. */
struct event_move {
	uint32_t path;
	uint32_t passes; /* edges by a test, sorted by it */
	uint32_t pass_count;
	uint32_t buts; /* edges by an anything-but */
	uint32_t but_count;
};

struct event_edge {
	uint32_t by; /* a test, an anything-but, or of absents the path */
	uint32_t state;
};

typedef EVENT_GROWING(struct event_edge) event_edges;

struct event_machine {
	atomic_uint references;
	struct event_path_tree tree;
	struct event_index index;
	uint32_t path_count;
	EVENT_GROWING(struct event_state) states; /* the first is the start */
	EVENT_GROWING(struct event_move) moves;
	event_edges passes;
	event_edges buts;
	event_edges absents;
	uint32_t *fails; /* of test i from fails[i] to fails[i + 1]: the anything-buts it fails */
	uint32_t *failed;
	event_numbers state_rules;
	char **names;
	size_t rule_count;
};

#endif
