/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a stack of layer files to one disk image, in one pass: each layer is read once,
 * from front to back, perhaps while it still comes; its names are merged into the tree and
 * its content goes to the disk as it comes by.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_FLATTEN_H
#define SLIPWAY_PROVISIONER_IMAGE_FLATTEN_H

#include "provisioner/image/image_arrival.h"
#include "provisioner/image/image_disk.h"

struct image_stack {
	const char *dir; /* a file for each layer, named by its digest's hex digits */
	const struct image_blob *layers; /* lowest first */
	size_t count;
	int64_t bytes_max;		     /* of all layers unpacked */
	const struct image_arrival *arrival; /* NULL: the files are whole */
};

/*
 * Read all layers, compare their digests, merge them into *ret_tree (the caller's; it is
 * settled) and their content into @disk. @ret_diff_ids: the digest of each one
 * unpacked, for the caller to compare.
 */
int image_flatten(const struct image_stack *stack, struct image_disk *disk,
		  struct image_tree **ret_tree, char (*ret_diff_ids)[IMAGE_DIGEST_SIZE],
		  struct err *err) MUST_CHECK;

/* The text for a layer whose diff id is not the config's. */
int image_flatten_refuse(const struct image_blob *layer, struct err *err);

#endif
