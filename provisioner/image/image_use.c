/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock is tried and never waited for, and shared, so that launches do not hinder each other;
 * whoever removes an image holds it alone. Under it the note's time is set first: a
 * pruning that listed this image as unused looks at that time again before it removes
 * anything, and then lets it be.
 *
 * The folder belongs to the worker's user, and the caller may be root: no link is followed.
 */
#include "provisioner/image/image_use.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define FOLDER	   "/images/"
#define SUFFIX	   ".squashfs"
#define NAME_LEN   71 /* "sha256-" and 64 digits */
#define SUFFIX_LEN (sizeof(SUFFIX) - 1)

/* The name of the image within @path, NAME_LEN bytes, or NULL. */
static const char *name_of(const char *cache_dir, const char *path)
{
	size_t dir_len = strlen(cache_dir);
	const char *name;

	if (strncmp(path, cache_dir, dir_len) != 0 ||
	    strncmp(path + dir_len, FOLDER, sizeof(FOLDER) - 1) != 0)
		return NULL;
	name = path + dir_len + sizeof(FOLDER) - 1;
	if (strlen(name) != NAME_LEN + SUFFIX_LEN || strcmp(name + NAME_LEN, SUFFIX) != 0 ||
	    strchr(name, '/'))
		return NULL;
	return name;
}

bool image_use_knows(const char *cache_dir, const char *path)
{
	return name_of(cache_dir, path) != NULL;
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
	const char *name = name_of(cache_dir, path);
	AUTO(freep) char *lock = NULL;
	AUTO(freep) char *note = NULL;
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	if (!name)
		return false;
	lock = xasprintf("%s/locks/%.*s", cache_dir, NAME_LEN, name);
	note = xasprintf("%s" FOLDER "%.*s.json", cache_dir, NAME_LEN, name);
	fd = open(lock, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0 || !image_use_leads_to(lock, fd))
		return false;
	if (utimensat(AT_FDCWD, note, NULL, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == size_bytes;
}
