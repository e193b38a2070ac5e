/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers. The first byte says where the rest is cut in two: both parts are read as
 * layers, one above the other, and merged into a disk image. Whatever the bytes are, the
 * paths that come out must be clean, and the image must come about.
 */
#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "provisioner/image/image_disk.h"
#include "provisioner/image/image_layer.h"
#include "provisioner/image/image_tree.h"

#define BYTES_MAX (4 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int memory_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("layer", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return fd;
}

/* The content, as far as the disk is concerned: holes are left out, which it minds. */
static int read_content(struct image_layer *layer, struct image_disk *disk, struct err *err)
{
	int64_t offset = 0;
	int64_t done = 0;
	const void *bytes;
	size_t len;

	do {
		if (image_layer_data(layer, &bytes, &len, &offset, err) < 0)
			return -1;
		assert(offset >= 0);
		if (disk && offset > done && image_disk_zeros(disk, offset - done, err) < 0)
			return -1;
		if (disk && len > 0 && image_disk_data(disk, bytes, len, err) < 0)
			return -1;
		done = offset + (int64_t)len;
	} while (len > 0);
	return disk ? image_disk_end(disk, err) : 0;
}

/* An entry that is no file has no content, whatever the archive says. */
static int take_entry(struct image_layer *layer, const struct image_entry *entry,
		      struct image_tree *tree, struct image_disk *disk, struct err *err)
{
	struct image_inode *file;

	if (image_tree_add(tree, entry, err) < 0)
		return -1;
	file = image_tree_last_file(tree);
	if (file && (file->entry.size_bytes > BYTES_MAX || image_disk_begin(disk, file, err) < 0))
		return err_set(err, ERR_LIMIT, "too large for here");
	return read_content(layer, file ? disk : NULL, err);
}

static int read_layer(const uint8_t *data, size_t size, struct image_tree *tree,
		      struct image_disk *disk, struct err *err)
{
	int64_t bytes_left = BYTES_MAX;
	const struct image_layer_options options = {
		.digest = "sha256:0",
		.bytes_left = &bytes_left,
	};
	AUTO(image_layer_freep) struct image_layer *layer = NULL;
	AUTO(fd_closep) int fd = memory_file(data, size);
	char diff_id[IMAGE_DIGEST_SIZE];
	struct image_entry entry;
	bool end = false;

	if (image_layer_open(fd, &options, &layer, err) < 0)
		return -1;
	fd = -1;
	image_tree_next_layer(tree);
	while (!end) {
		if (image_layer_next(layer, &entry, &end, err) < 0)
			return -1;
		if (!end && take_entry(layer, &entry, tree, disk, err) < 0)
			return -1;
	}
	/* No bytes hash to that. */
	assert(image_layer_finish(layer, diff_id, err) == -1);
	return 0;
}

static int check_name(void *ctx, const char *path, const struct image_inode *inode, bool carries,
		      struct err *err)
{
	char target[IMAGE_PATH_MAX];

	(void)ctx;
	(void)err;
	assert(path[0] && path[0] != '/' && strlen(path) < IMAGE_PATH_MAX);
	assert(strcmp(path, "..") != 0 && strncmp(path, "../", 3) != 0 && !strstr(path, "/../") &&
	       !strstr(path, "//"));
	assert(inode->names > 0);
	assert(carries == (strcmp(image_tree_path(inode->node, target), path) == 0));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(image_tree_freep) struct image_tree *tree = image_tree_new();
	AUTO(image_disk_freep) struct image_disk *disk = NULL;
	AUTO(fd_closep) int fd = memory_file(data, 0);
	struct err err = ERR_INIT;
	size_t cut;

	if (size == 0)
		return 0;
	if (image_disk_open(fd, 1, &disk, &err) < 0)
		abort();
	cut = (size - 1) * data[0] / 255;
	if (read_layer(data + 1, cut, tree, disk, &err) < 0 ||
	    read_layer(data + 1 + cut, size - 1 - cut, tree, disk, &err) < 0)
		assert(err.code != ERR_NONE && err.text[0]);
	image_tree_settle(tree);
	if (image_tree_walk(tree, check_name, NULL, &err) < 0 ||
	    image_disk_finish(disk, tree, &err) < 0)
		abort();
	return 0;
}
