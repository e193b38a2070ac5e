/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading one layer: a tar, perhaps compressed with gzip or zstd, whose bytes
 * must have the digest of the manifest and whose unpacked bytes must have the
 * digest of the config (the diff id).
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_LAYER_H
#define SLIPWAY_PROVISIONER_IMAGE_LAYER_H

#include "core/err.h"
#include "provisioner/image/image_entry.h"

struct image_layer;

struct image_layer_options {
	const char *digest;  /* of the stored bytes; NULL: do not check (they were) */
	const char *diff_id; /* of the unpacked bytes; NULL: do not check */
	int64_t *bytes_left; /* unpacked bytes are taken from here; below 0 is ERR_LIMIT */
};

/* Takes @fd on success. The options' texts are borrowed until the end. */
int image_layer_open(int fd, const struct image_layer_options *options,
		     struct image_layer **ret_layer, struct err *err) MUST_CHECK;

/* The next entry, borrowed until the next call; *ret_end is true behind the last. */
int image_layer_next(struct image_layer *layer, struct image_entry *ret_entry, bool *ret_end,
		     struct err *err) MUST_CHECK;

/* A piece of the current file's content: @len bytes for @offset (holes of sparse
 * files are left out), borrowed until the next call; @len 0 at the end. */
int image_layer_data(struct image_layer *layer, const void **ret_bytes, size_t *ret_len,
		     int64_t *ret_offset, struct err *err) MUST_CHECK;

/* Read what is left and compare both digests. */
int image_layer_finish(struct image_layer *layer, struct err *err) MUST_CHECK;

void image_layer_free(struct image_layer *layer);
void image_layer_freep(struct image_layer **layer);

#endif
