/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading one layer: a tar, perhaps compressed with gzip or zstd, whose bytes
 * must have the digest of the manifest. Unpacking begins when it is opened, in a
 * thread of its own: one that is opened before its turn works ahead as far as its ring goes.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_LAYER_H
#define SLIPWAY_PROVISIONER_IMAGE_LAYER_H

#include "core/err.h"
#include "provisioner/image/image_entry.h"
#include "provisioner/image/image_stream.h"

struct image_layer;

struct image_layer_options {
	const char *digest;		     /* of the stored bytes; NULL: do not check */
	const struct image_arrival *arrival; /* NULL: the file is whole */
	size_t index;			     /* in @arrival */
	int64_t size_bytes;		     /* of the stored bytes, with @arrival */
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

/* Read what is left, compare the digest, and say what the unpacked bytes' one is. */
int image_layer_finish(struct image_layer *layer, char ret_diff_id[IMAGE_DIGEST_SIZE],
		       struct err *err) MUST_CHECK;

void image_layer_free(struct image_layer *layer);
void image_layer_freep(struct image_layer **layer);

#endif
