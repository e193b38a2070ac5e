/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of the tar: everything that has no content (folders, links, devices)
 * straight from the tree, a folder before what is in it; then the files, layer by
 * layer as they lie there, so each layer is read once from front to back; then the
 * further names of files, whose targets have all been written. A layer that no
 * file survived of is not read again.
 *
 * Symbolic links and devices with several names are written once a name:
 * nothing can tell the difference but their inode numbers.
 */
#include "provisioner/image/image_flatten.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "provisioner/image/image_layer.h"
#include "provisioner/image/image_tar.h"

static int open_blob(const struct image_stack *stack, size_t index, int *ret_fd, struct err *err)
{
	const struct image_blob *blob = &stack->layers[index];
	AUTO(freep) char *path = xasprintf("%s/%s", stack->dir, blob->digest + strlen("sha256:"));
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return err_sys(err, errno, "open layer %s", blob->digest);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "look at layer %s", blob->digest);
	if (!S_ISREG(st.st_mode) || st.st_size != blob->size_bytes)
		return err_set(err, ERR_CORRUPT, "layer %s is not of the size that was announced",
			       blob->digest);
	*ret_fd = STEAL(fd, -1);
	return 0;
}

static int open_layer(const struct image_stack *stack, size_t index,
		      const struct image_layer_options *options, struct image_layer **ret_layer,
		      struct err *err)
{
	AUTO(fd_closep) int fd = -1;

	if (open_blob(stack, index, &fd, err) < 0 ||
	    image_layer_open(fd, options, ret_layer, err) < 0)
		return -1;
	fd = -1; /* the layer's now */
	return 0;
}

static int index_layer(const struct image_stack *stack, size_t index,
		       const struct image_layer_options *options, struct image_tree *tree,
		       struct err *err)
{
	AUTO(image_layer_freep) struct image_layer *layer = NULL;
	struct image_entry entry;
	bool end;

	if (open_layer(stack, index, options, &layer, err) < 0)
		return -1;
	image_tree_next_layer(tree);
	for (;;) {
		if (image_layer_next(layer, &entry, &end, err) < 0)
			return -1;
		if (end)
			return image_layer_finish(layer, err);
		if (image_tree_add(tree, &entry, err) < 0)
			return -1;
		/* Sparse files say more than they hold. */
		if (image_tree_bytes(tree) > stack->bytes_max)
			return err_set(err, ERR_LIMIT,
				       "image unpacks to more bytes than are allowed");
	}
}

int image_flatten_index(const struct image_stack *stack, struct image_tree **ret_tree,
			struct err *err)
{
	AUTO(image_tree_freep) struct image_tree *tree = image_tree_new();
	int64_t bytes_left = stack->bytes_max;

	for (size_t i = 0; i < stack->count; i++) {
		const struct image_layer_options options = {
			.digest = stack->layers[i].digest,
			.diff_id = stack->diff_ids[i],
			.bytes_left = &bytes_left,
		};

		if (index_layer(stack, i, &options, tree, err) < 0)
			return err_wrap(err, "failed to extract layer %s", stack->layers[i].digest);
	}
	image_tree_settle(tree);
	*ret_tree = STEAL(tree, NULL);
	return 0;
}

static int write_bare(void *ctx, const char *path, const struct image_inode *inode, bool carries,
		      struct err *err)
{
	(void)carries; /* names share content, and these have none */
	if (inode->entry.type == IMAGE_ENTRY_FILE)
		return 0;
	return image_tar_entry(ctx, path, &inode->entry, err);
}

static int write_link(void *ctx, const char *path, const struct image_inode *inode, bool carries,
		      struct err *err)
{
	struct image_entry entry = inode->entry;
	char target[IMAGE_PATH_MAX];

	if (inode->entry.type != IMAGE_ENTRY_FILE || carries)
		return 0;
	entry.type = IMAGE_ENTRY_HARDLINK;
	entry.link = image_tree_path(inode->node, target);
	entry.xattr_count = 0; /* the target has them */
	return image_tar_entry(ctx, path, &entry, err);
}

/* Copy the current entry's content, with its holes filled. */
static int copy_content(struct image_layer *layer, struct image_tar *tar, int64_t size_bytes,
			struct err *err)
{
	int64_t done = 0;

	for (;;) {
		const void *bytes;
		size_t len;
		int64_t offset = size_bytes;

		if (image_layer_data(layer, &bytes, &len, &offset, err) < 0)
			return -1;
		if (len == 0)
			offset = size_bytes;
		if (offset < done || offset > size_bytes || (int64_t)len > size_bytes - offset)
			return err_set(err, ERR_CORRUPT,
				       "a file's pieces overlap or end "
				       "behind its size");
		if (image_tar_zeros(tar, offset - done, err) < 0 ||
		    image_tar_data(tar, bytes, len, err) < 0)
			return -1;
		if (len == 0)
			return 0;
		done = offset + (int64_t)len;
	}
}

/* Stream the surviving files of layer @index, of which @file is the first. */
static int write_layer(const struct image_stack *stack, size_t index,
		       const struct image_inode *file, struct image_tar *tar, struct err *err)
{
	AUTO(image_layer_freep) struct image_layer *layer = NULL;
	int64_t bytes_left = stack->bytes_max;
	/* Nothing to check: these are the bytes that were checked when they were indexed. */
	const struct image_layer_options options = {.bytes_left = &bytes_left};
	char path[IMAGE_PATH_MAX];
	struct image_entry entry;
	bool end;

	if (open_layer(stack, index, &options, &layer, err) < 0)
		return -1;
	for (uint32_t ordinal = 0;; ordinal++) {
		while (file && file->layer == index && file->names == 0)
			file = file->next;
		if (!file || file->layer != index)
			return 0;
		if (image_layer_next(layer, &entry, &end, err) < 0)
			return -1;
		if (end)
			return err_set(err, ERR_CORRUPT, "layer changed while it was read");
		if (ordinal != file->ordinal)
			continue;
		if (image_tar_entry(tar, image_tree_path(file->node, path), &file->entry, err) <
			    0 ||
		    copy_content(layer, tar, file->entry.size_bytes, err) < 0)
			return -1;
		file = file->next;
	}
}

int image_flatten_write(const struct image_stack *stack, const struct image_tree *tree, int fd,
			struct err *err)
{
	AUTO(image_tar_freep) struct image_tar *tar = NULL;
	const struct image_inode *file = image_tree_files(tree);

	if (image_tar_open(fd, &tar, err) < 0 || image_tree_walk(tree, write_bare, tar, err) < 0)
		return -1;
	while (file) {
		size_t index = file->layer;

		if (file->names > 0 && write_layer(stack, index, file, tar, err) < 0)
			return err_wrap(err, "failed to extract layer %s",
					stack->layers[index].digest);
		/* On to the next layer, or past one that did not survive. */
		if (file->names > 0) {
			while (file && file->layer == index)
				file = file->next;
		} else {
			file = file->next;
		}
	}
	if (image_tree_walk(tree, write_link, tar, err) < 0)
		return -1;
	return image_tar_finish(tar, err);
}
