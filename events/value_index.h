/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tests of all rules does a value of an event pass: asked once for a value, whatever the
 * number of rules. Tests that are the same (path, kind, value) are one.
 */
#ifndef SLIPWAY_EVENTS_VALUE_INDEX_H
#define SLIPWAY_EVENTS_VALUE_INDEX_H

#include "core/arena.h"
#include "events/byte_trie.h"
#include "events/flat.h"
#include "events/intern.h"
#include "events/pattern.h"

enum event_trie_kind {
	EVENT_TRIE_PREFIX,
	EVENT_TRIE_SUFFIX,
	EVENT_TRIE_PREFIX_ANY_CASE,
	EVENT_TRIE_SUFFIX_ANY_CASE,
	EVENT_TRIE_GLOB_PREFIX, /* the values of these three are the first wildcard of a chain */
	EVENT_TRIE_GLOB_SUFFIX,
	EVENT_TRIE_GLOB_INNER,
	EVENT_TRIE_COUNT,
};

/* A wildcard waits in one trie by a part of it; whose part is found is looked at whole. */
struct event_index_glob {
	struct event_glob glob;
	uint32_t test;
	uint32_t next; /* of the same part; EVENT_NONE: the last */
};

struct event_index_range {
	event_key low;
	event_key high;
	event_key highest; /* in its half of the tree */
	uint32_t test;
};

struct event_index_path {
	uint32_t kinds;			  /* bits of enum event_test_kind: those that there are */
	uint32_t any;			  /* the test whether it exists, or EVENT_NONE */
	uint32_t tries[EVENT_TRIE_COUNT]; /* roots, or EVENT_NONE */
	uint32_t range_begin[EVENT_FAMILY_COUNT];
	uint32_t range_count[EVENT_FAMILY_COUNT];
};

struct event_index {
	uint64_t seed;
	struct arena *arena;	   /* texts of tries and wildcards */
	struct event_intern tests; /* numbers of tests */
	struct event_index_path *paths;
	size_t path_count;
	uint32_t *slots; /* tests of whole texts by their hash, from 1 */
	size_t slot_count;
	event_trie_nodes tries;
	EVENT_GROWING(struct event_index_glob) globs;
	EVENT_GROWING(struct event_index_range) ranges;
};

/* Of one thread: what is found, and room to find it. */
struct event_finder {
	event_numbers tests; /* found: those of a value in ascending order, none twice */
	uint64_t work;	     /* so far: bytes looked at beyond those of a value, roughly */
	event_numbers parts;
	EVENT_GROWING(char) folded;
	uint32_t *seen; /* by wildcard: the value that it was last asked about */
	size_t seen_count;
	uint32_t value;
};

void event_index_init(struct event_index *index, uint64_t seed);
void event_index_done(struct event_index *index);

/* The number of this test of @path. Not for ABSENT. */
uint32_t event_index_add(struct event_index *index, uint32_t path, enum event_test_kind kind,
			 const struct event_value *value);

/* When all tests are in. Paths are numbered from 0. */
void event_index_finish(struct event_index *index, size_t path_count);

/* Append the tests that @leaf passes to the finder's. */
void event_index_find(const struct event_index *index, const struct event_leaf *leaf,
		      struct event_finder *finder);
void event_finder_done(struct event_finder *finder);

#endif
