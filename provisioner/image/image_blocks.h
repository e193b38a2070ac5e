/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks of content on their way to the disk image: compressed by several threads at once,
 * written in the order in which they came, so that the same image gives the same bytes
 * whoever makes it.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_BLOCKS_H
#define SLIPWAY_PROVISIONER_IMAGE_BLOCKS_H

#include "core/err.h"

#define IMAGE_BLOCK_BYTES (128 * 1024)
#define IMAGE_BLOCK_PLAIN (1u << 24) /* in a block's size: it is stored as it is */

struct image_blocks;

/* A block to be filled. */
struct image_block {
	uint8_t *bytes; /* IMAGE_BLOCK_BYTES */
	size_t len;
};

/* Blocks go to @fd (borrowed) from @start on. */
int image_blocks_open(int fd, uint64_t start, unsigned threads, struct image_blocks **ret_blocks,
		      struct err *err) MUST_CHECK;
void image_blocks_free(struct image_blocks *blocks); /* takes NULL; ends the threads */
void image_blocks_freep(struct image_blocks **blocks);

/* An empty block, the caller's until it is put. Waits when all are under way. */
int image_blocks_take(struct image_blocks *blocks, struct image_block **ret_block, struct err *err)
	MUST_CHECK;
/* Send it off. Its stored size (with IMAGE_BLOCK_PLAIN) will be in *@size_at and, if that is
 * not NULL, its place in *@start_at, at the latest after image_blocks_finish(). */
void image_blocks_put(struct image_blocks *blocks, struct image_block *block, uint32_t *size_at,
		      uint64_t *start_at);
/* Give it back unused. */
void image_blocks_drop(struct image_blocks *blocks, struct image_block *block);

/* Wait until all is written; *ret_end: the place behind the last. */
int image_blocks_finish(struct image_blocks *blocks, uint64_t *ret_end, struct err *err) MUST_CHECK;

/* Write all of it there. ERR_NO_SPACE, ERR_LIMIT (the file's limit). */
int image_blocks_write(int fd, const void *bytes, size_t len, uint64_t at, struct err *err)
	MUST_CHECK;

#endif
