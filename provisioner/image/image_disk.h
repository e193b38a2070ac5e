/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The read-only disk image (a squashfs) that layers become, written in one pass: the
 * content of each file as it comes by, the tables when all layers have been merged and
 * it is known what survived. Content that an upper layer took away becomes a hole.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_DISK_H
#define SLIPWAY_PROVISIONER_IMAGE_DISK_H

#include "provisioner/image/image_tree.h"

struct image_disk;

/* Into the empty file @fd (borrowed), compressed by @threads. */
int image_disk_open(int fd, unsigned threads, struct image_disk **ret_disk, struct err *err)
	MUST_CHECK;
void image_disk_free(struct image_disk *disk); /* takes NULL */
void image_disk_freep(struct image_disk **disk);

/* The content of @inode, a file, in pieces that follow each other; then the end, by
 * when there must have been entry.size_bytes of them. */
int image_disk_begin(struct image_disk *disk, struct image_inode *inode, struct err *err)
	MUST_CHECK;
int image_disk_data(struct image_disk *disk, const void *bytes, size_t len, struct err *err)
	MUST_CHECK;
int image_disk_zeros(struct image_disk *disk, int64_t len, struct err *err) MUST_CHECK;
int image_disk_end(struct image_disk *disk, struct err *err) MUST_CHECK;

/* The tables of the settled @tree, and the file is whole (but not synced). */
int image_disk_finish(struct image_disk *disk, struct image_tree *tree, struct err *err) MUST_CHECK;

#endif
