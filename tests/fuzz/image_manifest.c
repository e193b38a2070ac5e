/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents from registries: read as a manifest or index, and as a config. What is
 * accepted must hold only digests and sizes that are safe to use.
 */
#include <assert.h>
#include <string.h>

#include "provisioner/image/image_manifest.h"

#define MEMORY_MAX (16u * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_blob(const struct image_blob *blob)
{
	assert(image_digest_is_valid(blob->digest));
	assert(blob->size_bytes >= 0 && blob->size_bytes <= IMAGE_BLOB_MAX);
}

static void try_document(const char *text, size_t len, const struct image_platform *platform)
{
	static struct image_document document;
	struct err err = ERR_INIT;

	if (image_document_parse(text, len, platform, &document, &err) < 0) {
		assert(err.code != ERR_NONE && err.text[0]);
		return;
	}
	if (document.kind == IMAGE_DOCUMENT_INDEX) {
		check_blob(&document.child);
		return;
	}
	check_blob(&document.config);
	assert(document.layer_count <= IMAGE_LAYERS_MAX);
	for (size_t i = 0; i < document.layer_count; i++)
		check_blob(&document.layers[i]);
}

static void try_config(const char *text, size_t len, const struct image_platform *platform)
{
	static struct image_config config;
	AUTO(arena_freep) struct arena *arena = arena_new(MEMORY_MAX);
	AUTO(json_decrefp) json_t *json = NULL;
	struct err err = ERR_INIT;

	if (image_config_parse(text, len, platform, arena, &json, &config, &err) < 0) {
		assert(err.code != ERR_NONE && err.text[0] && !json);
		return;
	}
	assert(config.diff_id_count <= IMAGE_LAYERS_MAX);
	for (size_t i = 0; i < config.diff_id_count; i++)
		assert(image_digest_is_valid(config.diff_ids[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct image_platform platform = {"linux", "amd64", ""};

	try_document((const char *)data, size, &platform);
	try_config((const char *)data, size, &platform);
	return 0;
}
