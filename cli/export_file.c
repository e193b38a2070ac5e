/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See export_file.h. What cannot be written as a whole is taken back, as far as that is possible;
 * where it is not, the next call finds half a line and cuts it off.
 */
#include "cli/export_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define FILE_MODE 0600
#define LOOK_SIZE 65536 /* how much is read at a time when a newline is looked for */

/* Where the last line begins: behind the last newline before @end. */
static int last_line(int fd, off_t end, off_t *ret_start, struct err *err)
{
	char bytes[LOOK_SIZE];

	while (end > 0) {
		off_t from = end > LOOK_SIZE ? end - LOOK_SIZE : 0;
		ssize_t got = pread(fd, bytes, (size_t)(end - from), from);
		const char *newline;

		if (got != end - from)
			return err_sys(err, got < 0 ? errno : EIO, "read it");
		newline = memrchr(bytes, '\n', (size_t)got);
		if (newline) {
			*ret_start = from + (newline - bytes) + 1;
			return 0;
		}
		end = from;
	}
	*ret_start = 0;
	return 0;
}

/* Cut off half a line at the end. *ret_size: where the file ends then. */
static int mend(int fd, off_t size, const char *begin, off_t *ret_size, struct err *err)
{
	size_t len = strlen(begin);
	char first[64];
	off_t start;
	ssize_t got;

	if (last_line(fd, size, &start, err) < 0)
		return -1;
	*ret_size = start;
	if (start == size)
		return 0;
	if (len > sizeof(first))
		len = sizeof(first);
	if (size - start < (off_t)len)
		len = (size_t)(size - start);
	got = pread(fd, first, len, start);
	if (got != (ssize_t)len)
		return err_sys(err, got < 0 ? errno : EIO, "read it");
	if (memcmp(first, begin, len) != 0)
		return err_set(err, ERR_INVALID,
			       "its last line has no end and is none of this export: it is left"
			       " as it is");
	return ftruncate(fd, start) < 0 ? err_sys(err, errno, "cut off half a line") : 0;
}

static int write_all(int fd, const uint8_t *bytes, size_t len, struct err *err)
{
	while (len > 0) {
		ssize_t put = write(fd, bytes, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_sys(err, errno, "write it");
		bytes += put;
		len -= (size_t)put;
	}
	return fsync(fd) < 0 ? err_sys(err, errno, "sync it") : 0;
}

/* A new file's name has to be durable as well. */
static int sync_folder(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	AUTO(freep)
	char *folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	AUTO(fd_closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, errno, "sync its folder");
	return 0;
}

static int append(const char *path, const char *begin, const struct buf *lines, struct err *err)
{
	AUTO(fd_closep)
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
		      FILE_MODE);
	struct stat info;
	off_t size;

	if (fd < 0 || fstat(fd, &info) < 0)
		return err_sys(err, errno, "open it");
	if (!S_ISREG(info.st_mode))
		return err_set(err, ERR_INVALID, "it is no regular file");
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, ERR_CONFLICT, "another export writes it");
	/* Its size may be another since: whoever had the lock has written. */
	if (fstat(fd, &info) < 0)
		return err_sys(err, errno, "look at it");
	if (mend(fd, info.st_size, begin, &size, err) < 0)
		return -1;
	if (write_all(fd, lines->data, lines->len, err) < 0) {
		(void)!ftruncate(fd, size); /* else the next call does it */
		return -1;
	}
	return size == 0 ? sync_folder(path, err) : 0;
}

int export_file_append(const char *path, const char *begin, const struct buf *lines,
		       struct err *err)
{
	if (append(path, begin, lines, err) < 0)
		return err_wrap(err, "%s", path);
	return 0;
}
