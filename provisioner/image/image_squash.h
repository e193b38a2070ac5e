/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a stack of layer files to one squashfs file, by two locked-in children:
 * one reads the layers and writes a tar, the other (sqfstar) makes the file system.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_SQUASH_H
#define SLIPWAY_PROVISIONER_IMAGE_SQUASH_H

#include "provisioner/image/image_flatten.h"

struct image_squash {
	struct image_stack stack;
	const char *dir;  /* where the file is made: all that sqfstar may write to */
	const char *path; /* of the file, in @dir; there must be none yet */
	int64_t end_ns;	  /* by the boot-time clock */
};

/* Make the file and bring it to the disk. ERR_CORRUPT, ERR_INVALID, ERR_LIMIT,
 * ERR_UNSUPPORTED: the layers' fault; ERR_NO_SPACE, ERR_TIMEOUT. */
int image_squash(const struct image_squash *squash, struct err *err) MUST_CHECK;

#endif
