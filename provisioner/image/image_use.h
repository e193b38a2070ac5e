/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking an image of the cache into use without the worker: the few calls that a
 * launch can afford on the loop's thread. The rules are the cache's own
 * (image_cache.h): who holds an image's lock may use, make or remove it.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_USE_H
#define SLIPWAY_PROVISIONER_IMAGE_USE_H

#include "core/common.h"

/* Is the absolute path @path that of an image of the cache in @cache_dir? */
bool image_use_knows(const char *cache_dir, const char *path);

/*
 * Mark the image file @path of the cache in @cache_dir as used now; from then on the cache
 * keeps it as after a pull. False, and nothing is promised, if it is not whole any
 * more (its size must be @size_bytes), or if somebody makes or removes it now.
 */
bool image_use(const char *cache_dir, const char *path, int64_t size_bytes);

/* Does @path still lead to the open file @fd? A lock on a file that has no name
 * any more locks nobody out. */
bool image_use_leads_to(const char *path, int fd);

#endif
