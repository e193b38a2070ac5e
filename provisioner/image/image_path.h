/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths as layers write them, made safe: relative to the image's root, without
 * empty parts, "." and "..". Names that begin with `.wh.` are marks of the layer
 * format and never files.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_PATH_H
#define SLIPWAY_PROVISIONER_IMAGE_PATH_H

#include "core/err.h"
#include "provisioner/image/image_entry.h"

#define IMAGE_WHITEOUT	      ".wh."
#define IMAGE_WHITEOUT_OPAQUE ".wh..wh..opq"

/* "/a//./b/" -> "a/b", "./" -> "", "a/../b" -> "b". ERR_INVALID if ".." leads
 * out of the root, ERR_LIMIT past IMAGE_PATH_MAX. */
int image_path_clean(const char *path, char ret[IMAGE_PATH_MAX], struct err *err) MUST_CHECK;

/* What follows the last slash of a clean path; borrowed from it. */
const char *image_path_name(const char *clean);

enum image_path_kind {
	IMAGE_PATH_PLAIN,    /* a file, folder, ... */
	IMAGE_PATH_WHITEOUT, /* takes away what is named behind `.wh.` */
	IMAGE_PATH_OPAQUE,   /* takes away all that lower layers have in the folder */
	IMAGE_PATH_AUFS,     /* bookkeeping of an old file system: passed over */
	IMAGE_PATH_INVALID,  /* a mark that names nothing, or is used as a folder */
};
enum image_path_kind image_path_kind(const char *clean);

/*
 * The parts of a path, one after the other, with symbolic links that the caller
 * finds on the way put in their place.
 */
struct image_walk {
	char rest[2 * IMAGE_PATH_MAX];
	size_t at, len;
	unsigned hops; /* links followed */
};

/* @len below IMAGE_PATH_MAX. */
void image_walk_init(struct image_walk *walk, const char *path, size_t len);
/* false at the end. "." is passed over, ".." is a part. Borrowed until image_walk_follow(). */
bool image_walk_next(struct image_walk *walk, const char **ret_part, size_t *ret_len);
/* Go on with @target and then with what was left. */
int image_walk_follow(struct image_walk *walk, const char *target, struct err *err) MUST_CHECK;

#endif
