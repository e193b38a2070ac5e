/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock is tried and never waited for, and shared, so that launches do not hinder each other;
 * whoever removes an image holds it alone. Under it the note's time is set first: a
 * pruning that listed this image as unused looks at that time again before it removes
 * anything, and then lets it be.
 *
 * The folder belongs to the worker's user, and the caller may be root. A link in the place of a
 * file is not followed; one in the place of a folder is, and leads to no more than that a file of
 * this name is locked and its time set.
 */
#include "provisioner/image/image_use.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "provisioner/image/image_file.h"

/* The digest of the image that @path is, of the cache in @cache_dir; false if it is none. */
static bool digest_of(const char *cache_dir, const char *path, char ret[IMAGE_DIGEST_SIZE])
{
	AUTO(freep) char *folder = xasprintf("%s/" IMAGE_FILE_IMAGES "/", cache_dir);
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 &&
	       image_file_digest(path + len, IMAGE_FILE_DISK, ret);
}

bool image_use_knows(const char *cache_dir, const char *path)
{
	char digest[IMAGE_DIGEST_SIZE];

	return digest_of(cache_dir, path, digest);
}

bool image_use_leads_to(const char *path, int fd)
{
	struct stat by_path;
	struct stat by_fd;

	return stat(path, &by_path) == 0 && fstat(fd, &by_fd) == 0 &&
	       by_path.st_ino == by_fd.st_ino && by_path.st_dev == by_fd.st_dev;
}

bool image_use(const char *cache_dir, const char *path, int64_t size_bytes)
{
	AUTO(freep) char *images = xasprintf("%s/" IMAGE_FILE_IMAGES, cache_dir);
	AUTO(freep) char *locks = xasprintf("%s/" IMAGE_FILE_LOCKS, cache_dir);
	AUTO(freep) char *lock = NULL;
	AUTO(freep) char *note = NULL;
	AUTO(fd_closep) int fd = -1;
	char digest[IMAGE_DIGEST_SIZE];
	struct stat st;

	if (!digest_of(cache_dir, path, digest))
		return false;
	lock = image_file_path(locks, digest, IMAGE_FILE_LOCK);
	note = image_file_path(images, digest, IMAGE_FILE_NOTE);
	fd = open(lock, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0 || !image_use_leads_to(lock, fd))
		return false;
	if (utimensat(AT_FDCWD, note, NULL, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == size_bytes;
}
