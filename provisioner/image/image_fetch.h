/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Talking to registries, by skopeo: it knows their dialects, tokens and proxies.
 * It is a child without new privileges that gets a folder for itself, the
 * password by file, and no say in what we believe: digests are ours to compute.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_FETCH_H
#define SLIPWAY_PROVISIONER_IMAGE_FETCH_H

#include "core/buf.h"
#include "provisioner/image/image_reference.h"

struct image_registry {
	const struct image_reference *reference;
	const char *auth_file; /* as Docker's config.json; NULL: ask without a password */
	bool plain_http; /* the operator allows this host without TLS, or with any certificate */
	const char *dir; /* existing and empty: skopeo's home and temporary files */
	int64_t end_ns;	 /* by the boot-time clock */
	unsigned tries;	 /* out: how often the last call asked the registry */
};

/*
 * The bytes of the manifest or index with @digest, or if that is NULL of what the
 * reference names (by digest if it has one), appended to @out. They are not checked.
 */
int image_fetch_manifest(struct image_registry *source, const char *digest, struct buf *out,
			 struct err *err) MUST_CHECK;

/* Copy the image with manifest @digest into the new folder @dir: manifest.json, and
 * each blob in a file named by the hex digits of its digest. No file there grows past
 * @file_bytes_max. */
int image_fetch_blobs(struct image_registry *source, const char *digest, const char *dir,
		      int64_t file_bytes_max, struct err *err) MUST_CHECK;

#endif
