/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of a squashfs: numbers in little endian in a run of bytes that is cut into pieces
 * of 8 KiB, each compressed and with its length in front. A place in such a run is where
 * its piece begins in the table and how far into it.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_META_H
#define SLIPWAY_PROVISIONER_IMAGE_META_H

#include "core/buf.h"

#define IMAGE_META_BYTES 8192

struct image_meta {
	struct buf out;	   /* the finished pieces */
	struct buf starts; /* where each begins in @out: uint64_t */
	uint8_t piece[IMAGE_META_BYTES];
	size_t len;
};

/* @max: bytes that the table may have. */
void image_meta_init(struct image_meta *meta, size_t max);
void image_meta_done(struct image_meta *meta);

int image_meta_add(struct image_meta *meta, const void *bytes, size_t len, struct err *err)
	MUST_CHECK;
/* Where the next byte goes: start of its piece << 16 | place in it. */
uint64_t image_meta_place(const struct image_meta *meta);
/* Close the last piece. */
int image_meta_flush(struct image_meta *meta, struct err *err) MUST_CHECK;

/* A short record that is put together; longer ones go in parts. */
struct image_record_bytes {
	uint8_t bytes[64];
	size_t len;
};
void image_put16(struct image_record_bytes *record, uint32_t number);
void image_put32(struct image_record_bytes *record, uint32_t number);
void image_put64(struct image_record_bytes *record, uint64_t number);

#endif
