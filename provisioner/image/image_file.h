/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of files in the cache (image_cache.h), for the worker and for those that take an
 * image into use without it.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_FILE_H
#define SLIPWAY_PROVISIONER_IMAGE_FILE_H

#include "provisioner/image/image_reference.h"

/* Folders of the cache. */
#define IMAGE_FILE_IMAGES "images"
#define IMAGE_FILE_LOCKS  "locks"
/* What is behind an image's name there. */
#define IMAGE_FILE_DISK	  ".squashfs"
#define IMAGE_FILE_NOTE	  ".json"
#define IMAGE_FILE_LOCK	  ""

/* "<folder>/sha256-<hex><suffix>"; the caller frees it. */
char *image_file_path(const char *folder, const char *digest, const char *suffix);
/* The digest in the file name "sha256-<hex><suffix>"; false if it is not of that form. */
bool image_file_digest(const char *name, const char *suffix, char ret[IMAGE_DIGEST_SIZE]);

#endif
