/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cleaning is by text alone: "a/../b" is "b" whatever a is, as the tools do that
 * made the layers. Links are the walk's business.
 */
#include "provisioner/image/image_path.h"

#include <string.h>

#define AUFS_MARK ".wh..wh."

static bool part_is(const char *part, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(part, text, len) == 0;
}

int image_path_clean(const char *path, char ret[IMAGE_PATH_MAX], struct err *err)
{
	size_t out = 0;

	if (strlen(path) >= IMAGE_PATH_MAX)
		return err_set(err, ERR_LIMIT, "a path is longer than %d bytes",
			       IMAGE_PATH_MAX - 1);
	while (*path) {
		size_t len = strcspn(path, "/");

		if (part_is(path, len, "..")) {
			if (out == 0)
				return err_set(err, ERR_INVALID, "a path leads out of the image");
			while (out > 0 && ret[--out] != '/')
				continue;
		} else if (len > 0 && !part_is(path, len, ".")) {
			if (out > 0)
				ret[out++] = '/';
			memcpy(ret + out, path, len);
			out += len;
		}
		path += len;
		path += *path == '/';
	}
	ret[out] = '\0';
	return 0;
}

const char *image_path_name(const char *clean)
{
	const char *slash = strrchr(clean, '/');

	return slash ? slash + 1 : clean;
}

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

enum image_path_kind image_path_kind(const char *clean)
{
	const char *part = clean;
	const char *hidden;

	for (;;) {
		size_t len = strcspn(part, "/");
		bool last = part[len] == '\0';

		if (last && part_is(part, len, IMAGE_WHITEOUT_OPAQUE))
			return IMAGE_PATH_OPAQUE;
		if (has_prefix(part, AUFS_MARK))
			return IMAGE_PATH_AUFS;
		if (last)
			break;
		if (has_prefix(part, IMAGE_WHITEOUT))
			return IMAGE_PATH_INVALID;
		part += len + 1;
	}
	if (!has_prefix(part, IMAGE_WHITEOUT))
		return IMAGE_PATH_PLAIN;
	hidden = part + strlen(IMAGE_WHITEOUT);
	if (hidden[0] == '\0' || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
		return IMAGE_PATH_INVALID;
	return IMAGE_PATH_WHITEOUT;
}

void image_walk_init(struct image_walk *walk, const char *path, size_t len)
{
	memcpy(walk->rest, path, len);
	walk->at = 0;
	walk->len = len;
	walk->hops = 0;
}

bool image_walk_next(struct image_walk *walk, const char **ret_part, size_t *ret_len)
{
	while (walk->at < walk->len) {
		const char *part = walk->rest + walk->at;
		const char *slash = memchr(part, '/', walk->len - walk->at);
		size_t len = slash ? (size_t)(slash - part) : walk->len - walk->at;

		walk->at += len + (slash ? 1 : 0);
		if (len == 0 || part_is(part, len, "."))
			continue;
		*ret_part = part;
		*ret_len = len;
		return true;
	}
	return false;
}

int image_walk_follow(struct image_walk *walk, const char *target, struct err *err)
{
	size_t target_len = strlen(target);
	size_t left = walk->len - walk->at;

	if (++walk->hops > IMAGE_LINK_HOPS_MAX)
		return err_set(err, ERR_INVALID, "a path leads through too many links");
	if (target_len + 1 + left > sizeof(walk->rest))
		return err_set(err, ERR_LIMIT,
			       "a path is too long once its links are "
			       "followed");
	memmove(walk->rest + target_len + 1, walk->rest + walk->at, left);
	memcpy(walk->rest, target, target_len);
	walk->rest[target_len] = '/';
	walk->at = 0;
	walk->len = target_len + 1 + left;
	return 0;
}
