/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One repository of one registry: addresses, signing in, retries, refusals. Digests are
 * not looked at here: what comes is not believed.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_REGISTRY_H
#define SLIPWAY_PROVISIONER_IMAGE_REGISTRY_H

#include "core/buf.h"
#include "provisioner/image/image_http.h"
#include "provisioner/image/image_reference.h"

#define IMAGE_REGISTRY_TRIES_MAX 3    /* of a request that may succeed the next time */
#define IMAGE_REGISTRY_PAUSE_MS	 1000 /* before the second try; doubled before the third */

struct image_registry_options {
	const struct image_reference *reference; /* borrowed until the end, as all here */
	const char *auth_file; /* as Docker's config.json; "-": standard input; NULL: no password */
	bool plain_http;       /* the operator allows this host without TLS */
	int64_t end_ns;	       /* by the boot-time clock */
};

struct image_registry;

/* Nothing is asked yet, but the password is read. */
int image_registry_open(const struct image_registry_options *options,
			struct image_registry **ret_registry, struct err *err) MUST_CHECK;
void image_registry_close(struct image_registry *registry); /* takes NULL */

/* How often the last thing was asked for, as the messages say. */
unsigned image_registry_tries(const struct image_registry *registry);
void image_registry_set_tries(struct image_registry *registry, unsigned tries);
/* How long to wait after @tries failures before one more; false: that was enough. */
bool image_registry_pause(const struct image_registry *registry, unsigned tries,
			  int64_t *ret_pause_ms);

/*
 * The bytes of the manifest or index with @digest, or if that is NULL of what the
 * reference names (by digest if it has one), appended to @out.
 */
int image_registry_manifest(struct image_registry *registry, const char *digest, struct buf *out,
			    struct err *err) MUST_CHECK;

/* A call for the blob with @digest from @offset on; for image_fetch.c. */
struct image_http *image_registry_http(struct image_registry *registry);
int image_registry_blob(struct image_registry *registry, const char *digest, int64_t offset,
			int (*take)(void *ctx, const void *bytes, size_t len, struct err *err),
			void *ctx, struct image_http_call **ret_call, struct err *err) MUST_CHECK;
/*
 * What the answer of a call means that was started at @generation: 0; or -1 with @err.
 * *ret_again: whether to ask once more: at once, since it would be signed now; or after
 * image_registry_pause().
 */
enum image_again { IMAGE_AGAIN_NO, IMAGE_AGAIN_SIGNED, IMAGE_AGAIN_LATER };
int image_registry_judge(struct image_registry *registry, const struct image_http_answer *answer,
			 int result, unsigned generation, enum image_again *ret_again,
			 struct err *err) MUST_CHECK;
/* Counts the passwords and tokens that calls have carried so far. */
unsigned image_registry_generation(const struct image_registry *registry);

#endif
