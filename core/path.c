/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See path.h.
 */
#include "core/path.h"

#include <string.h>

char *path_clean(const char *path)
{
	char *clean = xcalloc(strlen(path) + 2, 1);
	size_t used = 0;

	while (*(path += strspn(path, "/")) != '\0') {
		size_t len = strcspn(path, "/");

		if (len == 2 && path[0] == '.' && path[1] == '.') {
			while (used > 0 && clean[--used] != '/')
				;
		} else if (len != 1 || path[0] != '.') {
			clean[used++] = '/';
			memcpy(clean + used, path, len);
			used += len;
		}
		path += len;
	}
	if (used == 0)
		clean[used++] = '/';
	clean[used] = '\0';
	return clean;
}

bool path_is_same(const char *path, const char *other)
{
	AUTO(freep) char *clean = path_clean(path);
	AUTO(freep) char *other_clean = path_clean(other);

	return strcmp(clean, other_clean) == 0;
}

bool path_is_within(const char *path, const char *folder)
{
	AUTO(freep) char *clean = path_clean(path);
	AUTO(freep) char *above = path_clean(folder);
	size_t len = strcmp(above, "/") == 0 ? 0 : strlen(above);

	return strncmp(clean, above, len) == 0 && (clean[len] == '/' || clean[len] == '\0');
}
