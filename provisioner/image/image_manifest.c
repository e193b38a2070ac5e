/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of document it is follows from the media type if it says one and
 * from its members otherwise; a document that could be read as both an index and a
 * manifest is refused, since two readers could run different things by one digest.
 */
#include "provisioner/image/image_manifest.h"

#include <stdio.h>
#include <string.h>

#define PARSE_MEMORY_MAX (16u * 1024 * 1024) /* structs for documents of 4 MiB */

static const char no_platform[] = "image Manifest does not contain descriptor matching platform";

enum media {
	MEDIA_INDEX,
	MEDIA_MANIFEST,
	MEDIA_SCHEMA1,
	MEDIA_CONFIG,
	MEDIA_LAYER,
	MEDIA_FOREIGN_LAYER,
	MEDIA_ENCRYPTED_LAYER,
	MEDIA_OTHER,
};

static const struct {
	const char *name;
	enum media media;
} media_types[] = {
	{"application/vnd.docker.distribution.manifest.list.v2+json", MEDIA_INDEX},
	{"application/vnd.oci.image.index.v1+json", MEDIA_INDEX},
	{"application/vnd.docker.distribution.manifest.v2+json", MEDIA_MANIFEST},
	{"application/vnd.oci.image.manifest.v1+json", MEDIA_MANIFEST},
	{"application/vnd.docker.distribution.manifest.v1+json", MEDIA_SCHEMA1},
	{"application/vnd.docker.distribution.manifest.v1+prettyjws", MEDIA_SCHEMA1},
	{"application/vnd.docker.container.image.v1+json", MEDIA_CONFIG},
	{"application/vnd.oci.image.config.v1+json", MEDIA_CONFIG},
	{"application/vnd.docker.image.rootfs.diff.tar", MEDIA_LAYER},
	{"application/vnd.docker.image.rootfs.diff.tar.gzip", MEDIA_LAYER},
	{"application/vnd.docker.image.rootfs.diff.tar.zstd", MEDIA_LAYER},
	{"application/vnd.oci.image.layer.v1.tar", MEDIA_LAYER},
	{"application/vnd.oci.image.layer.v1.tar+gzip", MEDIA_LAYER},
	{"application/vnd.oci.image.layer.v1.tar+zstd", MEDIA_LAYER},
	{"application/vnd.docker.image.rootfs.foreign.diff.tar", MEDIA_FOREIGN_LAYER},
	{"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", MEDIA_FOREIGN_LAYER},
	{"application/vnd.oci.image.layer.nondistributable.v1.tar", MEDIA_FOREIGN_LAYER},
	{"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", MEDIA_FOREIGN_LAYER},
	{"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", MEDIA_FOREIGN_LAYER},
	{"application/vnd.oci.image.layer.v1.tar+encrypted", MEDIA_ENCRYPTED_LAYER},
	{"application/vnd.oci.image.layer.v1.tar+gzip+encrypted", MEDIA_ENCRYPTED_LAYER},
	{"application/vnd.oci.image.layer.v1.tar+zstd+encrypted", MEDIA_ENCRYPTED_LAYER},
};

static enum media media_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(media_types); i++) {
		if (strcmp(name, media_types[i].name) == 0)
			return media_types[i].media;
	}
	return MEDIA_OTHER;
}

struct platform_shape {
	const char *os, *architecture, *variant;
};
static const struct shape_field platform_fields[] = {
	TEXT(struct platform_shape, os, "os", 0, 0, 0),
	TEXT(struct platform_shape, architecture, "architecture", 0, 0, 0),
	TEXT(struct platform_shape, variant, "variant", 0, 0, 0),
};
static const struct shape platform_shape = SHAPE_OF(struct platform_shape, platform_fields);

struct descriptor {
	const char *media_type, *digest;
	int64_t size_bytes;
	struct platform_shape platform;
	bool has_platform;
	const json_t *annotations; /* builders put anything there; looked at with care */
};
static const struct shape_field descriptor_fields[] = {
	TEXT(struct descriptor, media_type, "mediaType", 1, 255, SHAPE_REQUIRED),
	TEXT(struct descriptor, digest, "digest", 1, 255, SHAPE_REQUIRED),
	INT(struct descriptor, size_bytes, "size", 0, IMAGE_BLOB_MAX, SHAPE_REQUIRED),
	OBJECT_SEEN(struct descriptor, platform, has_platform, "platform", &platform_shape),
	JSON(struct descriptor, annotations, "annotations", 0),
};
static const struct shape descriptor_shape = SHAPE_OF(struct descriptor, descriptor_fields);

struct document {
	int64_t schema_version;
	const char *media_type;
	struct shape_list children; /* of struct descriptor */
	struct descriptor config;
	bool has_config;
	struct shape_list layers; /* of struct descriptor */
	const json_t *fs_layers;  /* schema 1 */
};
static const struct shape_field document_fields[] = {
	INT(struct document, schema_version, "schemaVersion", 0, 0, SHAPE_REQUIRED),
	TEXT(struct document, media_type, "mediaType", 0, 255, 0),
	LIST(struct document, children, "manifests", &descriptor_shape, 0, IMAGE_CHILDREN_MAX, 0),
	OBJECT_SEEN(struct document, config, has_config, "config", &descriptor_shape),
	/* The count has its own check below: a limit is not a malformed document. */
	LIST(struct document, layers, "layers", &descriptor_shape, 0, 0, 0),
	JSON(struct document, fs_layers, "fsLayers", 0),
};
static const struct shape document_shape = SHAPE_OF(struct document, document_fields);

struct rootfs {
	const char *type;
	struct shape_list diff_ids;
};
static const struct shape_field rootfs_fields[] = {
	TEXT(struct rootfs, type, "type", 1, 255, SHAPE_REQUIRED),
	TEXTS(struct rootfs, diff_ids, "diff_ids", 0, IMAGE_LAYERS_MAX, 0),
};
static const struct shape rootfs_shape = SHAPE_OF(struct rootfs, rootfs_fields);

struct config {
	struct platform_shape platform;
	struct image_settings settings;
	struct rootfs rootfs;
};
static const struct shape_field config_fields[] = {
	TEXT(struct config, platform.os, "os", 0, 0, 0),
	TEXT(struct config, platform.architecture, "architecture", 0, 0, 0),
	TEXT(struct config, platform.variant, "variant", 0, 0, 0),
	OBJECT(struct config, settings, "config", &image_settings_shape, 0),
	OBJECT(struct config, rootfs, "rootfs", &rootfs_shape, SHAPE_REQUIRED),
};
static const struct shape config_shape = SHAPE_OF(struct config, config_fields);

static bool is_word(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool good = (text[i] >= 'a' && text[i] <= 'z') ||
			    (text[i] >= '0' && text[i] <= '9') || strchr("._-", text[i]);

		if (!good)
			return false;
	}
	return len > 0 && len < IMAGE_PLATFORM_SIZE;
}

/* The variants that every machine of an architecture has need not be named. */
static const char *normal_variant(const char *architecture, const char *variant)
{
	if (strcmp(architecture, "amd64") == 0 && strcmp(variant, "v1") == 0)
		return "";
	if (strcmp(architecture, "arm64") == 0 && strcmp(variant, "v8") == 0)
		return "";
	return variant;
}

int image_platform_parse(const char *text, struct image_platform *ret_platform, struct err *err)
{
	struct image_platform platform = {.variant = ""};
	size_t os_len = strcspn(text, "/");
	const char *architecture = text[os_len] ? text + os_len + 1 : "";
	size_t architecture_len = strcspn(architecture, "/");
	const char *variant =
		architecture[architecture_len] ? architecture + architecture_len + 1 : NULL;

	if (!is_word(text, os_len) || !is_word(architecture, architecture_len) ||
	    (variant && !is_word(variant, strlen(variant))))
		return err_set(err, ERR_INVALID, "platform must be OS/ARCHITECTURE[/VARIANT]");
	memcpy(platform.os, text, os_len);
	memcpy(platform.architecture, architecture, architecture_len);
	if (variant) {
		variant = normal_variant(platform.architecture, variant);
		memcpy(platform.variant, variant, strlen(variant));
	}
	*ret_platform = platform;
	return 0;
}

char *image_platform_text(const struct image_platform *platform, char ret[IMAGE_PLATFORM_TEXT_SIZE])
{
	int wrote = snprintf(ret, IMAGE_PLATFORM_TEXT_SIZE, "%s/%s%s%s", platform->os,
			     platform->architecture, platform->variant[0] ? "/" : "",
			     platform->variant);

	(void)wrote; /* three parts and two slashes fit by their sizes */
	return ret;
}

static bool same_word(const char *theirs, const char *ours)
{
	return theirs && strcmp(theirs, ours) == 0;
}

static bool platform_matches(const struct platform_shape *theirs,
			     const struct image_platform *platform)
{
	const char *variant = theirs->variant ? theirs->variant : "";

	return same_word(theirs->os, platform->os) &&
	       same_word(theirs->architecture, platform->architecture) &&
	       strcmp(normal_variant(theirs->architecture, variant), platform->variant) == 0;
}

static int take_blob(const struct descriptor *descriptor, const char *what,
		     struct image_blob *ret_blob, struct err *err)
{
	if (!image_digest_is_valid(descriptor->digest))
		return err_set(err, ERR_INVALID,
			       "image manifest: the digest of %s must be a "
			       "SHA-256 digest",
			       what);
	memcpy(ret_blob->digest, descriptor->digest, IMAGE_DIGEST_SIZE);
	ret_blob->size_bytes = descriptor->size_bytes;
	return 0;
}

/* Signatures, provenance and lists of contents stand beside images in an index. */
static bool is_attestation(const struct descriptor *descriptor)
{
	return json_object_get(descriptor->annotations, "vnd.docker.reference.type") != NULL;
}

static int choose_child(const struct document *from, const struct image_platform *platform,
			struct image_document *document, struct err *err)
{
	const struct descriptor *children = from->children.items;
	bool nested = false;
	char text[IMAGE_PLATFORM_TEXT_SIZE];

	for (size_t i = 0; i < from->children.count; i++) {
		enum media media = media_of(children[i].media_type);

		nested = nested || media == MEDIA_INDEX;
		if (media != MEDIA_MANIFEST || !children[i].has_platform ||
		    is_attestation(&children[i]) ||
		    !platform_matches(&children[i].platform, platform))
			continue;
		if (children[i].size_bytes > IMAGE_DOCUMENT_MAX)
			return err_set(err, ERR_LIMIT, "image manifest is larger than %u bytes",
				       IMAGE_DOCUMENT_MAX);
		return take_blob(&children[i], "a manifest", &document->child, err);
	}
	if (nested)
		return err_set(err, ERR_UNSUPPORTED,
			       "image index within an image index is not supported");
	return err_set(err, ERR_NOT_FOUND, "%s '%s'", no_platform,
		       image_platform_text(platform, text));
}

static int take_layers(const struct document *from, struct image_document *document,
		       struct err *err)
{
	const struct descriptor *layers = from->layers.items;

	if (from->layers.count > IMAGE_LAYERS_MAX)
		return err_set(err, ERR_LIMIT, "image has %zu layers, more than %d",
			       from->layers.count, IMAGE_LAYERS_MAX);
	for (size_t i = 0; i < from->layers.count; i++) {
		switch (media_of(layers[i].media_type)) {
		case MEDIA_LAYER:
			break;
		case MEDIA_FOREIGN_LAYER:
			return err_set(err, ERR_UNSUPPORTED,
				       "image has a foreign (non-distributable) layer");
		case MEDIA_ENCRYPTED_LAYER:
			return err_set(err, ERR_UNSUPPORTED, "image has an encrypted layer");
		default:
			return err_set(err, ERR_UNSUPPORTED,
				       "image has a layer of an unknown media type: it is no "
				       "container image");
		}
		if (take_blob(&layers[i], "a layer", &document->layers[i], err) < 0)
			return -1;
	}
	document->layer_count = from->layers.count;
	return 0;
}

static int take_manifest(const struct document *from, struct image_document *document,
			 struct err *err)
{
	if (!from->has_config || !from->layers.present)
		return err_set(err, ERR_INVALID, "image manifest: config and layers are required");
	if (media_of(from->config.media_type) != MEDIA_CONFIG)
		return err_set(err, ERR_UNSUPPORTED,
			       "image manifest has a config of an unknown media type: it is no "
			       "container image");
	if (from->config.size_bytes > IMAGE_DOCUMENT_MAX)
		return err_set(err, ERR_LIMIT, "image config is larger than %u bytes",
			       IMAGE_DOCUMENT_MAX);
	if (take_blob(&from->config, "the config", &document->config, err) < 0)
		return -1;
	return take_layers(from, document, err);
}

static int find_kind(const struct document *from, enum image_document_kind *ret_kind,
		     struct err *err)
{
	bool like_index = from->children.present;
	bool like_manifest = from->has_config || from->layers.present;
	enum media media = MEDIA_OTHER;

	if (from->media_type && from->media_type[0])
		media = media_of(from->media_type);
	else if (from->schema_version == 1 || from->fs_layers)
		media = MEDIA_SCHEMA1;
	else if (like_index != like_manifest)
		media = like_index ? MEDIA_INDEX : MEDIA_MANIFEST;
	if (media == MEDIA_SCHEMA1)
		return err_set(err, ERR_UNSUPPORTED,
			       "image manifest of schema 1 is not supported: build or push the "
			       "image again with a tool of today");
	if (from->schema_version != 2)
		return err_set(err, ERR_INVALID, "image manifest: schemaVersion must be 2");
	if (like_index && like_manifest)
		return err_set(err, ERR_INVALID,
			       "image manifest: must not be an index and a manifest at once");
	if ((media == MEDIA_INDEX && like_index) || (media == MEDIA_MANIFEST && like_manifest)) {
		*ret_kind = like_index ? IMAGE_DOCUMENT_INDEX : IMAGE_DOCUMENT_MANIFEST;
		return 0;
	}
	if (media == MEDIA_INDEX || media == MEDIA_MANIFEST)
		return err_set(err, ERR_INVALID,
			       "image manifest: its members do not fit its mediaType");
	return err_set(err, ERR_UNSUPPORTED,
		       "image manifest is of an unknown kind: it is no "
		       "container image");
}

int image_document_parse(const char *text, size_t len, const struct image_platform *platform,
			 struct image_document *ret_document, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(PARSE_MEMORY_MAX);
	AUTO(json_decrefp) json_t *json = NULL;
	AUTO(freep) struct image_document *document = xcalloc(1, sizeof(*document));
	struct document from;

	if (len > IMAGE_DOCUMENT_MAX)
		return err_set(err, ERR_LIMIT, "image manifest is larger than %u bytes",
			       IMAGE_DOCUMENT_MAX);
	if (shape_parse(text, len, &json, err) < 0 ||
	    shape_fill(&document_shape, json, arena, &from, err) < 0)
		return err_wrap(err, "image manifest");
	if (find_kind(&from, &document->kind, err) < 0)
		return -1;
	if (document->kind == IMAGE_DOCUMENT_INDEX
		    ? choose_child(&from, platform, document, err) < 0
		    : take_manifest(&from, document, err) < 0)
		return -1;
	*ret_document = *document;
	return 0;
}

/* Builders that leave the platform out mean their own, and that was checked by no
 * one; what is said must be right. */
static int check_config_platform(const struct platform_shape *theirs,
				 const struct image_platform *platform, struct err *err)
{
	bool says_os = theirs->os && theirs->os[0];
	bool says_architecture = theirs->architecture && theirs->architecture[0];
	char text[IMAGE_PLATFORM_TEXT_SIZE];

	if ((says_os && strcmp(theirs->os, platform->os) != 0) ||
	    (says_architecture && strcmp(theirs->architecture, platform->architecture) != 0))
		return err_set(err, ERR_NOT_FOUND, "%s '%s'", no_platform,
			       image_platform_text(platform, text));
	return 0;
}

int image_config_parse(const char *text, size_t len, const struct image_platform *platform,
		       struct arena *arena, json_t **ret_json, struct image_config *ret_config,
		       struct err *err)
{
	AUTO(json_decrefp) json_t *json = NULL;
	const char *const *diff_ids;
	struct config from;

	if (len > IMAGE_DOCUMENT_MAX)
		return err_set(err, ERR_LIMIT, "image config is larger than %u bytes",
			       IMAGE_DOCUMENT_MAX);
	if (shape_parse(text, len, &json, err) < 0 ||
	    shape_fill(&config_shape, json, arena, &from, err) < 0)
		return err_wrap(err, "image config");
	if (strcmp(from.rootfs.type, "layers") != 0)
		return err_set(err, ERR_UNSUPPORTED, "image config: rootfs.type must be layers");
	diff_ids = from.rootfs.diff_ids.items;
	for (size_t i = 0; i < from.rootfs.diff_ids.count; i++) {
		if (!image_digest_is_valid(diff_ids[i]))
			return err_set(
				err, ERR_INVALID,
				"image config: rootfs.diff_ids[%zu] must be a SHA-256 digest", i);
	}
	if (check_config_platform(&from.platform, platform, err) < 0)
		return -1;
	ret_config->settings = from.settings;
	ret_config->diff_id_count = from.rootfs.diff_ids.count;
	for (size_t i = 0; i < from.rootfs.diff_ids.count; i++)
		memcpy(ret_config->diff_ids[i], diff_ids[i], IMAGE_DIGEST_SIZE);
	*ret_json = STEAL(json, NULL);
	return 0;
}
