/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry of a layer, and the limits on what an image may hold. These are
 * against bombs: a few kilobytes in a registry can unpack to anything.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_ENTRY_H
#define SLIPWAY_PROVISIONER_IMAGE_ENTRY_H

#include "core/common.h"

#define IMAGE_ENTRIES_MAX     2000000 /* in all layers together; a large image has 300,000 */
#define IMAGE_PATH_MAX	      4096    /* bytes of a path, the kernel's PATH_MAX */
#define IMAGE_NAME_PART_MAX   255     /* bytes between two slashes, the kernel's NAME_MAX */
#define IMAGE_LINK_MAX	      4095    /* bytes of a symbolic link's target */
#define IMAGE_LINK_HOPS_MAX   40      /* links followed in one path, as the kernel does */
#define IMAGE_XATTRS_MAX      64      /* on one entry */
#define IMAGE_XATTR_NAME_MAX  255     /* bytes, the kernel's limit */
#define IMAGE_XATTR_VALUE_MAX 65536   /* bytes, the kernel's limit */
/* For as many entries with names of 80 bytes. */
#define IMAGE_TREE_MEMORY_MAX (768u * 1024 * 1024)

enum image_entry_type {
	IMAGE_ENTRY_FILE,
	IMAGE_ENTRY_FOLDER,
	IMAGE_ENTRY_SYMLINK,
	IMAGE_ENTRY_HARDLINK,
	IMAGE_ENTRY_CHARACTER,
	IMAGE_ENTRY_BLOCK,
	IMAGE_ENTRY_FIFO,
};

struct image_xattr {
	const char *name;
	const void *value;
	size_t value_len;
};

struct image_entry {
	enum image_entry_type type;
	const char *path; /* as in the archive, not yet made safe */
	const char *link; /* SYMLINK, HARDLINK: the target; else NULL */
	uint32_t mode;	  /* permission bits, 07777 */
	uint32_t uid, gid;
	int64_t size_bytes;	/* FILE */
	uint32_t mtime_seconds; /* since 1970, cut to what a squashfs can say */
	uint32_t major, minor;	/* CHARACTER, BLOCK */
	const struct image_xattr *xattrs;
	size_t xattr_count;
};

#endif
