/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is there already is good, whatever it is: who uses it finds out.
 */
#include "microvm/agent/folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_MAX_SIZE 4097

int folder_make(const char *path, mode_t mode, struct err *err)
{
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return err_sys(err, errno, "mkdir %s", path);
	return 0;
}

/* Those whose names end within the first @len characters and one. */
static int make_all(const char *path, size_t len, struct err *err)
{
	char part[PATH_MAX_SIZE];

	if (len >= sizeof(part))
		return err_set(err, ERR_INVALID, "mkdir: the path is too long");
	for (size_t at = 1; at <= len; at++) {
		if (path[at] != '/' && path[at] != '\0')
			continue;
		memcpy(part, path, at);
		part[at] = '\0';
		if (folder_make(part, 0755, err) < 0)
			return -1;
	}
	return 0;
}

int folder_make_all(const char *path, struct err *err)
{
	return make_all(path, strlen(path), err);
}

int folder_make_above(const char *path, struct err *err)
{
	const char *last = strrchr(path, '/');

	return last && last > path ? make_all(path, (size_t)(last - path), err) : 0;
}
