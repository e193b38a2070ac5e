/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers are taken in their order, lowest first; the next one is opened before its turn, so
 * that its first pieces are unpacked when the one before it ends.
 *
 * A file's content is written whether or not an upper layer will take the file away:
 * that is rare and little, and costs no second reading of everything else.
 */
#include "provisioner/image/image_flatten.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "provisioner/image/image_layer.h"

#define AHEAD 2 /* layers that are open at once */

struct flattening {
	const struct image_stack *stack;
	struct image_disk *disk;
	struct image_tree *tree;
	struct image_layer *open[AHEAD]; /* number n at n % AHEAD */
	size_t opened;
	int64_t bytes_left;
};

static void flattening_done(struct flattening *work)
{
	for (size_t i = 0; i < AHEAD; i++)
		image_layer_free(work->open[i]);
	image_tree_free(work->tree);
}

int image_flatten_refuse(const struct image_blob *layer, struct err *err)
{
	(void)err_set(err, ERR_CORRUPT, "its unpacked bytes have another digest than the config's");
	return err_wrap(err, "failed to extract layer %s", layer->digest);
}

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
	if (!S_ISREG(st.st_mode) || (!stack->arrival && st.st_size != blob->size_bytes))
		return err_set(err, ERR_CORRUPT, "layer %s is not of the size that was announced",
			       blob->digest);
	*ret_fd = STEAL(fd, -1);
	return 0;
}

/* Have every layer up to the one behind @index open. */
static int open_ahead(struct flattening *work, size_t index, struct err *err)
{
	const struct image_stack *stack = work->stack;

	for (; work->opened < stack->count && work->opened < index + AHEAD; work->opened++) {
		const struct image_layer_options options = {
			.digest = stack->layers[work->opened].digest,
			.arrival = stack->arrival,
			.index = work->opened,
			.size_bytes = stack->layers[work->opened].size_bytes,
			.bytes_left = &work->bytes_left,
		};
		AUTO(fd_closep) int fd = -1;

		if (open_blob(stack, work->opened, &fd, err) < 0 ||
		    image_layer_open(fd, &options, &work->open[work->opened % AHEAD], err) < 0)
			return -1;
		fd = -1; /* the layer's now */
	}
	return 0;
}

/* Copy the current entry's content, with its holes filled. */
static int copy_content(struct image_layer *layer, struct image_disk *disk, int64_t size_bytes,
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
		if (image_disk_zeros(disk, offset - done, err) < 0)
			return -1;
		if (len == 0)
			return image_disk_end(disk, err);
		if (image_disk_data(disk, bytes, len, err) < 0)
			return -1;
		done = offset + (int64_t)len;
	}
}

static int take_entry(struct flattening *work, struct image_layer *layer,
		      const struct image_entry *entry, struct err *err)
{
	struct image_inode *file;

	if (image_tree_add(work->tree, entry, err) < 0)
		return -1;
	/* Sparse files say more than they hold. */
	if (image_tree_bytes(work->tree) > work->stack->bytes_max)
		return err_set(err, ERR_LIMIT, "image unpacks to more bytes than are allowed");
	file = image_tree_last_file(work->tree);
	if (!file)
		return 0;
	if (image_disk_begin(work->disk, file, err) < 0)
		return -1;
	return copy_content(layer, work->disk, file->entry.size_bytes, err);
}

static int take_layer(struct flattening *work, size_t index, char ret_diff_id[IMAGE_DIGEST_SIZE],
		      struct err *err)
{
	struct image_layer *layer;
	struct image_entry entry;
	bool end;

	if (open_ahead(work, index, err) < 0)
		return -1;
	layer = work->open[index % AHEAD];
	image_tree_next_layer(work->tree);
	for (;;) {
		if (image_layer_next(layer, &entry, &end, err) < 0)
			return -1;
		if (end)
			break;
		if (take_entry(work, layer, &entry, err) < 0)
			return -1;
	}
	if (image_layer_finish(layer, ret_diff_id, err) < 0)
		return -1;
	image_layer_freep(&work->open[index % AHEAD]);
	return 0;
}

int image_flatten(const struct image_stack *stack, struct image_disk *disk,
		  struct image_tree **ret_tree, char (*ret_diff_ids)[IMAGE_DIGEST_SIZE],
		  struct err *err)
{
	AUTO(flattening_done)
	struct flattening work = {
		.stack = stack,
		.disk = disk,
		.tree = image_tree_new(),
		.bytes_left = stack->bytes_max,
	};

	for (size_t i = 0; i < stack->count; i++) {
		if (take_layer(&work, i, ret_diff_ids[i], err) < 0)
			return err_wrap(err, "failed to extract layer %s", stack->layers[i].digest);
	}
	image_tree_settle(work.tree);
	*ret_tree = STEAL(work.tree, NULL);
	return 0;
}
