/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy of a tree: files, folders, links and nodes with owner, mode, time and
 * extended attributes. Names are opened relative to their folder and without
 * following links. Hard links become files of their own.
 *
 * It runs in the container's own process, within its limits, before its program.
 */
#include "microvm/agent/seed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define DEPTH_MAX     128 /* folders in folders; each holds two descriptors */
#define ATTRIBUTE_MAX 65536
#define PIECE	      (1024 * 1024)

static int copy_folder(int from, int to, int depth, struct err *err);

static int copy_bytes(int from, int to, struct err *err)
{
	ssize_t sent;

	do
		sent = sendfile(to, from, NULL, PIECE);
	while (sent > 0);
	return sent < 0 ? err_sys(err, errno, "copy a file") : 0;
}

static int copy_attributes(int from, int to, struct err *err)
{
	char names[4096];
	char *value = xcalloc(1, ATTRIBUTE_MAX);
	ssize_t len = flistxattr(from, names, sizeof(names));
	int result = 0;

	for (ssize_t at = 0; at < len && result == 0; at += (ssize_t)strlen(names + at) + 1) {
		ssize_t size = fgetxattr(from, names + at, value, ATTRIBUTE_MAX);

		if (size >= 0 && fsetxattr(to, names + at, value, (size_t)size, 0) < 0 &&
		    errno != EOPNOTSUPP)
			result = err_sys(err, errno, "copy the attribute %s", names + at);
	}
	free(value);
	return result;
}

/* Owner before mode and attributes: a change of owner clears some of both. */
static int copy_marks(int from, int to, const struct stat *about, struct err *err)
{
	const struct timespec times[2] = {about->st_atim, about->st_mtim};

	if (fchown(to, about->st_uid, about->st_gid) < 0 || fchmod(to, about->st_mode & 07777) < 0)
		return err_sys(err, errno, "owner and mode");
	if (copy_attributes(from, to, err) < 0)
		return -1;
	if (futimens(to, times) < 0)
		return err_sys(err, errno, "time");
	return 0;
}

static int copy_file(int folder, int to_folder, const char *name, const struct stat *about,
		     struct err *err)
{
	AUTO(fd_closep) int from = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	AUTO(fd_closep) int to = -1;

	if (from < 0)
		return err_sys(err, errno, "open %s", name);
	to = openat(to_folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return err_sys(err, errno, "create %s", name);
	if (copy_bytes(from, to, err) < 0 || copy_marks(from, to, about, err) < 0)
		return err_wrap(err, "%s", name);
	return 0;
}

static int copy_link(int folder, int to_folder, const char *name, const struct stat *about,
		     struct err *err)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(folder, name, target, sizeof(target) - 1);

	if (len < 0)
		return err_sys(err, errno, "read the link %s", name);
	target[len] = '\0';
	if (symlinkat(target, to_folder, name) < 0 ||
	    fchownat(to_folder, name, about->st_uid, about->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "make the link %s", name);
	return 0;
}

static int copy_node(int to_folder, const char *name, const struct stat *about, struct err *err)
{
	if (mknodat(to_folder, name, about->st_mode, about->st_rdev) < 0 ||
	    fchownat(to_folder, name, about->st_uid, about->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "make %s", name);
	return 0;
}

static int copy_below(int folder, int to_folder, const char *name, int depth, struct err *err)
{
	AUTO(fd_closep)
	int from = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO(fd_closep) int to = -1;

	if (from < 0)
		return err_sys(err, errno, "open %s", name);
	if (mkdirat(to_folder, name, 0700) < 0)
		return err_sys(err, errno, "make %s", name);
	to = openat(to_folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return err_sys(err, errno, "open %s", name);
	if (copy_folder(from, to, depth + 1, err) < 0)
		return err_wrap(err, "%s", name);
	return 0;
}

static int copy_entry(int folder, int to_folder, const char *name, int depth, struct err *err)
{
	struct stat about;

	if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "look at %s", name);
	if (S_ISDIR(about.st_mode))
		return copy_below(folder, to_folder, name, depth, err);
	if (S_ISREG(about.st_mode))
		return copy_file(folder, to_folder, name, &about, err);
	if (S_ISLNK(about.st_mode))
		return copy_link(folder, to_folder, name, &about, err);
	return copy_node(to_folder, name, &about, err);
}

static bool is_itself(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* NULL with errno set; the caller's with closedir(). @folder stays open. */
static DIR *list(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);

	if (!entries)
		fd_closep(&fd);
	return entries;
}

/* Everything in it, then its own marks. */
static int copy_folder(int from, int to, int depth, struct err *err)
{
	DIR *entries = list(from);
	struct dirent *entry;
	struct stat about;
	int result = 0;

	if (!entries)
		return err_sys(err, errno, "list a folder");
	if (fstat(from, &about) < 0)
		result = err_sys(err, errno, "look at a folder");
	else if (depth > DEPTH_MAX)
		result = err_set(err, ERR_LIMIT, "more than %d folders in folders", DEPTH_MAX);
	while (result == 0 && (entry = readdir(entries)) != NULL) {
		if (!is_itself(entry->d_name))
			result = copy_entry(from, to, entry->d_name, depth, err);
	}
	closedir(entries);
	return result < 0 ? -1 : copy_marks(from, to, &about, err);
}

static bool is_empty(int folder)
{
	DIR *entries = list(folder);
	struct dirent *entry;
	bool empty = entries != NULL;

	while (empty && (entry = readdir(entries)) != NULL)
		empty = is_itself(entry->d_name);
	if (entries)
		closedir(entries);
	return empty;
}

int seed_volume(const char *path, int volume, struct err *err)
{
	AUTO(fd_closep) int from = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO(fd_closep) int to = openat(volume, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (to < 0)
		return err_sys(err, errno, "open the volume");
	if (from < 0 || !is_empty(to))
		return 0;
	return copy_folder(from, to, 0, err);
}
