/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a reference to a squashfs in the cache, and the answer about it.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_PULL_H
#define SLIPWAY_PROVISIONER_IMAGE_PULL_H

#include "provisioner/image/image_cache.h"

struct image_pull {
	const char *cache; /* folder, absolute */
	const char *reference;
	const char *auth_file; /* "-": standard input; NULL: ask without a password */
	const char *platform;
	bool plain_http;
	int64_t deadline_ms; /* from now */
	int64_t bytes_max;   /* of the image unpacked */
};

/* Append the answer as JSON to @out. On failure @err's text is the whole refusal,
 * "CannotPullContainerError: ...". */
int image_pull(const struct image_pull *pull, struct buf *out, struct err *err) MUST_CHECK;

#endif
