/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files as wholes: read, replaced, and whole trees removed.
 *
 * Removing must cope with trees that strangers laid out (unpacked images): it
 * goes by descriptors and never follows a link; it opens folders that their modes
 * would keep us out of; and it holds at most REMOVE_DEPTH descriptors at once:
 * whatever lies deeper is moved up beside the root's own entries first, so no
 * tree is too deep to be removed.
 */
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define READ_PIECE   65536
#define REMOVE_DEPTH 48 /* real trees seldom have 20; each level costs a descriptor */

int file_read(const char *path, struct buf *buf, struct err *err)
{
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t before = buf->len;

	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	for (;;) {
		size_t left = buf->max - buf->len;
		size_t want = left < READ_PIECE ? left : READ_PIECE;
		uint8_t beyond;
		uint8_t *room = &beyond;
		ssize_t got;

		/* At the maximum, one more byte tells a full buffer from a longer file. */
		if (want > 0 && buf_reserve(buf, want, &room, err) < 0) {
			buf->len = before;
			return err_wrap(err, "read %s", path);
		}
		got = read(fd, room, want > 0 ? want : 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			return 0;
		if (got > 0 && want > 0) {
			buf_added(buf, (size_t)got);
			continue;
		}
		buf->len = before;
		if (got < 0)
			return err_sys(err, errno, "read %s", path);
		return err_set(err, ERR_LIMIT, "%s holds more than %zu bytes", path, buf->max);
	}
}

static int write_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t wrote = write(fd, bytes, len);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return -1;
		bytes += wrote;
		len -= (size_t)wrote;
	}
	return 0;
}

/* The rename is on disk once the folder is. */
static int sync_folder_of(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	AUTO(freep) char *folder = NULL;
	AUTO(fd_closep) int fd = -1;

	if (!slash)
		folder = xstrdup(".");
	else
		folder = xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "open %s", folder);
	if (fsync(fd) < 0)
		return err_sys(err, errno, "sync %s", folder);
	return 0;
}

int file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct err *err)
{
	AUTO(freep) char *beside = xasprintf("%s.XXXXXX", path);
	AUTO(fd_closep) int fd = mkostemp(beside, O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno, "create a file beside %s", path);
	/* Mode first: no moment in which a secret is readable by more than @mode says. */
	if (fchmod(fd, mode) < 0 || write_all(fd, bytes, len) < 0 || fsync(fd) < 0 ||
	    rename(beside, path) < 0) {
		int errnum = errno;

		(void)unlink(beside); /* best effort: the failure above is what counts */
		return err_sys(err, errnum, "write %s", path);
	}
	return sync_folder_of(path, err);
}

int file_make_dir(const char *path, mode_t mode, struct err *err)
{
	AUTO(freep) char *copy = xstrdup(path);
	size_t len = strlen(copy);
	AUTO(fd_closep) int fd = -1;

	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	for (char *p = copy + 1; len > 0 && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return err_sys(err, errno, "create folder %s", copy);
		*p = '/';
	}
	if (mkdir(copy, mode) < 0 && errno != EEXIST)
		return err_sys(err, errno, "create folder %s", copy);
	/* The mode again: umask has cut it, or the folder was there with another. */
	fd = open(copy, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "open folder %s", copy);
	if (chmod(copy, mode) < 0)
		return err_sys(err, errno, "set the mode of %s", copy);
	return 0;
}

struct removal {
	const char *path; /* for messages */
	dev_t device;	  /* the file system that is not left */
	int root_fd;	  /* where folders from too deep are moved to; borrowed */
	unsigned moved;	  /* how many were, for their names */
};

void dir_closep(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* Open folder @name in @at_fd without following links; -1 and errno. */
static int open_folder(int at_fd, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(at_fd, name, flags);

	/* Ours, but with a mode that keeps even its owner out. */
	if (fd < 0 && errno == EACCES && fchmodat(at_fd, name, 0700, 0) == 0)
		fd = openat(at_fd, name, flags);
	return fd;
}

/* What unpacking left without write permission is given it; an error shows later. */
static void make_writable(int fd, const struct stat *st)
{
	if ((st->st_mode & 0700) != 0700)
		(void)fchmod(fd, (st->st_mode & 07777) | 0700);
}

static bool is_self_or_parent(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int file_each_name(const char *folder, file_name_fn *fn, void *ctx, struct err *err)
{
	AUTO(dir_closep) DIR *dir = opendir(folder);

	if (!dir)
		return err_sys(err, errno, "open folder %s", folder);
	for (;;) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(dir);
		if (!entry && errno != 0)
			return err_sys(err, errno, "read folder %s", folder);
		if (!entry)
			return 0;
		if (!is_self_or_parent(entry->d_name) && fn(ctx, folder, entry->d_name, err) < 0)
			return -1;
	}
}

static int remove_entry(struct removal *removal, int at_fd, const char *name, unsigned depth,
			struct err *err);

/* Remove what is in @fd, which is taken. */
static int empty_folder(struct removal *removal, int fd, unsigned depth, struct err *err)
{
	AUTO(dir_closep) DIR *dir = fdopendir(fd);
	struct stat st;

	if (!dir) {
		int errnum = errno;

		close(fd);
		return err_sys(err, errnum, "read a folder in %s", removal->path);
	}
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "look at a folder in %s", removal->path);
	if (st.st_dev != removal->device)
		return err_set(err, ERR_CONFLICT, "another file system is mounted in %s",
			       removal->path);
	make_writable(fd, &st);
	for (;;) {
		struct dirent *entry;

		errno = 0;
		entry = readdir(dir);
		if (!entry && errno != 0)
			return err_sys(err, errno, "read a folder in %s", removal->path);
		if (!entry)
			return 0;
		if (is_self_or_parent(entry->d_name))
			continue;
		if (remove_entry(removal, dirfd(dir), entry->d_name, depth, err) < 0)
			return -1;
	}
}

/* Move folder @name up beside the entries of the root, to be removed from there. */
static int move_up(struct removal *removal, int at_fd, const char *name, struct err *err)
{
	char other[64];

	do {
		(void)snprintf(other, sizeof(other), ".removed-%u", removal->moved++);
		if (renameat2(at_fd, name, removal->root_fd, other, RENAME_NOREPLACE) == 0)
			return 0;
	} while (errno == EEXIST);
	return err_sys(err, errno, "move a deep folder up in %s", removal->path);
}

static int remove_entry(struct removal *removal, int at_fd, const char *name, unsigned depth,
			struct err *err)
{
	int fd;

	if (unlinkat(at_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return err_sys(err, errno, "remove %s in %s", name, removal->path);
	if (depth >= REMOVE_DEPTH)
		return move_up(removal, at_fd, name, err);
	fd = open_folder(at_fd, name);
	if (fd < 0)
		return err_sys(err, errno, "open %s in %s", name, removal->path);
	if (empty_folder(removal, fd, depth + 1, err) < 0)
		return -1;
	if (unlinkat(at_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(err, errno, "remove %s in %s", name, removal->path);
	return 0;
}

int file_remove_tree(const char *path, struct err *err)
{
	AUTO(fd_closep) int root_fd = -1;
	struct removal removal = {.path = path};
	struct stat st;
	unsigned moved_before;

	if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR)
		return 0;
	if (errno != EISDIR)
		return err_sys(err, errno, "remove %s", path);
	root_fd = open_folder(AT_FDCWD, path);
	if (root_fd < 0)
		return err_sys(err, errno, "open %s", path);
	if (fstat(root_fd, &st) < 0)
		return err_sys(err, errno, "look at %s", path);
	removal.device = st.st_dev;
	removal.root_fd = root_fd;
	/* Again as long as folders were moved up: the reading may have missed them. */
	do {
		int fd = openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return err_sys(err, errno, "open %s", path);
		moved_before = removal.moved;
		if (empty_folder(&removal, fd, 0, err) < 0)
			return -1;
	} while (removal.moved != moved_before);
	if (rmdir(path) < 0 && errno != ENOENT)
		return err_sys(err, errno, "remove %s", path);
	return 0;
}

char *file_beside_program(const char *name)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[len > 0 ? len : 0] = '\0';
	return xasprintf("%.*s%s", (int)(strrchr(path, '/') ? strrchr(path, '/') + 1 - path : 0),
			 path, name);
}
