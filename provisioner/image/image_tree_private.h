/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tree and its table of names share: a node is one name in one folder.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_TREE_PRIVATE_H
#define SLIPWAY_PROVISIONER_IMAGE_TREE_PRIVATE_H

#include "core/err.h"
#include "provisioner/image/image_tree.h"

struct image_node {
	struct image_node *parent;	   /* NULL: the root */
	struct image_node *first, *last;   /* what is in this folder */
	struct image_node *before, *after; /* in the parent's list */
	struct image_node *next_in_bucket;
	struct image_inode *inode;
	uint64_t hash;
	uint32_t touched;  /* the last layer that brought this or anything below */
	uint32_t emptied;  /* the last layer that took away what lower ones brought here */
	uint16_t path_len; /* bytes of the path, slashes included */
	uint8_t name_len;
	char name[];
};

struct image_node *image_tree_top(struct image_tree *tree);
/* The node behind @node in an order that has folders before their contents. */
struct image_node *image_node_after(struct image_node *node);

/* All names of a tree, found by folder and name. */
struct image_names {
	struct image_node **buckets;
	size_t bucket_count, node_count;
	uint64_t key[2];
};

void image_names_init(struct image_names *names);
void image_names_done(struct image_names *names);

/* The node named @name in @parent, or NULL. */
struct image_node *image_names_find(const struct image_names *names,
				    const struct image_node *parent, const char *name, size_t len);
/* Take @node in, which has its parent and name and is not there yet. ERR_LIMIT
 * without memory. */
int image_names_add(struct image_names *names, struct image_node *node, struct err *err) MUST_CHECK;
void image_names_remove(struct image_names *names, struct image_node *node);

#endif
