/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who reads layers reads what strangers made, so it does it alone: a child that is made
 * before any password is read, sees the folder with the layers, read only, and one open file
 * to write, nothing else of the file system, no network, no way to run programs (Landlock;
 * seccomp; a network namespace of its own where plain users may have one). Of the parent's
 * descriptors and environment it keeps nothing. It waits for its order, unpacks and merges layers
 * while they arrive, writes the disk image, and says how it went in a struct of fixed size.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_MAKER_H
#define SLIPWAY_PROVISIONER_IMAGE_MAKER_H

#include "provisioner/image/image_arrival.h"

struct image_maker;

/* @blobs: folder where the layers will be. @disk_fd: the empty file; borrowed. @bytes_max: no
 * image unpacks to more. */
int image_maker_start(const char *blobs, int disk_fd, int64_t bytes_max,
		      struct image_maker **ret_maker, struct err *err) MUST_CHECK;
void image_maker_free(struct image_maker *maker); /* takes NULL; ends the child */

/* Where its order goes, and word of what arrived. */
struct image_arrival *image_maker_arrival(struct image_maker *maker);

/* Readable when it has said something or has ended. */
int image_maker_fd(const struct image_maker *maker);

/*
 * Wait until @end_ns (boot-time clock) for the end. 0: the disk image is whole (not
 * synced). ERR_CORRUPT, ERR_INVALID, ERR_LIMIT, ERR_UNSUPPORTED: the layers' fault;
 * ERR_NO_SPACE, ERR_TIMEOUT.
 */
int image_maker_finish(struct image_maker *maker, int64_t end_ns, struct err *err) MUST_CHECK;

#endif
