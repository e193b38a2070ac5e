/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON documents of a registry: an index lists manifests by platform, a
 * manifest lists a config and layers by digest, a config says how to run the image
 * and what its layers must hash to once unpacked. Docker's schema 2 and the OCI
 * image specification are the same thing here but for names of media types; schema 1
 * (before 2016, not addressed by content) is refused by name.
 *
 * Pure: bytes in, checked structs out. Every digest that comes out of here passed
 * image_digest_is_valid(), every size is from 0 to IMAGE_BLOB_MAX.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_MANIFEST_H
#define SLIPWAY_PROVISIONER_IMAGE_MANIFEST_H

#include "provisioner/image/image_answer.h"

#define IMAGE_DOCUMENT_MAX  (4u * 1024 * 1024) /* manifest, index, config: registries' limit */
#define IMAGE_LAYERS_MAX    128		       /* what builders and Docker allow (127), and one */
#define IMAGE_CHILDREN_MAX  1024 /* manifests in an index: platforms times attestations */
#define IMAGE_BLOB_MAX	    (INT64_C(1) << 40) /* sums of sizes must not overflow */
#define IMAGE_PLATFORM_SIZE 64

struct image_platform {
	char os[IMAGE_PLATFORM_SIZE], architecture[IMAGE_PLATFORM_SIZE];
	char variant[IMAGE_PLATFORM_SIZE]; /* normalized: "" for amd64 v1 and arm64 v8 */
};

/* "linux/amd64", "linux/arm64/v8". */
int image_platform_parse(const char *text, struct image_platform *ret_platform, struct err *err)
	MUST_CHECK;
#define IMAGE_PLATFORM_TEXT_SIZE (3 * IMAGE_PLATFORM_SIZE)
char *image_platform_text(const struct image_platform *platform,
			  char ret[IMAGE_PLATFORM_TEXT_SIZE]);

struct image_blob {
	char digest[IMAGE_DIGEST_SIZE];
	int64_t size_bytes; /* as it is stored in the registry */
};

enum image_document_kind { IMAGE_DOCUMENT_INDEX, IMAGE_DOCUMENT_MANIFEST };

struct image_document {
	enum image_document_kind kind;
	struct image_blob child;		    /* INDEX: the manifest for our platform */
	struct image_blob config;		    /* MANIFEST */
	struct image_blob layers[IMAGE_LAYERS_MAX]; /* MANIFEST: lowest first */
	size_t layer_count;
};

/*
 * Read an index or a manifest. ERR_NOT_FOUND when an index has nothing for
 * @platform (the text is the one that the API's clients know); ERR_UNSUPPORTED
 * for schema 1, foreign or encrypted layers and things that are no container images;
 * ERR_LIMIT for too many layers; ERR_INVALID for everything malformed.
 */
int image_document_parse(const char *text, size_t len, const struct image_platform *platform,
			 struct image_document *ret_document, struct err *err) MUST_CHECK;

struct image_config {
	struct image_settings settings; /* borrowed from the JSON and the arena */
	char diff_ids[IMAGE_LAYERS_MAX][IMAGE_DIGEST_SIZE]; /* of layers unpacked, lowest first */
	size_t diff_id_count;
};

/* Read an image's config, which must be for @platform. The caller owns *ret_json. */
int image_config_parse(const char *text, size_t len, const struct image_platform *platform,
		       struct arena *arena, json_t **ret_json, struct image_config *ret_config,
		       struct err *err) MUST_CHECK;

#endif
