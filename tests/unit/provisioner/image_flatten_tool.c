/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_flatten_tool DIR BYTES-MAX DIGEST=DIFF_ID...: flatten the layers in DIR (files
 * named by the hex digits of their digests), lowest first, into a tar on standard
 * output; the root's attributes go to standard error as "root MODE UID GID". On failure
 * the error's code and text go to standard error, exit code 1. For image_layers.py.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provisioner/image/image_flatten.h"

int main(int argc, char **argv)
{
	static struct image_blob layers[IMAGE_LAYERS_MAX];
	static char diff_ids[IMAGE_LAYERS_MAX][IMAGE_DIGEST_SIZE];
	AUTO(image_tree_freep) struct image_tree *tree = NULL;
	struct image_stack stack = {.layers = layers, .diff_ids = diff_ids};
	struct err err = ERR_INIT;
	const struct image_entry *root;

	if (argc < 3 || argc - 3 > IMAGE_LAYERS_MAX)
		return 2;
	stack.dir = argv[1];
	stack.bytes_max = strtoll(argv[2], NULL, 10);
	for (int i = 3; i < argc; i++) {
		struct image_blob *blob = &layers[stack.count];
		long long size_bytes;

		if (sscanf(argv[i], "%71[^=]=%71[^=]=%lld", blob->digest, diff_ids[stack.count],
			   &size_bytes) != 3)
			return 2;
		blob->size_bytes = size_bytes;
		stack.count++;
	}
	if (image_flatten_index(&stack, &tree, &err) < 0 ||
	    image_flatten_write(&stack, tree, STDOUT_FILENO, &err) < 0) {
		(void)fprintf(stderr, "%s %s\n", err_code_name(err.code), err.text);
		return EXIT_FAILURE;
	}
	root = &image_tree_root(tree)->entry;
	(void)fprintf(stderr, "root %o %u %u\n", root->mode, root->uid, root->gid);
	return EXIT_SUCCESS;
}
