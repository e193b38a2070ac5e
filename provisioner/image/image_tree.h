/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file tree that a stack of layers makes, without the files' contents. Layers
 * are applied from the lowest up, by the rules of the OCI image specification:
 *
 *   - an entry replaces what has its path; only a folder over a folder keeps
 *     what is inside;
 *   - `.wh.NAME` takes NAME away, `.wh..wh..opq` everything in its folder, each
 *     as far as lower layers brought it, wherever in the layer the mark stands;
 *   - a hard link is one more name for what its target is at that moment;
 *   - links in the middle of a path are followed within the image, never out of it;
 *     folders that nobody described are root's, mode 0755.
 *
 * Pure: no file is touched. Everything lives in one arena with a maximum.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_TREE_H
#define SLIPWAY_PROVISIONER_IMAGE_TREE_H

#include "core/err.h"
#include "provisioner/image/image_entry.h"

/* What a name leads to. Several names may lead to one (hard links). */
struct image_inode {
	struct image_entry entry; /* path is NULL; texts are the tree's own */
	unsigned layer;		  /* that brought it */
	uint32_t ordinal;	  /* of the entry in its layer, from 0 */
	uint32_t names;		  /* how many lead here; 0: it did not survive */
	struct image_node *node; /* the name that carries the content, set by image_tree_settle() */
	struct image_inode *next;      /* FILE: the next one, in order of layer and ordinal */
	struct image_content *content; /* FILE: where a disk has it (image_disk.h), or NULL */
	uint32_t number;	       /* in a disk's tables, from 1; 0: not yet */
	uint64_t place;		       /* of its record there */
};

struct image_tree;

struct image_tree *image_tree_new(void);
void image_tree_free(struct image_tree *tree);
void image_tree_freep(struct image_tree **tree);

/* Entries that follow belong to the next layer; the first call begins layer 0. */
void image_tree_next_layer(struct image_tree *tree);

/* Apply one entry. ERR_INVALID for paths that lead out of the image, hard links
 * to nothing or to folders, impossible names; ERR_LIMIT for the limits. */
int image_tree_add(struct image_tree *tree, const struct image_entry *entry, struct err *err)
	MUST_CHECK;

/* The file that the last entry brought, whose content follows it; NULL if it was none. */
struct image_inode *image_tree_last_file(const struct image_tree *tree);

/* After the last layer: give each file the name that carries its content. */
void image_tree_settle(struct image_tree *tree);

/*
 * Every name but the root, a folder before what is in it, else in the order in
 * which they came. @path has no leading slash and is borrowed during the call.
 * @carries: false for the further names of a file (its other name is
 * inode->node). A failing @fn ends the walk.
 */
typedef int image_tree_fn(void *ctx, const char *path, const struct image_inode *inode,
			  bool carries, struct err *err);
int image_tree_walk(const struct image_tree *tree, image_tree_fn *fn, void *ctx, struct err *err)
	MUST_CHECK;

/* The path of @node in @ret; returns @ret. */
const char *image_tree_path(const struct image_node *node, char ret[IMAGE_PATH_MAX]);

const struct image_inode *image_tree_root(const struct image_tree *tree);
/* The first file in order of layer and ordinal, survivors and others; go on with ->next. */
const struct image_inode *image_tree_files(const struct image_tree *tree);

/* Bytes of content of all files that came, replaced ones included. */
int64_t image_tree_bytes(const struct image_tree *tree);
/* The latest mtime of all entries that came, in seconds since 1970. */
uint32_t image_tree_latest(const struct image_tree *tree);

#endif
