/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Undoing a layer's compression: gzip (also of several members, as parallel and lazy
 * builders write them), zstd, or none; its first bytes say which. Bytes in, bytes out.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_UNPACK_H
#define SLIPWAY_PROVISIONER_IMAGE_UNPACK_H

#include "core/err.h"

#define IMAGE_UNPACK_FIRST 4 /* bytes that the first step needs, unless there are no more */

struct image_unpack;

struct image_unpack *image_unpack_new(void);
void image_unpack_free(struct image_unpack *unpack); /* takes NULL */
void image_unpack_freep(struct image_unpack **unpack);

struct image_unpack_io {
	const uint8_t *in; /* moved on by what was taken */
	size_t in_len;
	bool last;    /* nothing follows @in */
	uint8_t *out; /* moved on by what was given */
	size_t out_room;
};

/*
 * Go on until @io's input is used up, its output is full, or the end (*ret_end; what
 * follows it in the input is not the layer's any more). ERR_CORRUPT if it is damaged or
 * ends too early.
 */
int image_unpack_step(struct image_unpack *unpack, struct image_unpack_io *io, bool *ret_end,
		      struct err *err) MUST_CHECK;

#endif
