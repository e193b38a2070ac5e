/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each file is opened by its path for one use: they are small, seldom read, and
 * a kept descriptor would outlive the cgroup or disk that it shows.
 */
#include "microvm/agent/sysfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 4096 /* the kernel's own files of numbers are far below it */

int sysfile_read(const char *path, char *ret, size_t size, struct err *err)
{
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;

	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	while (len < size - 1) {
		ssize_t got = read(fd, ret + len, size - 1 - len);

		if (got < 0)
			return err_sys(err, errno, "read %s", path);
		if (got == 0)
			break;
		len += (size_t)got;
	}
	while (len > 0 && ret[len - 1] == '\n')
		len--;
	ret[len] = '\0';
	return 0;
}

int64_t sysfile_number(const char *path, int64_t otherwise)
{
	char text[64];
	char *end;
	struct err err = ERR_INIT;
	int64_t number;

	if (sysfile_read(path, text, sizeof(text), &err) < 0)
		return otherwise;
	number = strtoll(text, &end, 10);
	return end != text && *end == '\0' ? number : otherwise;
}

int64_t sysfile_find(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (strncmp(line, key, len) == 0 && line[len] == ' ')
			return strtoll(line + len, NULL, 10);
	}
	return 0;
}

int64_t sysfile_keyed(const char *path, const char *key)
{
	char text[TEXT_MAX];
	struct err err = ERR_INIT;

	return sysfile_read(path, text, sizeof(text), &err) < 0 ? 0 : sysfile_find(text, key);
}

int sysfile_write(const char *path, const char *fmt, struct err *err, ...)
{
	AUTO(fd_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
	char text[TEXT_MAX];
	va_list args;
	int len;

	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	va_start(args, err);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(text))
		return err_set(err, ERR_LIMIT, "write %s: the text is too long", path);
	if (write(fd, text, (size_t)len) != len)
		return err_sys(err, errno, "write %s", path);
	return 0;
}
