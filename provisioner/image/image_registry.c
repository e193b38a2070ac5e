/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The road of the distribution specification: ask; a 401 says how to sign in; Basic takes
 * the password itself, Bearer fetches a token for it and shows that. A token that has
 * run out is fetched again, but not one after the other: two refusals in a row are a no.
 *
 * The password goes to the registry and to where the registry says that tokens are, always
 * with TLS; to a host without TLS only if that is the registry itself, and the operator
 * allowed it.
 */
#include "provisioner/image/image_registry.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/shape.h"
#include "provisioner/image/image_challenge.h"
#include "provisioner/image/image_fault.h"

#define STANDARD_INPUT "/proc/self/fd/0"
#define AUTH_FILE_MAX  (64 * 1024)
#define TOKEN_MAX      (64 * 1024) /* bytes of an answer with a token in it */
#define TOKEN_YOUNG_NS INT64_C(30000000000)
#define DOCKER_API     "registry-1.docker.io"
#define ACCEPT                                                                                     \
	"application/vnd.oci.image.index.v1+json, "                                                \
	"application/vnd.docker.distribution.manifest.list.v2+json, "                              \
	"application/vnd.oci.image.manifest.v1+json, "                                             \
	"application/vnd.docker.distribution.manifest.v2+json"

struct image_registry {
	struct image_registry_options options;
	struct image_http *http;
	char *root;	     /* "https://host" */
	char *basic;	     /* "Basic ...": the password; NULL: none */
	char *authorization; /* what calls carry; NULL: nothing */
	int64_t signed_ns;   /* when that was got */
	unsigned generation;
	unsigned tries;
};

static void forget(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

/* Only what base64 is made of goes into a header. */
static bool is_base64(const char *text)
{
	return text[0] && text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					    "0123456789+/=")] == '\0';
}

static int read_password(struct image_registry *registry, struct err *err)
{
	AUTO(json_decrefp) json_t *json = NULL;
	AUTO(buf_done) struct buf text;
	const char *auth;
	int result;

	buf_init(&text, AUTH_FILE_MAX);
	if (!registry->options.auth_file)
		return 0;
	result = file_read(strcmp(registry->options.auth_file, "-") == 0
				   ? STANDARD_INPUT
				   : registry->options.auth_file,
			   &text, err);
	if (result == 0)
		result = shape_parse((const char *)text.data, text.len, &json, err);
	if (text.data)
		explicit_bzero(text.data, text.len);
	if (result < 0)
		return err_wrap(err, "file with passwords");
	auth = json_string_value(json_object_get(
		json_object_get(json_object_get(json, "auths"), registry->options.reference->host),
		"auth"));
	if (auth && !is_base64(auth))
		return err_set(err, ERR_INVALID, "file with passwords: auth is not base64");
	if (auth)
		registry->basic = xasprintf("Basic %s", auth);
	return 0;
}

int image_registry_open(const struct image_registry_options *options,
			struct image_registry **ret_registry, struct err *err)
{
	const char *host = options->reference->host;
	struct image_registry *registry = xcalloc(1, sizeof(*registry));

	registry->options = *options;
	registry->root = xasprintf("%s://%s", options->plain_http ? "http" : "https",
				   strcmp(host, IMAGE_DEFAULT_HOST) == 0 ? DOCKER_API : host);
	if (read_password(registry, err) < 0 || image_http_open(&registry->http, err) < 0) {
		image_registry_close(registry);
		return -1;
	}
	*ret_registry = registry;
	return 0;
}

void image_registry_close(struct image_registry *registry)
{
	if (!registry)
		return;
	image_http_close(registry->http);
	forget(&registry->basic);
	forget(&registry->authorization);
	free(registry->root);
	free(registry);
}

struct image_http *image_registry_http(struct image_registry *registry)
{
	return registry->http;
}

unsigned image_registry_generation(const struct image_registry *registry)
{
	return registry->generation;
}

unsigned image_registry_tries(const struct image_registry *registry)
{
	return registry->tries;
}

void image_registry_set_tries(struct image_registry *registry, unsigned tries)
{
	registry->tries = tries;
}

bool image_registry_pause(const struct image_registry *registry, unsigned tries,
			  int64_t *ret_pause_ms)
{
	int64_t pause_ms = (int64_t)IMAGE_REGISTRY_PAUSE_MS << (tries - 1);
	int64_t left_ms = (registry->options.end_ns - clock_boot_ns()) / 1000000;

	if (tries >= IMAGE_REGISTRY_TRIES_MAX || left_ms <= 2 * pause_ms)
		return false;
	*ret_pause_ms = pause_ms;
	return true;
}

/* --- signing in --- */

static int take_bytes(void *ctx, const void *bytes, size_t len, struct err *err)
{
	return buf_append(ctx, bytes, len, err);
}

/* May the password be shown at @realm? */
static bool realm_is_safe(const struct image_registry *registry, const char *realm)
{
	size_t len = strlen(registry->root);

	return strncmp(realm, "https://", 8) == 0 ||
	       (strncmp(realm, registry->root, len) == 0 &&
		(realm[len] == '/' || realm[len] == '?' || realm[len] == '\0'));
}

static void adopt(struct image_registry *registry, char *authorization)
{
	forget(&registry->authorization);
	registry->authorization = authorization;
	registry->signed_ns = clock_boot_ns();
	registry->generation++;
}

static char *token_url(const struct image_registry *registry,
		       const struct image_challenge *challenge)
{
	AUTO(freep) char *service = image_http_escape(challenge->service);
	AUTO(freep)
	char *usual = xasprintf("repository:%s:pull", registry->options.reference->repository);
	AUTO(freep)
	char *scope = image_http_escape(challenge->scope[0] ? challenge->scope : usual);

	return xasprintf("%s%cservice=%s&scope=%s", challenge->realm,
			 strchr(challenge->realm, '?') ? '&' : '?', service, scope);
}

static int read_token(struct image_registry *registry, const struct buf *text, struct err *err)
{
	AUTO(json_decrefp) json_t *json = NULL;
	const char *token;

	if (shape_parse((const char *)text->data, text->len, &json, err) < 0)
		return err_wrap(err, "the registry's token");
	token = json_string_value(json_object_get(json, "token"));
	if (!token)
		token = json_string_value(json_object_get(json, "access_token"));
	if (!token || !token[0])
		return err_set(err, ERR_INVALID, "the registry gives no token");
	for (const char *at = token; *at; at++) {
		if (*at <= ' ' || *at > '~')
			return err_set(err, ERR_INVALID, "the registry's token is none");
	}
	adopt(registry, xasprintf("Bearer %s", token));
	return 0;
}

static int fetch_token(struct image_registry *registry, const struct image_challenge *challenge,
		       enum image_again *ret_again, struct err *err)
{
	AUTO(freep) char *url = token_url(registry, challenge);
	AUTO(freep) struct image_http_answer *answer = xcalloc(1, sizeof(*answer));
	AUTO(buf_done) struct buf text;
	const struct image_http_request request = {
		.url = url,
		.authorization = registry->basic,
		.plain = registry->options.plain_http,
		.end_ns = registry->options.end_ns,
		.take = take_bytes,
		.ctx = &text,
	};
	bool transient;

	buf_init(&text, TOKEN_MAX);
	if (!realm_is_safe(registry, challenge->realm))
		return err_set(err, ERR_DENIED,
			       "the registry wants passwords to be sent without TLS to %.200s",
			       challenge->realm);
	if (image_http_run(registry->http, &request, answer, err) < 0) {
		*ret_again = answer->transient ? IMAGE_AGAIN_LATER : IMAGE_AGAIN_NO;
		return err_wrap(err, "failed to fetch a token");
	}
	if (answer->status == 200)
		return read_token(registry, &text, err);
	/* No token for this user is no access. */
	if (image_fault_read(answer, registry->options.reference, &transient, err) < 0 && transient)
		*ret_again = IMAGE_AGAIN_LATER;
	return -1;
}

/* After a 401: get what the registry wants to see. */
static int sign_in(struct image_registry *registry, const struct image_http_answer *answer,
		   enum image_again *ret_again, struct err *err)
{
	AUTO(freep) struct image_challenge *challenge = xcalloc(1, sizeof(*challenge));
	bool ignored;

	if (image_challenge_parse(answer->challenge, challenge, err) < 0)
		return -1;
	if (registry->authorization && clock_boot_ns() - registry->signed_ns < TOKEN_YOUNG_NS)
		return image_fault_read(answer, registry->options.reference, &ignored, err);
	if (challenge->kind == IMAGE_CHALLENGE_BEARER) {
		if (fetch_token(registry, challenge, ret_again, err) < 0)
			return -1;
	} else if (challenge->kind == IMAGE_CHALLENGE_BASIC && registry->basic) {
		adopt(registry, xstrdup(registry->basic));
	} else {
		return image_fault_read(answer, registry->options.reference, &ignored, err);
	}
	*ret_again = IMAGE_AGAIN_SIGNED;
	return err_set(err, ERR_DENIED, "signed in, to be asked again");
}

int image_registry_judge(struct image_registry *registry, const struct image_http_answer *answer,
			 int result, unsigned generation, enum image_again *ret_again,
			 struct err *err)
{
	bool transient = false;

	*ret_again = IMAGE_AGAIN_NO;
	if (result < 0) {
		*ret_again = answer->transient ? IMAGE_AGAIN_LATER : IMAGE_AGAIN_NO;
		return -1;
	}
	if (answer->status == 200)
		return 0;
	if (answer->status == 401 && generation != registry->generation) {
		*ret_again = IMAGE_AGAIN_SIGNED;
		return err_set(err, ERR_DENIED, "signed in meanwhile, to be asked again");
	}
	if (answer->status == 401)
		return sign_in(registry, answer, ret_again, err);
	(void)!image_fault_read(answer, registry->options.reference, &transient, err);
	*ret_again = transient ? IMAGE_AGAIN_LATER : IMAGE_AGAIN_NO;
	return -1;
}

/* --- manifests and blobs --- */

static int ask_manifest(struct image_registry *registry, const char *url, struct buf *out,
			enum image_again *ret_again, struct err *err)
{
	AUTO(freep) struct image_http_answer *answer = xcalloc(1, sizeof(*answer));
	const struct image_http_request request = {
		.url = url,
		.authorization = registry->authorization,
		.accept = ACCEPT,
		.plain = registry->options.plain_http,
		.end_ns = registry->options.end_ns,
		.take = take_bytes,
		.ctx = out,
	};
	unsigned generation = registry->generation;
	int result;

	buf_clear(out);
	result = image_http_run(registry->http, &request, answer, err);
	return image_registry_judge(registry, answer, result, generation, ret_again, err);
}

int image_registry_manifest(struct image_registry *registry, const char *digest, struct buf *out,
			    struct err *err)
{
	const struct image_reference *reference = registry->options.reference;
	enum image_again again;
	AUTO(freep) char *url = NULL;

	if (!digest)
		digest = reference->digest[0] ? reference->digest : reference->tag;
	url = xasprintf("%s/v2/%s/manifests/%s", registry->root, reference->repository, digest);
	registry->tries = 1;
	for (;;) {
		int64_t pause_ms = 0;

		if (ask_manifest(registry, url, out, &again, err) == 0)
			return 0;
		if (again == IMAGE_AGAIN_NO)
			return -1;
		if (again == IMAGE_AGAIN_SIGNED)
			continue;
		if (!image_registry_pause(registry, registry->tries, &pause_ms))
			return -1;
		clock_pause_ms(pause_ms);
		registry->tries++;
	}
}

int image_registry_blob(struct image_registry *registry, const char *digest, int64_t offset,
			int (*take)(void *ctx, const void *bytes, size_t len, struct err *err),
			void *ctx, struct image_http_call **ret_call, struct err *err)
{
	AUTO(freep)
	char *url = xasprintf("%s/v2/%s/blobs/%s", registry->root,
			      registry->options.reference->repository, digest);
	const struct image_http_request request = {
		.url = url, /* libcurl copies it */
		.authorization = registry->authorization,
		.offset = offset,
		.plain = registry->options.plain_http,
		.end_ns = registry->options.end_ns,
		.take = take,
		.ctx = ctx,
	};

	return image_http_start(registry->http, &request, ret_call, err);
}
