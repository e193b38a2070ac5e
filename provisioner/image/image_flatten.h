/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a stack of layer files to one tar, in two passes: the first reads, checks
 * and merges all layers into a tree of names; the second streams the content of
 * the files that survived.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_FLATTEN_H
#define SLIPWAY_PROVISIONER_IMAGE_FLATTEN_H

#include "provisioner/image/image_manifest.h"
#include "provisioner/image/image_tree.h"

struct image_stack {
	const char *dir; /* a file for each layer, named by its digest's hex digits */
	const struct image_blob *layers; /* lowest first */
	const char (*diff_ids)[IMAGE_DIGEST_SIZE];
	size_t count;
	int64_t bytes_max; /* of all layers unpacked */
};

/* Pass one: read all layers, compare their digests, merge them. The caller frees
 * *ret_tree. */
int image_flatten_index(const struct image_stack *stack, struct image_tree **ret_tree,
			struct err *err) MUST_CHECK;

/* Pass two: write the tar of @tree into @fd. The root's own entry is not in it:
 * sqfstar takes the root's attributes from its command line. */
int image_flatten_write(const struct image_stack *stack, const struct image_tree *tree, int fd,
			struct err *err) MUST_CHECK;

#endif
