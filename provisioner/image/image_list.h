/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in the cache, for its operator.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_LIST_H
#define SLIPWAY_PROVISIONER_IMAGE_LIST_H

#include "provisioner/image/image_cache.h"

/*
 * Append one line of JSON to @out: {"images":[{"manifest":"sha256:...","bytes":N,"used":SECONDS,
 * "references":["host/name:tag",...]},...]}, the most recently used first. Times are since
 * 1970; references are the names that last led there.
 */
int image_list(const struct image_cache *cache, struct buf *out, struct err *err) MUST_CHECK;

#endif
