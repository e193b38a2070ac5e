/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the writers of content and of tables share.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_DISK_PRIVATE_H
#define SLIPWAY_PROVISIONER_IMAGE_DISK_PRIVATE_H

#include "provisioner/image/image_disk.h"
#include "provisioner/image/image_meta.h"

#define NO_FRAGMENT UINT32_MAX

/* Where a file's content lies: in blocks of its own, or with others in a fragment. */
struct image_content {
	uint64_t start;	   /* of its first block */
	uint32_t fragment; /* NO_FRAGMENT: blocks */
	uint32_t offset;   /* in the fragment */
	uint32_t block_count;
	int64_t zero_bytes; /* that are not stored */
	uint32_t sizes[]; /* of its blocks, with IMAGE_BLOCK_PLAIN; 0: zeros that are not stored */
};

struct image_fragment {
	struct image_fragment *next;
	uint64_t start;
	uint32_t size;
};

/* The tables that describe the tree. */
struct image_tables {
	struct image_meta inodes, folders, ids, exports, xattrs, xattr_ids;
	uint32_t inode_count, id_count, xattr_count;
	uint64_t root; /* place of the root's inode */
};

void image_tables_init(struct image_tables *tables);
void image_tables_done(struct image_tables *tables);
/* Fill them; afterwards all are flushed. */
int image_tables_fill(struct image_tables *tables, struct image_tree *tree, struct err *err)
	MUST_CHECK;

#endif
