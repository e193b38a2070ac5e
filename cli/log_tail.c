/* SPDX-License-Identifier: Apache-2.0 */
/* See log_tail.h. */
#include "cli/log_tail.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"

off_t log_tail_here(const char *path)
{
	struct stat info;
	return stat(path, &info) == 0 ? info.st_size : 0;
}

void log_tail(const char *path, off_t from, char *ret, size_t size)
{
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	off_t start = end - (off_t)(size - 1);
	if (end < from) /* another file has the name since */
		from = 0;
	if (start < from)
		start = from;
	ssize_t len = end > start ? pread(fd, ret, size - 1, start) : 0;
	while (len > 0 && ret[len - 1] == '\n')
		len--;
	ret[len > 0 ? len : 0] = '\0';
	const char *line = strrchr(ret, '\n');
	if (line != NULL)
		memmove(ret, line + 1, strlen(line));
}
