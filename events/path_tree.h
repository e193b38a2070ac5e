/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The paths that rules look at, name by name, so that the parts of an event that no rule looks
 * at are passed over. Built once, then only read.
 */
#ifndef SLIPWAY_EVENTS_PATH_TREE_H
#define SLIPWAY_EVENTS_PATH_TREE_H

#include "events/intern.h"

#define EVENT_NONE UINT32_MAX

struct event_path_node {
	uint32_t path;	/* its number; EVENT_NONE: only leads to others */
	uint32_t limit; /* ranks of paths below this node are below this; see the machine */
	bool parent;	/* others are below it */
};

struct event_path_slot {
	uint64_t hash;
	const char *name;
	uint32_t len;
	uint32_t parent;
	uint32_t child; /* 0, which is the root and nobody's child: an empty slot */
};

struct event_path_tree {
	uint64_t seed;
	EVENT_GROWING(struct event_path_node) nodes; /* the first is the root */
	struct event_intern names;		     /* parent's number, name */
	struct event_path_slot *slots;
	size_t slot_count;
};

void event_path_tree_init(struct event_path_tree *tree, uint64_t seed);
void event_path_tree_done(struct event_path_tree *tree);

/* The node of a path with dots between its names; made if there is none. */
uint32_t event_path_tree_add(struct event_path_tree *tree, const char *path, size_t len);

/* When all paths are in: lookups need it. */
void event_path_tree_finish(struct event_path_tree *tree);

/* The node @name leads to from @parent, EVENT_NONE if no rule looks there. @name has no dot. */
uint32_t event_path_tree_step(const struct event_path_tree *tree, uint32_t parent, const char *name,
			      size_t len);

#endif
