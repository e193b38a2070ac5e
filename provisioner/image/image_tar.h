/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing one tar (pax format) into a descriptor: the flattened image on its way
 * to the program that makes a squashfs of it.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_TAR_H
#define SLIPWAY_PROVISIONER_IMAGE_TAR_H

#include "core/err.h"
#include "provisioner/image/image_entry.h"

struct image_tar;

/* @fd stays the caller's. */
int image_tar_open(int fd, struct image_tar **ret_tar, struct err *err) MUST_CHECK;
/* Begin an entry named @path; for a FILE exactly size_bytes of data must follow. A
 * HARDLINK leads to entry->link, which was written before. */
int image_tar_entry(struct image_tar *tar, const char *path, const struct image_entry *entry,
		    struct err *err) MUST_CHECK;
int image_tar_data(struct image_tar *tar, const void *bytes, size_t len, struct err *err)
	MUST_CHECK;
int image_tar_zeros(struct image_tar *tar, int64_t len, struct err *err) MUST_CHECK;
/* Write the end mark and everything that is held back. */
int image_tar_finish(struct image_tar *tar, struct err *err) MUST_CHECK;
void image_tar_free(struct image_tar *tar);
void image_tar_freep(struct image_tar **tar);

#endif
