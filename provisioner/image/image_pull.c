/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps: ask the registry what the reference leads to now (an index is followed
 * to the manifest for our platform), look whether that image is in the cache, else
 * fetch its blobs by digest while a child checks, unpacks and merges what has come, and
 * take the finished file in. The child is made first of all, before a password is read.
 *
 * A tag is asked for every time: it may lead elsewhere today. A reference with a
 * digest is not, once its registry answered without a password: this name has that
 * content for everybody, and content does not change. What was given for a password is
 * asked for again with each caller's own: who knows a digest but is not let in by the
 * name's registry gets nothing, whoever was let in before.
 *
 * Whatever number of pulls want one image, one makes it and the others wait at its lock.
 */
#include "provisioner/image/image_pull.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/digest.h"
#include "core/file.h"
#include "core/isolate.h"
#include "provisioner/image/image_fault.h"
#include "provisioner/image/image_fetch.h"
#include "provisioner/image/image_maker.h"

#define CONFIG_MEMORY_MAX (16u * 1024 * 1024) /* structs for a config of 4 MiB */

/* All that one pull holds. */
struct run {
	const struct image_pull *pull;
	struct image_reference reference;
	struct image_platform platform;
	struct image_cache cache;
	struct image_registry *registry; /* NULL until it is asked */
	struct image_maker *maker;	 /* its child waits or works; or NULL */
	enum image_stage stage;		 /* where a failure is one of */
	int64_t end_ns;
	int door_fd, work_fd, lock_fd;
	char *work;	    /* our folder; NULL until a registry is asked */
	char *blobs, *disk; /* in it: folder of layers, the file that is made */
	int disk_fd;
	struct image_record record;	 /* what the reference leads to */
	struct image_document *document; /* the manifest, once it is read */
	struct image_phases phases;
};

static void run_done(struct run *run)
{
	struct err ignored;

	image_maker_free(run->maker);
	image_registry_close(run->registry);
	fd_closep(&run->disk_fd);
	/* What stays behind is swept at the next start. */
	if (run->work)
		(void)!file_remove_tree(run->work, &ignored);
	free(run->work);
	free(run->blobs);
	free(run->disk);
	free(run->document);
	fd_closep(&run->lock_fd);
	fd_closep(&run->work_fd);
	fd_closep(&run->door_fd);
	image_cache_done(&run->cache);
}

/* From here on we read the internet, and see of the file system the cache, the passwords that
 * are for this pull, and what reaching a registry needs: libraries, names, certificates. */
static int wall_in(const struct image_pull *pull, struct err *err)
{
	const char *const readable[] = {
		"/etc",
		"/usr",
		"/run/systemd/resolve", /* where a link in /etc may lead */
		"/run/NetworkManager",
		"/run/resolvconf",
		pull->auth_file,
		getenv("SSL_CERT_FILE"),
		getenv("SSL_CERT_DIR"),
	};
	struct isolate_path paths[1 + ARRAY_LEN(readable)] = {{.path = pull->cache, .write = true}};
	size_t count = 1;
	bool walled;

	for (size_t i = 0; i < ARRAY_LEN(readable); i++) {
		if (readable[i] && readable[i][0] && access(readable[i], R_OK) == 0)
			paths[count++].path = readable[i];
	}
	/* A kernel without Landlock has one wall less: we are a user without power all the same. */
	return isolate_files(paths, count, &walled, err);
}

/* The folder for this pull, the child, and then the way to the registry. */
static int prepare(struct run *run, struct err *err)
{
	const struct image_registry_options options = {.reference = &run->reference,
						       .auth_file = run->pull->auth_file,
						       .plain_http = run->pull->plain_http,
						       .end_ns = run->end_ns};

	if (image_cache_work(&run->cache, &run->work, &run->work_fd, err) < 0)
		return -1;
	run->blobs = xasprintf("%s/blobs", run->work);
	run->disk = xasprintf("%s/image.squashfs", run->work);
	if (file_make_dir(run->blobs, 0700, err) < 0)
		return -1;
	run->disk_fd = open(run->disk, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (run->disk_fd < 0)
		return err_sys(err, errno, "create %s", run->disk);
	if (image_maker_start(run->blobs, run->disk_fd, run->pull->bytes_max, &run->maker, err) <
		    0 ||
	    wall_in(run->pull, err) < 0)
		return -1;
	return image_registry_open(&options, &run->registry, err);
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
	if (image_registry_manifest(run->registry, digest, &bytes, err) < 0)
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
	if (prepare(run, err) < 0 || fetch_document(run, wanted, run->record.digest, top, err) < 0)
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

static int check_sizes(const struct run *run, struct err *err)
{
	const struct image_document *document = run->document;
	int64_t total = 0; /* 129 times IMAGE_BLOB_MAX fits */

	for (size_t i = 0; i < document->layer_count; i++) {
		total += document->layers[i].size_bytes;
		for (size_t j = 0; j < i; j++) {
			if (strcmp(document->layers[i].digest, document->layers[j].digest) == 0 &&
			    document->layers[i].size_bytes != document->layers[j].size_bytes)
				return err_set(err, ERR_INVALID,
					       "image manifest: one layer has two sizes");
		}
	}
	if (total > run->pull->bytes_max)
		return err_set(err, ERR_LIMIT, "image is larger than %lld bytes",
			       (long long)run->pull->bytes_max);
	if (document->config.size_bytes > IMAGE_DOCUMENT_MAX)
		return err_set(err, ERR_LIMIT, "image config is larger than %u bytes",
			       IMAGE_DOCUMENT_MAX);
	return 0;
}

/* The config, once it has come. */
struct reading {
	struct run *run;
	struct arena *arena;
	json_t *json;
	struct image_config config;
};

static void reading_free(struct reading **reading)
{
	json_decref((*reading)->json);
	arena_free((*reading)->arena);
	free(*reading);
}

/* Now it is known what the layers must become: tell the child. */
static int on_config(void *ctx, const struct buf *bytes, struct err *err)
{
	struct reading *reading = ctx;
	const struct run *run = reading->run;
	struct image_arrival *arrival = image_maker_arrival(run->maker);
	const struct image_config *config = &reading->config;

	if (image_config_parse((const char *)bytes->data, bytes->len, &run->platform,
			       reading->arena, &reading->json, &reading->config, err) < 0)
		return -1;
	if (config->diff_id_count != run->document->layer_count)
		return err_set(err, ERR_INVALID,
			       "image config: rootfs.diff_ids has %zu members for %zu layers",
			       config->diff_id_count, run->document->layer_count);
	memcpy(arrival->order.diff_ids, config->diff_ids, sizeof(config->diff_ids));
	image_arrival_judge(arrival);
	return 0;
}

static void give_order(const struct run *run)
{
	struct image_arrival *arrival = image_maker_arrival(run->maker);
	struct image_order *order = &arrival->order;

	memcpy(order->layers, run->document->layers, sizeof(order->layers));
	order->count = run->document->layer_count;
	order->bytes_max = run->pull->bytes_max;
	image_arrival_release(arrival);
}

/* Fetch the blobs while the child works on them. */
static int fetch_blobs(struct run *run, struct reading *reading, struct err *err)
{
	const struct image_fetch fetch = {.registry = run->registry,
					  .document = run->document,
					  .dir = run->blobs,
					  .arrival = image_maker_arrival(run->maker),
					  .watch_fd = image_maker_fd(run->maker),
					  .end_ns = run->end_ns,
					  .on_config = on_config,
					  .ctx = reading};

	if (image_fetch_prepare(&fetch, err) < 0)
		return -1;
	give_order(run);
	if (image_fetch_run(&fetch, err) < 0)
		return err_wrap(err, "failed to copy");
	return 0;
}

/* Make the image, under its lock. */
static int make_image(struct run *run, struct err *err)
{
	AUTO(reading_free) struct reading *reading = xcalloc(1, sizeof(*reading));
	int64_t start_ns = clock_boot_ns();

	reading->run = run;
	reading->arena = arena_new(CONFIG_MEMORY_MAX);
	if (fetch_manifest(run, err) < 0)
		return -1;
	run->stage = IMAGE_STAGE_PULL;
	image_registry_set_tries(run->registry, 1);
	if (check_sizes(run, err) < 0 || fetch_blobs(run, reading, err) < 0)
		return -1;
	run->phases.fetch_ms = clock_ms_since(start_ns);
	start_ns = clock_boot_ns();
	if (image_maker_finish(run->maker, run->end_ns, err) < 0)
		return -1;
	if (fsync(run->disk_fd) < 0)
		return err_sys(err, errno, "sync %s", run->disk);
	if (image_cache_commit(&run->cache, run->record.manifest, &run->platform, run->disk,
			       &reading->config.settings, err) < 0)
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
	if (!run->record.open)
		return err_set(err, ERR_NOT_FOUND, "its registry must let the caller in");
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
	run->record.open = !run->pull->auth_file;
	return image_cache_remember(&run->cache, &run->reference, &run->platform, &run->record,
				    err);
}

static int pull_image(struct run *run, struct buf *out, struct err *err)
{
	struct err miss;

	if (!run->reference.digest[0])
		return answer_by_registry(run, out, err);
	if (answer_from_memory(run, out, &miss) == 0)
		return 0;
	if (miss.code != ERR_NOT_FOUND) {
		*err = miss;
		return -1;
	}
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
		.disk_fd = -1,
		.end_ns = clock_boot_ns() + pull->deadline_ms * 1000000,
	};

	if (image_reference_parse(pull->reference, &run.reference, err) < 0)
		return err_wrap(err, IMAGE_ERROR_PREFIX "invalid reference format");
	if (image_platform_parse(pull->platform, &run.platform, err) < 0 ||
	    image_cache_open(pull->cache, &run.cache, err) < 0 ||
	    image_cache_enter(&run.cache, &run.door_fd, err) < 0 ||
	    pull_image(&run, out, err) < 0) {
		image_fault_finish(run.stage, &run.reference,
				   run.registry ? image_registry_tries(run.registry) : 0, err);
		return -1;
	}
	return 0;
}
