/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this process knows about images without asking anyone: which reference led to
 * which image, when its registry said so, and with which password. And who is pulling
 * what right now, so that launches of one image wait for one pull.
 *
 * A reference with a digest leads to the same image for ever. A tag may lead elsewhere
 * today; it is believed for as long as the operator said (`image_fresh_time`).
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_INDEX_H
#define SLIPWAY_PROVISIONER_IMAGE_INDEX_H

#include "core/digest.h"
#include "provisioner/image_store.h"

struct image_index;

struct image_key {
	char reference[IMAGE_REFERENCE_SIZE]; /* whole, defaults filled in */
	bool exact;			      /* it has a digest */
	char credentials[SHA256_HEX_SIZE];    /* fingerprint; "": none are configured */
};

/* @fresh_ms: for how long a tag is believed; 0: never. */
struct image_index *image_index_new(int64_t fresh_ms);
void image_index_free(struct image_index *index); /* nobody may be in a call */

/* The image of @key if it is fresh, the caller's, marked as cached; else NULL. Does
 * not block; from any thread. Whether its file still exists is not looked at. */
struct image *image_index_find(struct image_index *index, const struct image_key *key);
/* Forget the image of @key: its file is gone. */
void image_index_drop(struct image_index *index, const struct image_key *key);

/*
 * Before a pull. Either *ret_image stays NULL: the caller is the one that pulls now, and
 * must call image_index_leave(). Or another was at it: the result is that one's, image
 * (the caller's) or error. ERR_CONFLICT: *@cancel became non-zero. Blocks.
 */
int image_index_enter(struct image_index *index, const struct image_key *key,
		      const volatile int *cancel, struct image **ret_image, struct err *err)
	MUST_CHECK;
/*
 * After a pull that image_index_enter() left to us: give its result to who waits, and
 * keep it if @keep. Takes @image, which is NULL if it failed with @err, and returns one
 * for the caller, or NULL. A pull that was cancelled (ERR_CONFLICT) is begun again by
 * one of those who wait. @start_ms: boot-time clock when it began.
 */
struct image *image_index_leave(struct image_index *index, const struct image_key *key,
				struct image *image, bool keep, int64_t start_ms,
				const struct err *err);

#endif
