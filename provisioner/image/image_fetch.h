/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All blobs of one image, several at once, each into its own file, while somebody reads
 * them (image_arrival.h). What breaks off goes on where it was.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_FETCH_H
#define SLIPWAY_PROVISIONER_IMAGE_FETCH_H

#include "provisioner/image/image_arrival.h"
#include "provisioner/image/image_registry.h"

struct image_fetch {
	struct image_registry *registry;
	const struct image_document *document; /* a manifest */
	const char *dir;	       /* existing: a file for each layer, by its hex digits */
	struct image_arrival *arrival; /* gets its layers, and word of what came */
	int watch_fd;		       /* when it is readable, nobody wants the rest */
	int64_t end_ns;		       /* by the boot-time clock */
	/* The config's bytes, with their digest checked, as soon as they are there. */
	int (*on_config)(void *ctx, const struct buf *bytes, struct err *err);
	void *ctx;
};

/* Make the layers' files, all empty. */
int image_fetch_prepare(const struct image_fetch *fetch, struct err *err) MUST_CHECK;
/* 0 when all came, or when @watch_fd became readable. */
int image_fetch_run(const struct image_fetch *fetch, struct err *err) MUST_CHECK;

#endif
