/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A root is only brought into form here. That it leads to a folder, and not out of the file
 * system by a link, is for whoever opens it to see to.
 */
#include "store/file_system.h"

#include <string.h>

#include "store/host_folder.h"

static bool has_parent(const char *path)
{
	for (;; path++) {
		size_t len = strcspn(path, "/");

		if (len == 2 && path[0] == '.' && path[1] == '.')
			return true;
		path += len;
		if (*path == '\0')
			return false;
	}
}

/* "fs-1 /data" in parts; *ret_root is "" if there is none. */
static char *split(const char *value, const char **ret_root)
{
	size_t len = strcspn(value, " \t");

	*ret_root = value + len + strspn(value + len, " \t");
	return xstrndup(value, len);
}

int file_systems_check(const struct file_systems *systems, struct err *err)
{
	const struct conf_map *folders = systems->folders;
	const struct conf_map *points = systems->access_points;

	if (host_folders_check("file_system", folders, err) < 0)
		return -1;
	for (size_t i = 0; i < points->count; i++) {
		const char *root;
		AUTO(freep) char *id = split(points->pairs[i].value, &root);

		if (!conf_map_get(folders, id))
			return err_set(err, ERR_INVALID,
				       "access_point.%s: there is no file_system.%s",
				       points->pairs[i].name, id);
		if ((root[0] != '/' && root[0] != '\0') || has_parent(root))
			return err_set(err, ERR_INVALID,
				       "access_point.%s must name an absolute path, not '%s'",
				       points->pairs[i].name, root);
	}
	return 0;
}

/* Its root. */
static int find_point(const struct file_systems *systems, const char *id, const char *name,
		      const char **ret_root, struct err *err)
{
	const char *value =
		systems->access_points ? conf_map_get(systems->access_points, name) : NULL;
	AUTO(freep) char *of = NULL;
	const char *root;

	if (!value)
		return err_set(err, ERR_NOT_FOUND,
			       "the access point '%.*s' is not in the configuration of this "
			       "Slipway",
			       FILE_SYSTEM_ID_MAX, name);
	of = split(value, &root);
	if (strcmp(of, id) != 0)
		return err_set(err, ERR_NOT_FOUND,
			       "the access point '%.*s' is not of the file system '%.*s'",
			       FILE_SYSTEM_ID_MAX, name, FILE_SYSTEM_ID_MAX, id);
	*ret_root = root;
	return 0;
}

int file_system_find(const struct file_systems *systems, const char *account, const char *id,
		     const char *root, const char *access_point, struct arena *arena,
		     struct file_system_place *ret_place, struct err *err)
{
	struct file_system_place place;

	place.folder = host_folder_find(systems->folders, id, account, arena);
	if (!place.folder)
		return err_set(err, ERR_NOT_FOUND,
			       "the file system '%.*s' is not in the configuration of this "
			       "Slipway",
			       FILE_SYSTEM_ID_MAX, id);
	if (access_point && access_point[0] &&
	    find_point(systems, id, access_point, &root, err) < 0)
		return -1;
	root = root ? root + strspn(root, "/") : "";
	if (has_parent(root) || strlen(root) > FILE_SYSTEM_PATH_MAX)
		return err_set(err, ERR_INVALID, "the root directory is no path in a file system");
	place.root = arena_strdup(arena, root[0] ? root : ".");
	if (!place.root)
		return err_set(err, ERR_LIMIT, "no room for a path");
	*ret_place = place;
	return 0;
}
