/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping the cache within its limit, and clean of what crashes left.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_PRUNE_H
#define SLIPWAY_PROVISIONER_IMAGE_PRUNE_H

#include "provisioner/image/image_cache.h"

/* What was just handed out is not yet on anyone's list of used ones. */
#define IMAGE_PRUNE_GRACE_S 60

struct image_pruned {
	int64_t removed; /* images */
	int64_t removed_bytes;
	int64_t left_bytes; /* may be above the limit when all that is left is in use */
};

/*
 * Remove images, the one whose last use is longest ago first, until at most
 * @limit_bytes are left. Never removed are images that @keep names (by the digest of
 * their manifest or of an index that led to it), that were used within the last
 * IMAGE_PRUNE_GRACE_S, or whose file somebody holds a lock on (flock(), or the
 * open file description locks that QEMU puts on its disks).
 */
int image_prune(const struct image_cache *cache, int64_t limit_bytes, const char *const *keep,
		size_t keep_count, struct image_pruned *ret_pruned, struct err *err) MUST_CHECK;

/* Remove what belongs to no running pull: work folders, half-written notes, images
 * without a note, notes without an image, locks. */
int image_sweep(const struct image_cache *cache, int64_t *ret_removed, struct err *err) MUST_CHECK;

#endif
