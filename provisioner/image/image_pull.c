/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps: ask the registry what the reference leads to now (an index is followed
 * to the manifest for our platform), look whether that image is in the cache, else
 * fetch its blobs by digest, check them, flatten them, take the file in.
 *
 * A tag is asked for every time: it may lead elsewhere today. A reference with a
 * digest is not, once it was answered: the registry has said that this name has that
 * content, and content does not change. (Who knows a digest but was never let in by
 * the name's registry gets nothing: records are kept by name and digest.)
 *
 * Whatever number of pulls want one image, one makes it and the others wait at its lock.
 */
#include "provisioner/image/image_pull.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/digest.h"
#include "core/file.h"
#include "provisioner/image/image_fault.h"
#include "provisioner/image/image_fetch.h"
#include "provisioner/image/image_squash.h"

#define CONFIG_MEMORY_MAX (16u * 1024 * 1024) /* structs for a config of 4 MiB */

/* All that one pull holds. */
struct run {
	const struct image_pull *pull;
	struct image_reference reference;
	struct image_platform platform;
	struct image_cache cache;
	struct image_registry source;
	enum image_stage stage; /* where a failure is one of */
	int64_t end_ns;
	int door_fd, work_fd, lock_fd;
	char *work;			 /* our folder; NULL until something is to be fetched */
	char *home;			 /* skopeo's, in it */
	struct image_record record;	 /* what the reference leads to */
	struct image_document *document; /* the manifest, once it is read */
	struct image_phases phases;
};

static void run_done(struct run *run)
{
	struct err ignored;

	/* What stays behind is swept at the next start. */
	if (run->work)
		(void)!file_remove_tree(run->work, &ignored);
	free(run->work);
	free(run->home);
	free(run->document);
	fd_closep(&run->lock_fd);
	fd_closep(&run->work_fd);
	fd_closep(&run->door_fd);
	image_cache_done(&run->cache);
}

static int make_work(struct run *run, struct err *err)
{
	if (run->work)
		return 0;
	if (image_cache_work(&run->cache, &run->work, &run->work_fd, err) < 0)
		return -1;
	run->home = xasprintf("%s/home", run->work);
	run->source.dir = run->home;
	return file_make_dir(run->home, 0700, err);
}

static void digest_of(const struct buf *bytes, char ret[IMAGE_DIGEST_SIZE])
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(bytes->data, bytes->len, hex);
	(void)snprintf(ret, IMAGE_DIGEST_SIZE, "sha256:%s", hex);
}

/* Fetch and read a manifest or index. @digest: the one it must have; "" or NULL: any. */
static int fetch_document(struct run *run, const char *digest, char ret_digest[IMAGE_DIGEST_SIZE],
			  struct image_document *ret_document, struct err *err)
{
	AUTO(buf_done) struct buf bytes;
	char found[IMAGE_DIGEST_SIZE];

	buf_init(&bytes, IMAGE_DOCUMENT_MAX);
	if (image_fetch_manifest(&run->source, digest, &bytes, err) < 0)
		return -1;
	digest_of(&bytes, found);
	if (digest && strcmp(found, digest) != 0)
		return err_set(err, ERR_CORRUPT, "the registry's answer for %s has digest %s",
			       digest, found);
	memcpy(ret_digest, found, IMAGE_DIGEST_SIZE);
	return image_document_parse((const char *)bytes.data, bytes.len, &run->platform,
				    ret_document, err);
}

/* Ask the registry what the reference leads to. */
static int resolve(struct run *run, struct err *err)
{
	AUTO(freep) struct image_document *top = xcalloc(1, sizeof(*top));
	const char *wanted = run->reference.digest[0] ? run->reference.digest : NULL;

	run->stage = IMAGE_STAGE_RESOLVE;
	if (make_work(run, err) < 0 ||
	    fetch_document(run, wanted, run->record.digest, top, err) < 0)
		return -1;
	if (top->kind == IMAGE_DOCUMENT_INDEX) {
		memcpy(run->record.manifest, top->child.digest, IMAGE_DIGEST_SIZE);
		return 0;
	}
	memcpy(run->record.manifest, run->record.digest, IMAGE_DIGEST_SIZE);
	run->document = STEAL(top, NULL);
	return 0;
}

/* The manifest behind an index is asked for only if its image is not there yet. */
static int fetch_manifest(struct run *run, struct err *err)
{
	char digest[IMAGE_DIGEST_SIZE];

	if (run->document)
		return 0;
	run->document = xcalloc(1, sizeof(*run->document));
	if (fetch_document(run, run->record.manifest, digest, run->document, err) < 0)
		return -1;
	if (run->document->kind != IMAGE_DOCUMENT_MANIFEST)
		return err_set(err, ERR_INVALID, "an image index leads to another index");
	return 0;
}

static int check_sizes(const struct run *run, int64_t *ret_largest, struct err *err)
{
	const struct image_document *document = run->document;
	int64_t total = 0; /* 129 times IMAGE_BLOB_MAX fits */

	*ret_largest = document->config.size_bytes;
	for (size_t i = 0; i < document->layer_count; i++) {
		int64_t size_bytes = document->layers[i].size_bytes;

		total += size_bytes;
		if (size_bytes > *ret_largest)
			*ret_largest = size_bytes;
	}
	if (total > run->pull->bytes_max)
		return err_set(err, ERR_LIMIT, "image is larger than %lld bytes",
			       (long long)run->pull->bytes_max);
	return 0;
}

static int read_config(const struct run *run, const char *blobs, struct arena *arena,
		       json_t **ret_json, struct image_config *ret_config, struct err *err)
{
	const struct image_blob *blob = &run->document->config;
	AUTO(freep) char *path = xasprintf("%s/%s", blobs, blob->digest + strlen("sha256:"));
	AUTO(buf_done) struct buf bytes;
	char found[IMAGE_DIGEST_SIZE];

	buf_init(&bytes, IMAGE_DOCUMENT_MAX);
	if (file_read(path, &bytes, err) < 0)
		return err_wrap(err, "image config");
	digest_of(&bytes, found);
	if (strcmp(found, blob->digest) != 0)
		return err_set(err, ERR_CORRUPT,
			       "image config: its bytes have another digest than the manifest's");
	if (image_config_parse((const char *)bytes.data, bytes.len, &run->platform, arena, ret_json,
			       ret_config, err) < 0)
		return -1;
	if (ret_config->diff_id_count != run->document->layer_count)
		return err_set(err, ERR_INVALID,
			       "image config: rootfs.diff_ids has %zu members for %zu layers",
			       ret_config->diff_id_count, run->document->layer_count);
	return 0;
}

static int flatten(struct run *run, const char *blobs, const struct image_config *config,
		   struct err *err)
{
	AUTO(freep) char *made = xasprintf("%s/made", run->work);
	AUTO(freep) char *path = xasprintf("%s/image.squashfs", made);
	const struct image_squash squash = {
		.stack = {.dir = blobs,
			  .layers = run->document->layers,
			  .diff_ids = config->diff_ids,
			  .count = run->document->layer_count,
			  .bytes_max = run->pull->bytes_max},
		.dir = made,
		.path = path,
		.end_ns = run->end_ns,
	};

	if (file_make_dir(made, 0700, err) < 0 || image_squash(&squash, err) < 0)
		return -1;
	return image_cache_commit(&run->cache, run->record.manifest, &run->platform, path,
				  &config->settings, err);
}

/* Make the image, under its lock. */
static int make_image(struct run *run, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(CONFIG_MEMORY_MAX);
	AUTO(freep) struct image_config *config = xcalloc(1, sizeof(*config));
	AUTO(freep) char *blobs = NULL;
	AUTO(json_decrefp) json_t *json = NULL;
	int64_t start_ns = clock_boot_ns();
	int64_t largest;

	if (make_work(run, err) < 0 || fetch_manifest(run, err) < 0)
		return -1;
	run->stage = IMAGE_STAGE_PULL;
	run->source.tries = 0;
	blobs = xasprintf("%s/blobs", run->work);
	if (check_sizes(run, &largest, err) < 0)
		return -1;
	if (image_fetch_blobs(&run->source, run->record.manifest, blobs, largest, err) < 0)
		return err_wrap(err, "failed to copy");
	if (read_config(run, blobs, arena, &json, config, err) < 0)
		return -1;
	run->phases.fetch_ms = clock_ms_since(start_ns);
	start_ns = clock_boot_ns();
	if (flatten(run, blobs, config, err) < 0)
		return -1;
	run->phases.flatten_ms = clock_ms_since(start_ns);
	return 0;
}

/* Answer from the cache if the image of run->record is there. */
static int answer(struct run *run, bool cached, struct buf *out, struct err *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new(CONFIG_MEMORY_MAX);
	AUTO(json_decrefp) json_t *json = NULL;
	AUTO(freep) char *path = NULL;
	struct image_answer found;

	if (image_cache_find(&run->cache, run->record.manifest, &run->platform, arena, &json, &path,
			     &found, err) < 0)
		return -1;
	found.digest = run->record.digest;
	found.cached = cached;
	found.phases = run->phases;
	return image_answer_write(&found, out, err);
}

static int lock_image(struct run *run, struct err *err)
{
	return image_cache_lock(&run->cache, run->record.manifest, run->end_ns, &run->lock_fd, err);
}

/* What the cache alone knows about the reference; ERR_NOT_FOUND if that is not enough. */
static int answer_from_memory(struct run *run, struct buf *out, struct err *err)
{
	if (image_cache_recall(&run->cache, &run->reference, &run->platform, &run->record, err) < 0)
		return -1;
	if (run->reference.digest[0] && strcmp(run->reference.digest, run->record.digest) != 0)
		return err_set(err, ERR_NOT_FOUND, "the record is of another image");
	if (lock_image(run, err) < 0)
		return -1;
	if (answer(run, true, out, err) == 0)
		return 0;
	fd_closep(&run->lock_fd);
	return -1;
}

/* Ask the registry, and make the image unless it is there. */
static int answer_by_registry(struct run *run, struct buf *out, struct err *err)
{
	int64_t start_ns = clock_boot_ns();
	struct err miss;

	if (resolve(run, err) < 0)
		return -1;
	run->phases.resolve_ms = clock_ms_since(start_ns);
	if (lock_image(run, err) < 0)
		return -1;
	if (answer(run, true, out, &miss) < 0) {
		if (miss.code != ERR_NOT_FOUND) {
			*err = miss;
			return -1;
		}
		if (make_image(run, err) < 0 || answer(run, false, out, err) < 0)
			return -1;
	}
	return image_cache_remember(&run->cache, &run->reference, &run->platform, &run->record,
				    err);
}

static int pull_image(struct run *run, struct buf *out, struct err *err)
{
	struct err miss;

	if (!run->reference.digest[0] && !run->pull->cached_only)
		return answer_by_registry(run, out, err);
	if (answer_from_memory(run, out, &miss) == 0)
		return 0;
	if (miss.code != ERR_NOT_FOUND) {
		*err = miss;
		return -1;
	}
	if (run->pull->cached_only)
		return err_set(err, ERR_NOT_FOUND, "it is not in the cache");
	return answer_by_registry(run, out, err);
}

int image_pull(const struct image_pull *pull, struct buf *out, struct err *err)
{
	AUTO(run_done)
	struct run run = {
		.pull = pull,
		.door_fd = -1,
		.work_fd = -1,
		.lock_fd = -1,
		.end_ns = clock_boot_ns() + pull->deadline_ms * 1000000,
		.source = {.auth_file = pull->auth_file, .plain_http = pull->plain_http},
	};

	if (image_reference_parse(pull->reference, &run.reference, err) < 0)
		return err_wrap(err, IMAGE_ERROR_PREFIX "invalid reference format");
	run.source.reference = &run.reference;
	run.source.end_ns = run.end_ns;
	if (image_platform_parse(pull->platform, &run.platform, err) < 0 ||
	    image_cache_open(pull->cache, &run.cache, err) < 0 ||
	    image_cache_enter(&run.cache, &run.door_fd, err) < 0 ||
	    pull_image(&run, out, err) < 0) {
		image_fault_finish(run.stage, &run.reference, run.source.tries, err);
		return -1;
	}
	return 0;
}
