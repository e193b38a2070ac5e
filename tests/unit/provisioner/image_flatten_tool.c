/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_flatten_tool FILE DIR BYTES-MAX DIGEST=DIFF_ID=SIZE...: flatten the layers in DIR
 * (files named by the hex digits of their digests), lowest first, into a disk image in FILE. On
 * failure the error's code and text go to standard error, exit code 1. For image_layers.py.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provisioner/image/image_flatten.h"

#define THREADS 3

static int flatten(const struct image_stack *stack, char (*diff_ids)[IMAGE_DIGEST_SIZE], int fd,
		   struct err *err)
{
	static char found[IMAGE_LAYERS_MAX][IMAGE_DIGEST_SIZE];
	AUTO(image_tree_freep) struct image_tree *tree = NULL;
	AUTO(image_disk_freep) struct image_disk *disk = NULL;

	if (image_disk_open(fd, THREADS, &disk, err) < 0 ||
	    image_flatten(stack, disk, &tree, found, err) < 0)
		return -1;
	for (size_t i = 0; i < stack->count; i++) {
		if (strcmp(found[i], diff_ids[i]) != 0)
			return image_flatten_refuse(&stack->layers[i], err);
	}
	return image_disk_finish(disk, tree, err);
}

int main(int argc, char **argv)
{
	static struct image_blob layers[IMAGE_LAYERS_MAX];
	static char diff_ids[IMAGE_LAYERS_MAX][IMAGE_DIGEST_SIZE];
	struct image_stack stack = {.layers = layers};
	AUTO(fd_closep) int fd = -1;
	struct err err = ERR_INIT;

	if (argc < 4 || argc - 4 > IMAGE_LAYERS_MAX)
		return 2;
	stack.dir = argv[2];
	stack.bytes_max = strtoll(argv[3], NULL, 10);
	for (int i = 4; i < argc; i++) {
		struct image_blob *blob = &layers[stack.count];
		long long size_bytes;

		if (sscanf(argv[i], "%71[^=]=%71[^=]=%lld", blob->digest, diff_ids[stack.count],
			   &size_bytes) != 3)
			return 2;
		blob->size_bytes = size_bytes;
		stack.count++;
	}
	fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || flatten(&stack, diff_ids, fd, &err) < 0) {
		(void)fprintf(stderr, "%s %s\n", err_code_name(err.code), err.text);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
