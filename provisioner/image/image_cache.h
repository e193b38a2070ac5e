/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder where images are kept, by content:
 *
 *   images/sha256-<hex>.squashfs  one image, named by the digest of its manifest
 *   images/sha256-<hex>.json      its answer (image_answer.h); written last: with it the image
 *                                 exists. Its time of change is that of the last use
 *   references/<hex>.json         what a reference led to the last time it was asked
 *   locks/sha256-<hex>            held (flock) by who makes or removes that image
 *   locks/all                     held, shared, by every pull
 *   work/<name>/                  of one pull, which holds a lock on it
 *
 * Every lock ends with its process, so a crash leaves files but no lock, and
 * image_cache_sweep() tells the two apart.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_CACHE_H
#define SLIPWAY_PROVISIONER_IMAGE_CACHE_H

#include "provisioner/image/image_file.h"
#include "provisioner/image/image_manifest.h"

struct image_cache {
	char *images, *references, *locks, *work; /* the folders */
};

/* Make the folders in @dir (an absolute path) where they are missing. */
int image_cache_open(const char *dir, struct image_cache *ret_cache, struct err *err) MUST_CHECK;
void image_cache_done(struct image_cache *cache);

/* What a reference led to. */
struct image_record {
	char reference[IMAGE_REFERENCE_SIZE]; /* filled by image_cache_read_record() */
	char digest[IMAGE_DIGEST_SIZE];	      /* of the index or manifest */
	char manifest[IMAGE_DIGEST_SIZE];     /* of the manifest for the platform; often the same */
	bool open; /* its registry gave it without a password: anybody may have it */
};
/* ERR_NOT_FOUND if it was never asked here. */
int image_cache_recall(const struct image_cache *cache, const struct image_reference *reference,
		       const struct image_platform *platform, struct image_record *ret_record,
		       struct err *err) MUST_CHECK;
int image_cache_remember(const struct image_cache *cache, const struct image_reference *reference,
			 const struct image_platform *platform, const struct image_record *record,
			 struct err *err) MUST_CHECK;

/* The record in the file @path of references/. */
int image_cache_read_record(const char *path, struct image_record *ret_record, struct err *err)
	MUST_CHECK;

/* The path of images/sha256-<hex><suffix> (image_file.h); the caller frees it. */
char *image_cache_file(const struct image_cache *cache, const char *digest, const char *suffix);

/* Wait until @end_ns (boot-time clock) for the only right to make, use or remove the image with
 * manifest @digest. Close the descriptor to let go. */
int image_cache_lock(const struct image_cache *cache, const char *digest, int64_t end_ns,
		     int *ret_fd, struct err *err) MUST_CHECK;
/* Say that a pull is going on. Close the descriptor when it is over. */
int image_cache_enter(const struct image_cache *cache, int *ret_fd, struct err *err) MUST_CHECK;
/* Keep pulls out until the descriptor is closed; *ret_fd is -1 if one is going on. */
int image_cache_close_door(const struct image_cache *cache, int *ret_fd, struct err *err)
	MUST_CHECK;

/*
 * Under the lock: the image's answer, and mark it as used now. ERR_NOT_FOUND if it
 * is not whole, or was made for another platform. *ret_answer borrows from *ret_json and
 * *ret_path, which the caller frees, and from @arena; its digest is the manifest's.
 */
int image_cache_find(const struct image_cache *cache, const char *digest,
		     const struct image_platform *platform, struct arena *arena, json_t **ret_json,
		     char **ret_path, struct image_answer *ret_answer, struct err *err) MUST_CHECK;
/* Under the lock: take the finished file @path in as the image with manifest @digest. */
int image_cache_commit(const struct image_cache *cache, const char *digest,
		       const struct image_platform *platform, const char *path,
		       const struct image_settings *settings, struct err *err) MUST_CHECK;

/* A new folder for one pull; *ret_fd holds its lock. The caller frees the path. */
int image_cache_work(const struct image_cache *cache, char **ret_path, int *ret_fd, struct err *err)
	MUST_CHECK;

#endif
