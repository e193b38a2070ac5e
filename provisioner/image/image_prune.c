/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pruning makes a list first and then takes each image's lock; under the lock the
 * time of the last use is looked at again, since a pull may have handed the image
 * out in between. The note goes before the image: without its note an image does
 * not exist, so no crash leaves a note that leads to nothing.
 */
#include "provisioner/image/image_prune.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "core/file.h"

#define IMAGES_MAX 100000 /* in a cache: more is not a cache of images */

struct kept_image {
	char digest[IMAGE_DIGEST_SIZE]; /* of the manifest */
	int64_t bytes;
	struct timespec used;
	bool keep;
};

struct listing {
	struct kept_image *images;
	size_t count, room;
};

static void listing_done(struct listing *listing)
{
	free(listing->images);
}

static int list_image(void *ctx, const char *folder, const char *name, struct err *err)
{
	struct listing *listing = ctx;
	struct kept_image image = {.bytes = 0};
	AUTO(freep) char *file = NULL;
	AUTO(freep) char *note = NULL;
	struct stat st;

	if (!image_file_digest(name, IMAGE_FILE_DISK, image.digest))
		return 0;
	file = xasprintf("%s/%s", folder, name);
	note = image_file_path(folder, image.digest, IMAGE_FILE_NOTE);
	if (lstat(file, &st) < 0)
		return 0; /* gone by now */
	image.bytes = st.st_size;
	/* Without a note it was never finished or never used. */
	if (lstat(note, &st) == 0)
		image.used = st.st_mtim;
	if (listing->count == IMAGES_MAX)
		return err_set(err, ERR_LIMIT, "the cache holds more than %d images", IMAGES_MAX);
	if (listing->count == listing->room) {
		size_t room = listing->room ? listing->room * 2 : 64;
		struct kept_image *images = realloc(listing->images, room * sizeof(*images));

		if (!images)
			return err_set(err, ERR_NO_SPACE, "no memory for the list of images");
		listing->images = images;
		listing->room = room;
	}
	listing->images[listing->count++] = image;
	return 0;
}

static int compare_use(const void *a, const void *b)
{
	const struct kept_image *left = a;
	const struct kept_image *right = b;

	if (left->used.tv_sec != right->used.tv_sec)
		return left->used.tv_sec < right->used.tv_sec ? -1 : 1;
	if (left->used.tv_nsec != right->used.tv_nsec)
		return left->used.tv_nsec < right->used.tv_nsec ? -1 : 1;
	return strcmp(left->digest, right->digest);
}

static void keep_digest(struct listing *listing, const char *digest)
{
	for (size_t i = 0; i < listing->count; i++) {
		if (strcmp(listing->images[i].digest, digest) == 0)
			listing->images[i].keep = true;
	}
}

struct keeping {
	struct listing *listing;
	const char *const *keep;
	size_t keep_count;
	const struct image_cache *cache;
};

/* A digest to keep may be that of an index: its manifest's image is what is meant. */
static int keep_by_record(void *ctx, const char *folder, const char *name, struct err *err)
{
	const struct keeping *keeping = ctx;
	AUTO(freep) char *path = xasprintf("%s/%s", folder, name);
	AUTO(freep) char *note = NULL;
	struct image_record record;
	struct stat st;

	if (image_cache_read_record(path, &record, err) < 0)
		return 0; /* half-written or damaged: the sweep's business */
	for (size_t i = 0; i < keeping->keep_count; i++) {
		if (strcmp(keeping->keep[i], record.digest) == 0)
			keep_digest(keeping->listing, record.manifest);
	}
	note = image_cache_file(keeping->cache, record.manifest, IMAGE_FILE_NOTE);
	if (lstat(note, &st) < 0)
		(void)unlink(path); /* leads to an image that is gone; harmless if it stays */
	return 0;
}

/* Does anybody read this file right now? */
static bool is_locked(const char *path)
{
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fd < 0)
		return false;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return true;
	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* Under the image's lock: is it still as unused as when it was listed? */
static bool may_go(const struct kept_image *image, const char *file, const char *note)
{
	struct timespec used = {0};
	struct stat st;

	if (lstat(note, &st) == 0)
		used = st.st_mtim;
	if (used.tv_sec != image->used.tv_sec || used.tv_nsec != image->used.tv_nsec)
		return false;
	if (clock_wall_ms() / 1000 - used.tv_sec < IMAGE_PRUNE_GRACE_S)
		return false;
	return !is_locked(file);
}

static int remove_image(const struct image_cache *cache, const struct kept_image *image,
			bool *ret_removed, struct err *err)
{
	AUTO(freep) char *file = image_cache_file(cache, image->digest, IMAGE_FILE_DISK);
	AUTO(freep) char *note = image_cache_file(cache, image->digest, IMAGE_FILE_NOTE);
	AUTO(fd_closep) int lock = -1;

	*ret_removed = false;
	/* Somebody is at it, so it is in use. */
	if (image_cache_lock(cache, image->digest, 0, &lock, err) < 0)
		return err->code == ERR_TIMEOUT ? 0 : -1;
	if (!may_go(image, file, note))
		return 0;
	if (unlink(note) < 0 && errno != ENOENT)
		return err_sys(err, errno, "remove %s", note);
	if (unlink(file) < 0 && errno != ENOENT)
		return err_sys(err, errno, "remove %s", file);
	*ret_removed = true;
	return 0;
}

int image_prune(const struct image_cache *cache, int64_t limit_bytes, const char *const *keep,
		size_t keep_count, struct image_pruned *ret_pruned, struct err *err)
{
	AUTO(listing_done) struct listing listing = {.images = NULL};
	struct keeping keeping = {&listing, keep, keep_count, cache};
	struct image_pruned pruned = {0};

	if (file_each_name(cache->images, list_image, &listing, err) < 0)
		return -1;
	for (size_t i = 0; i < keep_count; i++)
		keep_digest(&listing, keep[i]);
	if (file_each_name(cache->references, keep_by_record, &keeping, err) < 0)
		return -1;
	for (size_t i = 0; i < listing.count; i++)
		pruned.left_bytes += listing.images[i].bytes;
	if (listing.count > 0)
		qsort(listing.images, listing.count, sizeof(*listing.images), compare_use);
	for (size_t i = 0; i < listing.count && pruned.left_bytes > limit_bytes; i++) {
		bool removed;

		if (listing.images[i].keep)
			continue;
		if (remove_image(cache, &listing.images[i], &removed, err) < 0)
			return -1;
		if (!removed)
			continue;
		pruned.removed++;
		pruned.removed_bytes += listing.images[i].bytes;
		pruned.left_bytes -= listing.images[i].bytes;
	}
	*ret_pruned = pruned;
	return 0;
}

struct sweeping {
	const struct image_cache *cache;
	int64_t removed;
};

static int sweep_work(void *ctx, const char *folder, const char *name, struct err *err)
{
	struct sweeping *sweeping = ctx;
	AUTO(freep) char *path = xasprintf("%s/%s", folder, name);
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0; /* gone, or a pull is at work in it */
	if (file_remove_tree(path, err) < 0)
		return -1;
	sweeping->removed++;
	return 0;
}

static bool exists(const struct image_cache *cache, const char *digest, const char *suffix)
{
	AUTO(freep) char *path = image_cache_file(cache, digest, suffix);
	struct stat st;

	return lstat(path, &st) == 0;
}

/* Only while no pull is going on: then nothing is half done, but left over. */
static int sweep_image(void *ctx, const char *folder, const char *name, struct err *err)
{
	struct sweeping *sweeping = ctx;
	AUTO(freep) char *path = xasprintf("%s/%s", folder, name);
	char digest[IMAGE_DIGEST_SIZE];

	if (image_file_digest(name, IMAGE_FILE_DISK, digest) &&
	    exists(sweeping->cache, digest, IMAGE_FILE_NOTE))
		return 0;
	if (image_file_digest(name, IMAGE_FILE_NOTE, digest) &&
	    exists(sweeping->cache, digest, IMAGE_FILE_DISK))
		return 0;
	if (file_remove_tree(path, err) < 0)
		return -1;
	sweeping->removed++;
	return 0;
}

static int sweep_record(void *ctx, const char *folder, const char *name, struct err *err)
{
	struct sweeping *sweeping = ctx;
	AUTO(freep) char *path = xasprintf("%s/%s", folder, name);
	struct image_record record;

	if (image_cache_read_record(path, &record, err) == 0 &&
	    exists(sweeping->cache, record.manifest, IMAGE_FILE_NOTE))
		return 0;
	if (file_remove_tree(path, err) < 0)
		return -1;
	sweeping->removed++;
	return 0;
}

static int sweep_lock(void *ctx, const char *folder, const char *name, struct err *err)
{
	struct sweeping *sweeping = ctx;
	AUTO(freep) char *path = xasprintf("%s/%s", folder, name);
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char digest[IMAGE_DIGEST_SIZE];

	if (fd < 0 || !image_file_digest(name, IMAGE_FILE_LOCK, digest) ||
	    exists(sweeping->cache, digest, IMAGE_FILE_NOTE) || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	/* Who waits for it sees that the name leads elsewhere and asks again. */
	if (unlink(path) < 0)
		return err_sys(err, errno, "remove %s", path);
	sweeping->removed++;
	return 0;
}

int image_sweep(const struct image_cache *cache, int64_t *ret_removed, struct err *err)
{
	struct sweeping sweeping = {.cache = cache};
	AUTO(fd_closep) int alone = -1;

	if (file_each_name(cache->work, sweep_work, &sweeping, err) < 0)
		return -1;
	if (image_cache_close_door(cache, &alone, err) < 0)
		return -1;
	if (alone >= 0 && (file_each_name(cache->images, sweep_image, &sweeping, err) < 0 ||
			   file_each_name(cache->references, sweep_record, &sweeping, err) < 0 ||
			   file_each_name(cache->locks, sweep_lock, &sweeping, err) < 0))
		return -1;
	*ret_removed = sweeping.removed;
	return 0;
}
