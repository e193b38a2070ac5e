/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file, front to back: superblock, the compressor's options, content in the order of
 * layers and entries, tables (inodes, folders, fragments, exports, ids, extended attributes:
 * the kernel wants them in this order). The superblock is written last: until then the file
 * is nothing.
 *
 * A file that is smaller than a block is put with others into one block, a fragment; a
 * larger one has blocks of its own. Blocks of zeros are not stored.
 *
 * What did not survive is punched out of the file; where the file system cannot do that, it
 * stays, unseen.
 */
#include "provisioner/image/image_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "core/arena.h"
#include "provisioner/image/image_blocks.h"
#include "provisioner/image/image_disk_private.h"

#define MAGIC		   0x73717368u /* "hsqs" */
#define BLOCK_LOG	   17
#define COMPRESSOR_LZ4	   5
#define LZ4_LEGACY	   1
#define FLAG_EXPORTABLE	   0x80u
#define FLAG_OPTIONS	   0x400u
#define VERSION_MAJOR	   4
#define SUPERBLOCK_BYTES   96
#define OPTIONS_BYTES	   10 /* with their length in front */
#define META_PLAIN	   0x8000u
#define ABSENT		   UINT64_MAX /* place of a table that there is not */
#define DISK_ALIGN	   4096	      /* the file's size, so that a hypervisor can map all of it */
/* Places of blocks: 4 bytes for each 128 KiB, and some for each file. */
#define CONTENT_MEMORY_MAX (512u * 1024 * 1024)
#define LIST_MAX	   (64u * 1024 * 1024) /* fragments: 16 bytes for each 128 KiB */

struct image_disk {
	int fd;
	struct image_blocks *blocks;
	struct arena *arena;

	struct image_inode *file; /* whose content comes */
	struct image_content *content;
	struct image_block *block; /* of it, being filled; NULL: none yet */
	uint32_t next;		   /* number of that block */
	int64_t left;		   /* of the file */

	struct image_block *shared; /* the fragment being filled; NULL: none */
	struct image_fragment *first, **last;
	uint32_t fragment_count;
};

int image_disk_open(int fd, unsigned threads, struct image_disk **ret_disk, struct err *err)
{
	AUTO(image_disk_freep) struct image_disk *disk = xcalloc(1, sizeof(*disk));

	disk->fd = fd;
	disk->arena = arena_new(CONTENT_MEMORY_MAX);
	disk->last = &disk->first;
	if (image_blocks_open(fd, SUPERBLOCK_BYTES + OPTIONS_BYTES, threads, &disk->blocks, err) <
	    0)
		return -1;
	*ret_disk = STEAL(disk, NULL);
	return 0;
}

void image_disk_free(struct image_disk *disk)
{
	if (!disk)
		return;
	image_blocks_free(disk->blocks);
	arena_free(disk->arena);
	free(disk);
}

void image_disk_freep(struct image_disk **disk)
{
	image_disk_free(*disk);
	*disk = NULL;
}

static int no_memory(struct err *err)
{
	return err_set(err, ERR_LIMIT, "image has more content than %u bytes of memory describe",
		       CONTENT_MEMORY_MAX);
}

/* --- content --- */

static int close_fragment(struct image_disk *disk, struct err *err)
{
	struct image_fragment *fragment;

	if (!disk->shared)
		return 0;
	fragment = arena_alloc(disk->arena, sizeof(*fragment));
	if (!fragment)
		return no_memory(err);
	*disk->last = fragment;
	disk->last = &fragment->next;
	disk->fragment_count++;
	image_blocks_put(disk->blocks, disk->shared, &fragment->size, &fragment->start);
	disk->shared = NULL;
	return 0;
}

/* Room for @len bytes in the current fragment. */
static int find_fragment(struct image_disk *disk, size_t len, struct err *err)
{
	if (disk->shared && disk->shared->len + len > IMAGE_BLOCK_BYTES &&
	    close_fragment(disk, err) < 0)
		return -1;
	if (!disk->shared && image_blocks_take(disk->blocks, &disk->shared, err) < 0)
		return -1;
	disk->content->fragment = disk->fragment_count;
	disk->content->offset = (uint32_t)disk->shared->len;
	return 0;
}

int image_disk_begin(struct image_disk *disk, struct image_inode *inode, struct err *err)
{
	int64_t size_bytes = inode->entry.size_bytes;
	bool shares = size_bytes < IMAGE_BLOCK_BYTES;
	int64_t count = shares ? 0 : (size_bytes + IMAGE_BLOCK_BYTES - 1) / IMAGE_BLOCK_BYTES;

	disk->file = inode;
	disk->content = NULL;
	disk->next = 0;
	disk->left = size_bytes;
	if (size_bytes == 0)
		return 0;
	if (count > CONTENT_MEMORY_MAX / (int64_t)sizeof(uint32_t))
		return no_memory(err);
	disk->content =
		arena_alloc(disk->arena, sizeof(*disk->content) + (size_t)count * sizeof(uint32_t));
	if (!disk->content)
		return no_memory(err);
	disk->content->block_count = (uint32_t)count;
	disk->content->fragment = NO_FRAGMENT;
	if (shares && find_fragment(disk, (size_t)size_bytes, err) < 0)
		return -1;
	inode->content = disk->content;
	return 0;
}

static bool all_zero(const struct image_block *block)
{
	return block->bytes[0] == 0 && memcmp(block->bytes, block->bytes + 1, block->len - 1) == 0;
}

/* The current block is full, or the last of its file. */
static void close_block(struct image_disk *disk)
{
	struct image_content *content = disk->content;
	uint32_t number = disk->next++;
	bool first = true;

	if (all_zero(disk->block)) {
		image_blocks_drop(disk->blocks, disk->block);
		disk->content->zero_bytes += (int64_t)disk->block->len;
	} else {
		/* Zeros in front take no room: the first block that is stored is the start. */
		first = disk->content->zero_bytes == (int64_t)number * IMAGE_BLOCK_BYTES;
		image_blocks_put(disk->blocks, disk->block, &content->sizes[number],
				 first ? &content->start : NULL);
	}
	disk->block = NULL;
}

/* The block that the file's next bytes go to. */
static int current(struct image_disk *disk, struct image_block **ret_block, struct err *err)
{
	if (disk->content->fragment != NO_FRAGMENT) {
		*ret_block = disk->shared;
		return 0;
	}
	if (!disk->block && image_blocks_take(disk->blocks, &disk->block, err) < 0)
		return -1;
	*ret_block = disk->block;
	return 0;
}

/* @bytes NULL: zeros. */
static int add(struct image_disk *disk, const uint8_t *bytes, size_t len, struct err *err)
{
	if ((int64_t)len > disk->left)
		return err_set(err, ERR_CORRUPT, "a file is longer than its size");
	while (len > 0) {
		struct image_block *block;
		size_t piece;

		if (current(disk, &block, err) < 0)
			return -1;
		piece = IMAGE_BLOCK_BYTES - block->len;
		if (piece > len)
			piece = len;
		if (bytes) {
			memcpy(block->bytes + block->len, bytes, piece);
			bytes += piece;
		} else {
			memset(block->bytes + block->len, 0, piece);
		}
		block->len += piece;
		len -= piece;
		disk->left -= (int64_t)piece;
		if (block == disk->block && (block->len == IMAGE_BLOCK_BYTES || disk->left == 0))
			close_block(disk);
	}
	return 0;
}

int image_disk_data(struct image_disk *disk, const void *bytes, size_t len, struct err *err)
{
	return add(disk, bytes, len, err);
}

int image_disk_zeros(struct image_disk *disk, int64_t len, struct err *err)
{
	while (len > 0) {
		size_t piece = len < IMAGE_BLOCK_BYTES ? (size_t)len : IMAGE_BLOCK_BYTES;

		if (add(disk, NULL, piece, err) < 0)
			return -1;
		len -= (int64_t)piece;
	}
	return 0;
}

int image_disk_end(struct image_disk *disk, struct err *err)
{
	if (disk->left != 0)
		return err_set(err, ERR_CORRUPT, "a file is shorter than its size");
	return 0;
}

/* --- the end --- */

/* Make holes where the content of files lies that did not survive. */
static void punch(const struct image_disk *disk, const struct image_tree *tree)
{
	for (const struct image_inode *file = image_tree_files(tree); file; file = file->next) {
		const struct image_content *content = file->content;
		off_t len = 0;

		if (file->names > 0 || !content)
			continue;
		for (uint32_t i = 0; i < content->block_count; i++)
			len += content->sizes[i] & ~IMAGE_BLOCK_PLAIN;
		if (len > 0)
			(void)!fallocate(disk->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					 (off_t)content->start, len);
	}
}

static int write_bytes(const struct image_disk *disk, const void *bytes, size_t len, uint64_t *at,
		       struct err *err)
{
	if (image_blocks_write(disk->fd, bytes, len, *at, err) < 0)
		return -1;
	*at += len;
	return 0;
}

/* A table that is found by the list of its pieces; @head is put in front of the list. */
static int write_listed(const struct image_disk *disk, const struct image_meta *meta,
			const struct image_record_bytes *head, uint64_t *at, uint64_t *ret_start,
			struct err *err)
{
	uint64_t base = *at;

	if (write_bytes(disk, meta->out.data, meta->out.len, at, err) < 0)
		return -1;
	*ret_start = *at;
	if (head && write_bytes(disk, head->bytes, head->len, at, err) < 0)
		return -1;
	for (size_t i = 0; i < meta->starts.len; i += sizeof(uint64_t)) {
		struct image_record_bytes place = {.len = 0};
		uint64_t start;

		memcpy(&start, meta->starts.data + i, sizeof(start));
		image_put64(&place, base + start);
		if (write_bytes(disk, place.bytes, place.len, at, err) < 0)
			return -1;
	}
	return 0;
}

static int write_fragments(const struct image_disk *disk, uint64_t *at, uint64_t *ret_start,
			   struct err *err)
{
	AUTO(image_meta_done) struct image_meta meta;

	image_meta_init(&meta, LIST_MAX);
	*ret_start = ABSENT;
	if (disk->fragment_count == 0)
		return 0;
	for (const struct image_fragment *fragment = disk->first; fragment;
	     fragment = fragment->next) {
		struct image_record_bytes record = {.len = 0};

		image_put64(&record, fragment->start);
		image_put32(&record, fragment->size);
		image_put32(&record, 0);
		if (image_meta_add(&meta, record.bytes, record.len, err) < 0)
			return -1;
	}
	if (image_meta_flush(&meta, err) < 0)
		return -1;
	return write_listed(disk, &meta, NULL, at, ret_start, err);
}

static int write_xattrs(const struct image_disk *disk, const struct image_tables *tables,
			uint64_t *at, uint64_t *ret_start, struct err *err)
{
	struct image_record_bytes head = {.len = 0};

	*ret_start = ABSENT;
	if (tables->xattr_count == 0)
		return 0;
	image_put64(&head, *at);
	image_put32(&head, tables->xattr_count);
	image_put32(&head, 0);
	if (write_bytes(disk, tables->xattrs.out.data, tables->xattrs.out.len, at, err) < 0)
		return -1;
	return write_listed(disk, &tables->xattr_ids, &head, at, ret_start, err);
}

/* Where the tables begin. */
struct places {
	uint64_t inodes, folders, fragments, exports, ids, xattrs;
};

static int write_tables(const struct image_disk *disk, const struct image_tables *tables,
			uint64_t *at, struct places *ret_places, struct err *err)
{
	struct places *places = ret_places;

	places->inodes = *at;
	if (write_bytes(disk, tables->inodes.out.data, tables->inodes.out.len, at, err) < 0)
		return -1;
	places->folders = *at;
	if (write_bytes(disk, tables->folders.out.data, tables->folders.out.len, at, err) < 0 ||
	    write_fragments(disk, at, &places->fragments, err) < 0 ||
	    write_listed(disk, &tables->exports, NULL, at, &places->exports, err) < 0 ||
	    write_listed(disk, &tables->ids, NULL, at, &places->ids, err) < 0)
		return -1;
	return write_xattrs(disk, tables, at, &places->xattrs, err);
}

static int write_superblock(const struct image_disk *disk, const struct image_tables *tables,
			    const struct places *places, uint32_t latest, uint64_t end,
			    struct err *err)
{
	struct image_record_bytes first = {.len = 0};
	struct image_record_bytes second = {.len = 0};
	uint64_t at = 0;

	image_put32(&first, MAGIC);
	image_put32(&first, tables->inode_count);
	image_put32(&first, latest);
	image_put32(&first, IMAGE_BLOCK_BYTES);
	image_put32(&first, disk->fragment_count);
	image_put16(&first, COMPRESSOR_LZ4);
	image_put16(&first, BLOCK_LOG);
	image_put16(&first, FLAG_EXPORTABLE | FLAG_OPTIONS);
	image_put16(&first, tables->id_count);
	image_put16(&first, VERSION_MAJOR);
	image_put16(&first, 0);
	image_put64(&first, tables->root);
	image_put64(&first, end);
	image_put64(&first, places->ids);
	image_put64(&second, places->xattrs);
	image_put64(&second, places->inodes);
	image_put64(&second, places->folders);
	image_put64(&second, places->fragments);
	image_put64(&second, places->exports);
	image_put16(&second, (OPTIONS_BYTES - 2) | META_PLAIN);
	image_put32(&second, LZ4_LEGACY);
	image_put32(&second, 0);
	if (write_bytes(disk, first.bytes, first.len, &at, err) < 0)
		return -1;
	return write_bytes(disk, second.bytes, second.len, &at, err);
}

int image_disk_finish(struct image_disk *disk, struct image_tree *tree, struct err *err)
{
	AUTO(image_tables_done) struct image_tables tables;
	struct places places;
	uint64_t at;

	image_tables_init(&tables);
	if (close_fragment(disk, err) < 0 || image_blocks_finish(disk->blocks, &at, err) < 0 ||
	    image_tables_fill(&tables, tree, err) < 0 ||
	    write_tables(disk, &tables, &at, &places, err) < 0 ||
	    write_superblock(disk, &tables, &places, image_tree_latest(tree), at, err) < 0)
		return -1;
	punch(disk, tree);
	if (ftruncate(disk->fd, (off_t)((at + DISK_ALIGN - 1) / DISK_ALIGN * DISK_ALIGN)) < 0)
		return err_sys(err, errno, "write the image");
	return 0;
}
