/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All edges of the tree stand in one table, by the hash of name and parent.
 */
#include "events/path_tree.h"

#include "events/hash.h"

static uint32_t node_add(struct event_path_tree *tree)
{
	struct event_path_node node = {.path = EVENT_NONE};

	EVENT_APPEND(&tree->nodes, node);
	return (uint32_t)tree->nodes.count - 1;
}

void event_path_tree_init(struct event_path_tree *tree, uint64_t seed)
{
	*tree = (struct event_path_tree){.seed = seed};
	event_intern_init(&tree->names, seed);
	(void)node_add(tree);
}

void event_path_tree_done(struct event_path_tree *tree)
{
	free(tree->nodes.items);
	free(tree->slots);
	event_intern_done(&tree->names);
}

static uint32_t child_of(struct event_path_tree *tree, uint32_t parent, const char *name,
			 size_t len)
{
	AUTO(freep) char *key = xcalloc(1, sizeof(parent) + len);
	uint32_t child;

	memcpy(key, &parent, sizeof(parent));
	if (len)
		memcpy(key + sizeof(parent), name, len);
	child = event_intern(&tree->names, key, sizeof(parent) + len) + 1;
	tree->nodes.items[parent].parent = true;
	return child == tree->nodes.count ? node_add(tree) : child;
}

uint32_t event_path_tree_add(struct event_path_tree *tree, const char *path, size_t len)
{
	uint32_t node = 0;

	for (;;) {
		const char *dot = memchr(path, '.', len);
		size_t part = dot ? (size_t)(dot - path) : len;

		node = child_of(tree, node, path, part);
		if (!dot)
			return node;
		path += part + 1;
		len -= part + 1;
	}
}

static uint64_t edge_hash(const struct event_path_tree *tree, uint32_t parent, const char *name,
			  size_t len)
{
	return event_hash(tree->seed + parent * UINT64_C(0x9e3779b97f4a7c15), name, len);
}

void event_path_tree_finish(struct event_path_tree *tree)
{
	tree->slot_count = 4;
	while (tree->slot_count < 3 * tree->nodes.count)
		tree->slot_count *= 2;
	tree->slots = xcalloc(tree->slot_count, sizeof(*tree->slots));
	for (uint32_t child = 1; child < tree->nodes.count; child++) {
		struct event_path_slot slot = {.child = child};
		size_t len;
		const char *key = event_intern_key(&tree->names, child - 1, &len);
		size_t at;

		memcpy(&slot.parent, key, sizeof(slot.parent));
		slot.name = key + sizeof(slot.parent);
		slot.len = (uint32_t)(len - sizeof(slot.parent));
		slot.hash = edge_hash(tree, slot.parent, slot.name, slot.len);
		at = slot.hash & (tree->slot_count - 1);
		while (tree->slots[at].child)
			at = (at + 1) & (tree->slot_count - 1);
		tree->slots[at] = slot;
	}
}

uint32_t event_path_tree_step(const struct event_path_tree *tree, uint32_t parent, const char *name,
			      size_t len)
{
	uint64_t hash = edge_hash(tree, parent, name, len);
	const struct event_path_slot *slot;

	for (size_t at = hash & (tree->slot_count - 1);; at = (at + 1) & (tree->slot_count - 1)) {
		slot = &tree->slots[at];
		if (!slot->child)
			return EVENT_NONE;
		if (slot->hash == hash && slot->parent == parent && slot->len == len &&
		    memcmp(slot->name, name, len) == 0)
			return slot->child;
	}
}
