/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images for launches: from a reference to a read-only disk and the image's own
 * settings. The work is done by the program slipway-image as a user without power;
 * this side gives it the credentials that are for its registry and no others, and
 * believes of its answer only what passes image_answer_read(). What it answered is
 * remembered for as long as it is fresh (image_index.h), so most launches need no worker.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_STORE_H
#define SLIPWAY_PROVISIONER_IMAGE_STORE_H

#include <sys/types.h>

#include "core/conf.h"
#include "provisioner/image/image_answer.h"

struct image {
	struct arena *arena; /* owns what the answer borrows, with json */
	json_t *json;
	struct image_answer answer;
	/* Of image_index.c: several may have one image. All zero where nobody shares. */
	struct image *whole; /* whose texts answer borrows; held by this one */
	unsigned holders;    /* how many more than one have this one */
};
void image_free(struct image *image); /* takes NULL */
void image_freep(struct image **image);

/* Whom a registry knows us as. */
struct image_login {
	const char *user, *password;
};

/* Where launches get images from: the seam that tests use. pull() blocks, is
 * called from jobs, several at once, and ends early when *@cancel becomes non-zero.
 * @login: NULL: as it is configured for the registry.
 * ERR_UNAVAILABLE: the text is a reason for the user ("CannotPullContainerError: ..."). */
struct image_source {
	int (*pull)(void *ctx, const char *reference, const struct image_login *login,
		    const volatile int *cancel, struct image **ret_image, struct err *err);
	/* Keep the cache within its limit and clean; blocks. Images with these digests
	 * stay. NULL: nothing to do. */
	int (*tidy)(void *ctx, const char *const *keep, size_t keep_count, struct err *err);
	/* The image if it can be had at once: no process, no network, no waiting, a few
	 * system calls. From any thread, a loop's too. -1: it takes a pull. NULL: it always does.
	 */
	int (*peek)(void *ctx, const char *reference, const struct image_login *login,
		    struct image **ret_image);
	void *ctx;
};

struct image_store_options {
	const char *program;   /* slipway-image */
	const char *cache_dir; /* made, and given to the worker's user */
	int64_t cache_bytes;
	int64_t deadline_ms; /* of one pull */
	int64_t fresh_ms;    /* how long a tag is believed before its registry is asked again */
	uid_t uid;
	gid_t gid;				  /* the worker's; 0: ours (a plain user) */
	const struct conf_map *users, *passwords; /* by registry host; borrowed */
	const char *plain_http;			  /* hosts, comma-separated; borrowed */
	const struct conf_map *mirrors;		  /* see image_mirror.h; borrowed, may be NULL */
};

struct image_store;

int image_store_open(const struct image_store_options *options, struct image_store **ret_store,
		     struct err *err) MUST_CHECK;
void image_store_free(struct image_store *store);
struct image_source image_store_source(struct image_store *store);
/* What is in the cache, as `slipway-image list` prints it, appended to @output. Blocks. */
int image_store_list(const struct image_store *store, struct buf *output, struct err *err)
	MUST_CHECK;

#endif
