/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The unpacked bytes of one layer, made ahead by a thread of its own that reads the
 * stored ones (as they arrive), hashes both, and undoes the compression, while the
 * caller works on what it made before.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_STREAM_H
#define SLIPWAY_PROVISIONER_IMAGE_STREAM_H

#include "provisioner/image/image_arrival.h"

struct image_stream;

struct image_stream_options {
	const char *digest;		     /* of the stored bytes; NULL: do not check */
	const struct image_arrival *arrival; /* NULL: the file is whole */
	size_t layer;			     /* in @arrival */
	int64_t size_bytes;		     /* of it */
};

/* Takes @fd on success. The options' texts are borrowed until the end. */
int image_stream_open(int fd, const struct image_stream_options *options,
		      struct image_stream **ret_stream, struct err *err) MUST_CHECK;

/* The next bytes, borrowed until the next call; *ret_len 0 at the end. */
int image_stream_next(struct image_stream *stream, const void **ret_bytes, size_t *ret_len,
		      struct err *err) MUST_CHECK;

/* Give up the rest but hash it: do the stored bytes have another digest than they
 * should? False also if that cannot be told. */
bool image_stream_is_wrong(struct image_stream *stream);

/* After the end: "sha256:..." of the unpacked bytes. */
void image_stream_diff_id(struct image_stream *stream, char ret[IMAGE_DIGEST_SIZE]);

void image_stream_free(struct image_stream *stream); /* takes NULL; ends the thread */

#endif
