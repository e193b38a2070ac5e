/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lower layers first, since they are unpacked first; the config before them all, since it
 * is small and says what the layers must become. Each blob has its state here and at most
 * one call under way.
 *
 * A blob that breaks off is asked for again from where it was, after a pause in which the
 * others go on. Progress is what counts: only failures without a byte in between exhaust the
 * patience, each blob's own. No blob gets longer than the manifest says.
 */
#include "provisioner/image/image_fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "core/clock.h"
#include "core/digest.h"
#include "provisioner/image/image_blocks.h"

#define AT_ONCE	   4	/* calls under way: more do not make a line faster */
#define SLICE_MS   500	/* between two looks at the deadline */
#define BREAKS_MAX 1000 /* of one blob, with progress in between */

struct blob {
	const struct image_blob *wanted;
	struct pull *pull;
	size_t first; /* layer with this digest; unused for the config */
	bool is_config, finished;
	int fd;		/* -1 for the config */
	struct buf *to; /* of the config */
	int64_t got;
	int64_t got_before; /* the last failure */
	unsigned breaks;
	unsigned tries;		      /* since its last byte */
	int64_t not_before_ns;	      /* by the boot-time clock; it pauses until then */
	struct image_http_call *call; /* NULL: none under way */
	unsigned generation;	      /* of the call */
};

struct pull {
	const struct image_fetch *fetch;
	struct blob blobs[1 + IMAGE_LAYERS_MAX];
	size_t count, under_way, finished;
	struct buf config;
	bool unwanted; /* the watched descriptor is readable */
};

static char *layer_path(const struct image_fetch *fetch, size_t layer)
{
	return xasprintf("%s/%s", fetch->dir,
			 fetch->document->layers[layer].digest + strlen("sha256:"));
}

/* The first layer with the same digest as @layer, perhaps itself. */
static size_t first_like(const struct image_document *document, size_t layer)
{
	size_t first = 0;

	while (strcmp(document->layers[first].digest, document->layers[layer].digest) != 0)
		first++;
	return first;
}

int image_fetch_prepare(const struct image_fetch *fetch, struct err *err)
{
	for (size_t i = 0; i < fetch->document->layer_count; i++) {
		AUTO(freep) char *path = layer_path(fetch, i);
		AUTO(fd_closep)
		int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd < 0)
			return err_sys(err, errno, "create a file for a layer");
	}
	return 0;
}

/* --- what comes --- */

static int store(struct blob *blob, const void *bytes, size_t len, struct err *err)
{
	const struct image_fetch *fetch = blob->pull->fetch;

	if (blob->is_config)
		return buf_append(blob->to, bytes, len, err);
	if (image_blocks_write(blob->fd, bytes, len, (uint64_t)blob->got, err) < 0)
		return -1;
	for (size_t i = blob->first; i < fetch->document->layer_count; i++) {
		if (strcmp(fetch->document->layers[i].digest, blob->wanted->digest) == 0)
			image_arrival_add(fetch->arrival, i, (int64_t)len);
	}
	return 0;
}

static int on_bytes(void *ctx, const void *bytes, size_t len, struct err *err)
{
	struct blob *blob = ctx;

	if ((int64_t)len > blob->wanted->size_bytes - blob->got)
		return err_set(err, ERR_CORRUPT, "blob %s is longer than the manifest says",
			       blob->wanted->digest);
	if (store(blob, bytes, len, err) < 0)
		return -1;
	blob->got += (int64_t)len;
	return 0;
}

static int check_config(const struct blob *blob, struct err *err)
{
	const struct image_fetch *fetch = blob->pull->fetch;
	char hex[SHA256_HEX_SIZE];

	sha256_hex(blob->to->data, blob->to->len, hex);
	if (strcmp(hex, blob->wanted->digest + strlen("sha256:")) != 0)
		return err_set(err, ERR_CORRUPT,
			       "image config: its bytes have another digest than the manifest's");
	return fetch->on_config(fetch->ctx, blob->to, err);
}

/* --- calls --- */

static int start(struct blob *blob, struct err *err)
{
	struct image_registry *registry = blob->pull->fetch->registry;

	blob->generation = image_registry_generation(registry);
	if (image_registry_blob(registry, blob->wanted->digest, blob->got, on_bytes, blob,
				&blob->call, err) < 0)
		return -1;
	blob->pull->under_way++;
	return 0;
}

static void stop(struct blob *blob)
{
	if (!blob->call)
		return;
	image_http_free(blob->call);
	blob->call = NULL;
	blob->pull->under_way--;
}

static int finish(struct blob *blob, struct err *err)
{
	blob->finished = true;
	blob->pull->finished++;
	fd_closep(&blob->fd);
	return blob->is_config ? check_config(blob, err) : 0;
}

/* It failed: may it be asked for again? Then it pauses. */
static bool may_go_on(struct blob *blob, enum image_again again)
{
	int64_t pause_ms;

	if (again == IMAGE_AGAIN_NO || ++blob->breaks > BREAKS_MAX)
		return false;
	if (again == IMAGE_AGAIN_SIGNED)
		return true;
	if (blob->got > blob->got_before)
		blob->tries = 1;
	blob->got_before = blob->got;
	if (!image_registry_pause(blob->pull->fetch->registry, blob->tries, &pause_ms))
		return false;
	blob->tries++;
	blob->not_before_ns = clock_boot_ns() + pause_ms * 1000000;
	return true;
}

/* All bytes are there. What the connection did behind them is no matter: the digest decides. */
static bool is_whole(const struct blob *blob, const struct image_http_answer *answer, int result)
{
	return blob->got > 0 && blob->got == blob->wanted->size_bytes &&
	       (result < 0 ? answer->transient : answer->status == 200);
}

/* Its call has ended: it is whole, or to be gone on with, or the image cannot be had. */
static int settle(struct blob *blob, const struct image_http_answer *answer, int result,
		  struct err *err)
{
	struct image_registry *registry = blob->pull->fetch->registry;
	enum image_again again;

	if (is_whole(blob, answer, result)) {
		err_clear(err);
		stop(blob);
		return finish(blob, err);
	}
	result = image_registry_judge(registry, answer, result, blob->generation, &again, err);
	stop(blob);
	if (result == 0 && blob->got == blob->wanted->size_bytes)
		return finish(blob, err);
	if (result == 0) {
		(void)err_set(err, ERR_UNAVAILABLE, "blob %s: unexpected EOF",
			      blob->wanted->digest);
		again = IMAGE_AGAIN_LATER;
	}
	if (may_go_on(blob, again))
		return 0;
	image_registry_set_tries(registry, blob->tries);
	return -1;
}

/* Start what is to be started; *ret_wait_ms: until the next may be. */
static int start_some(struct pull *pull, int *ret_wait_ms, struct err *err)
{
	int64_t now_ns = clock_boot_ns();

	*ret_wait_ms = SLICE_MS;
	for (size_t i = 0; i < pull->count && pull->under_way < AT_ONCE; i++) {
		struct blob *blob = &pull->blobs[i];
		int64_t left_ms = (blob->not_before_ns - now_ns + 999999) / 1000000;

		if (blob->finished || blob->call)
			continue;
		if (left_ms <= 0 && start(blob, err) < 0)
			return -1;
		if (left_ms > 0 && left_ms < *ret_wait_ms)
			*ret_wait_ms = (int)left_ms;
	}
	return 0;
}

static int step(struct pull *pull, struct err *err)
{
	const struct image_fetch *fetch = pull->fetch;
	int wait_ms;

	if (start_some(pull, &wait_ms, err) < 0)
		return -1;
	if (clock_boot_ns() >= fetch->end_ns)
		return err_set(err, ERR_TIMEOUT, "context deadline exceeded");
	if (image_http_work(image_registry_http(fetch->registry), fetch->watch_fd, wait_ms,
			    &pull->unwanted, err) < 0)
		return -1;
	for (size_t i = 0; i < pull->count; i++) {
		struct blob *blob = &pull->blobs[i];
		const struct image_http_answer *answer;
		int result;

		if (blob->call && image_http_ended(blob->call, &answer, &result, err) &&
		    settle(blob, answer, result, err) < 0)
			return -1;
	}
	return 0;
}

static int add_layers(struct pull *pull, struct err *err)
{
	const struct image_document *document = pull->fetch->document;

	for (size_t i = 0; i < document->layer_count; i++) {
		struct blob *blob = &pull->blobs[pull->count];
		AUTO(freep) char *path = NULL;

		if (first_like(document, i) != i)
			continue; /* comes with the other */
		path = layer_path(pull->fetch, i);
		*blob = (struct blob){
			.wanted = &document->layers[i], .pull = pull, .first = i, .tries = 1};
		blob->fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
		if (blob->fd < 0)
			return err_sys(err, errno, "open a layer's file");
		pull->count++;
	}
	return 0;
}

int image_fetch_run(const struct image_fetch *fetch, struct err *err)
{
	struct pull *pull = xcalloc(1, sizeof(*pull));
	int result;

	pull->fetch = fetch;
	buf_init(&pull->config, IMAGE_DOCUMENT_MAX);
	pull->blobs[0] = (struct blob){.wanted = &fetch->document->config,
				       .pull = pull,
				       .is_config = true,
				       .tries = 1,
				       .fd = -1,
				       .to = &pull->config};
	pull->count = 1;
	result = add_layers(pull, err);
	while (result == 0 && pull->finished < pull->count && !pull->unwanted)
		result = step(pull, err);
	for (size_t i = 0; i < pull->count; i++) {
		stop(&pull->blobs[i]);
		fd_closep(&pull->blobs[i].fd);
	}
	buf_done(&pull->config);
	free(pull);
	return result;
}
