/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calling the worker. Credentials go to it on its standard input, so that they are in no
 * folder and on no command line, and only those for the registry in question.
 */
#include "provisioner/image_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "core/base64.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/proc.h"
#include "core/wipe.h"
#include "provisioner/image/image_use.h"
#include "provisioner/image_index.h"
#include "provisioner/image_mirror.h"

#define ANSWER_MAX	 (2 * IMAGE_ANSWER_MAX)
#define ERRORS_MAX	 4096
#define DEADLINE_MORE_MS 10000 /* the worker ends by itself first, with a reason */
#define TIDY_MS		 300000
#define ARGUMENTS_MAX	 16

/* What the worker gets of our environment: whom it trusts, and the way to the registries. */
static const char *const passed[] = {
	"SSL_CERT_FILE", "SSL_CERT_DIR", "https_proxy", "HTTPS_PROXY",
	"http_proxy",	 "no_proxy",	 "NO_PROXY",	NULL,
};

struct image_store {
	struct image_store_options options;
	char *program, *cache_dir;
	struct image_index *index;
};

void image_free(struct image *image)
{
	if (!image)
		return;
	if (__atomic_fetch_sub(&image->holders, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	image_free(image->whole);
	json_decref(image->json);
	arena_free(image->arena);
	free(image);
}

void image_freep(struct image **image)
{
	image_free(*image);
}

static int give_to_worker(const struct image_store_options *options, const char *path,
			  struct err *err)
{
	if (options->uid != 0 && lchown(path, options->uid, options->gid) < 0)
		return err_sys(err, errno, "owner of %s", path);
	return 0;
}

int image_store_open(const struct image_store_options *options, struct image_store **ret_store,
		     struct err *err)
{
	struct image_store *store;

	/* Machines read images as users of their own. */
	if (file_make_dir(options->cache_dir, 0711, err) < 0 ||
	    give_to_worker(options, options->cache_dir, err) < 0)
		return err_wrap(err, "image cache");
	store = xcalloc(1, sizeof(*store));
	store->options = *options;
	store->program = xstrdup(options->program);
	store->cache_dir = xstrdup(options->cache_dir);
	store->index = image_index_new(options->fresh_ms);
	*ret_store = store;
	return 0;
}

void image_store_free(struct image_store *store)
{
	if (!store)
		return;
	image_index_free(store->index);
	free(store->program);
	free(store->cache_dir);
	free(store);
}

/* --- credentials --- */

/* What is configured for @host; both NULL: nothing. */
static struct image_login login_of(const struct image_store *store, const char *host)
{
	struct image_login login = {.user = conf_map_get(store->options.users, host),
				    .password = conf_map_get(store->options.passwords, host)};

	return login.user && login.password ? login : (struct image_login){.user = NULL};
}

/* The file that container tools read: {"auths":{HOST:{"auth":base64(user:password)}}}. */
static char *auth_text(const char *host, const struct image_login *login)
{
	AUTO(wipe_freep) char *pair = xasprintf("%s:%s", login->user, login->password);
	AUTO(wipe_freep) char *encoded = xcalloc(1, BASE64_SIZE(strlen(pair)));
	AUTO(json_decrefp) json_t *json = NULL;

	base64_encode(pair, strlen(pair), encoded);
	json = json_pack("{s:{s:{s:s}}}", "auths", host, "auth", encoded);
	return json ? json_dumps(json, JSON_COMPACT) : NULL;
}

/* --- calls --- */

static bool is_listed(const char *list, const char *host)
{
	size_t host_len = strlen(host);

	while (list && *list) {
		size_t len = strcspn(list, ", ");

		if (len == host_len && strncmp(list, host, len) == 0)
			return true;
		list += len;
		list += strspn(list, ", ");
	}
	return false;
}

/* @input: NULL: none. */
static int run_worker(const struct image_store *store, const char *const *argv, const char *input,
		      int64_t deadline_ms, const volatile int *cancel, struct buf *output,
		      int *ret_exit, struct err *err)
{
	AUTO(buf_done) struct buf errors;
	struct proc_call call = {
		.argv = argv,
		.pass = passed,
		.dir = store->cache_dir,
		.input = input,
		.input_len = input ? strlen(input) : 0,
		.output = output,
		.errors = &errors,
		.deadline_ms = deadline_ms,
		.as_user = store->options.uid != 0,
		.uid = store->options.uid,
		.gid = store->options.gid,
		.cancel = cancel,
	};
	int exit_code;

	buf_init(&errors, ERRORS_MAX);
	if (proc_run(&call, &exit_code, err) < 0)
		return err_wrap(err, "image worker");
	if (exit_code > 1) { /* called wrongly, or it died */
		const char *text = buf_text(&errors);

		return err_set(err, ERR_SYSTEM, "image worker ended with %d: %s", exit_code,
			       text ? text : "");
	}
	*ret_exit = exit_code;
	return 0;
}

static int pull_answer(const struct image_store *store, const char *reference, const char *host,
		       const struct image_login *login, const volatile int *cancel,
		       struct buf *output, int *ret_exit, struct err *err)
{
	AUTO(wipe_freep) char *auth = NULL;
	AUTO(freep)
	char *seconds = xasprintf("%lld", (long long)((store->options.deadline_ms + 999) / 1000));
	const char *argv[ARGUMENTS_MAX] = {store->program,   "pull",	    "--cache",
					   store->cache_dir, "--reference", reference,
					   "--deadline",     seconds};
	size_t count = 8;

	if (login->user) {
		auth = auth_text(host, login);
		if (!auth)
			return err_set(err, ERR_INVALID, "credentials of %s are not UTF-8", host);
		argv[count++] = "--auth-file";
		argv[count++] = "-";
	}
	if (is_listed(store->options.plain_http, host))
		argv[count++] = "--plain-http";
	return run_worker(store, argv, auth, store->options.deadline_ms + DEADLINE_MORE_MS, cancel,
			  output, ret_exit, err);
}

/* What is remembered was let in by one user and password: others must ask. */
static void fingerprint(const struct image_login *login, char ret[SHA256_HEX_SIZE])
{
	AUTO(wipe_freep) char *both = NULL;

	ret[0] = '\0';
	if (!login->user)
		return;
	both = xasprintf("%zu:%s:%s", strlen(login->user), login->user, login->password);
	sha256_hex(both, strlen(both), ret);
}

static void make_key(const struct image_reference *reference, const struct image_login *login,
		     struct image_key *ret_key)
{
	(void)image_reference_text(reference, ret_key->reference);
	ret_key->exact = reference->digest[0] != '\0';
	fingerprint(login, ret_key->credentials);
}

/* What is fetched for @text, and with what: a task's own login is for the registry that it
 * named, and not for the operator's mirror of it. */
static int find_origin(const struct image_store *store, const char *text,
		       const struct image_login *login, struct image_reference *ret_reference,
		       struct image_login *ret_login, struct err *err)
{
	char host[sizeof(ret_reference->host)];

	if (image_reference_parse(text, ret_reference, err) < 0)
		return -1;
	memcpy(host, ret_reference->host, sizeof(host));
	if (image_mirror_apply(store->options.mirrors, ret_reference, err) < 0)
		return -1;
	*ret_login = login && strcmp(host, ret_reference->host) == 0
			     ? *login
			     : login_of(store, ret_reference->host);
	return 0;
}

/* The image of @key if that is fresh and still in the cache. */
static struct image *take_fresh(const struct image_store *store, const struct image_key *key)
{
	struct image *image = image_index_find(store->index, key);

	if (!image || image_use(store->cache_dir, image->answer.path, image->answer.size_bytes))
		return image;
	/* Or it is locked for a moment, and then it will be learnt again. */
	image_index_drop(store->index, key);
	image_free(image);
	return NULL;
}

static int peek(void *ctx, const char *text, const struct image_login *login,
		struct image **ret_image)
{
	const struct image_store *store = ctx;
	struct image_reference reference;
	struct image_login own;
	struct image_key key;
	struct image *image;
	struct err ignored; /* the pull that follows says it */

	if (find_origin(store, text, login, &reference, &own, &ignored) < 0)
		return -1;
	make_key(&reference, &own, &key);
	image = take_fresh(store, &key);
	if (!image)
		return -1;
	*ret_image = image;
	return 0;
}

static int pull_by_worker(const struct image_store *store, const struct image_key *key,
			  const char *host, const struct image_login *login,
			  const volatile int *cancel, struct image **ret_image, struct err *err)
{
	AUTO(image_freep) struct image *image = xcalloc(1, sizeof(*image));
	AUTO(buf_done) struct buf output;
	int exit_code;

	buf_init(&output, ANSWER_MAX);
	image->arena = arena_new(ANSWER_MAX);
	if (pull_answer(store, key->reference, host, login, cancel, &output, &exit_code, err) < 0)
		return -1;
	if (image_answer_read((const char *)output.data, output.len, exit_code, image->arena,
			      &image->json, &image->answer, err) < 0)
		return -1;
	*ret_image = STEAL(image, NULL);
	return 0;
}

static int pull(void *ctx, const char *text, const struct image_login *login,
		const volatile int *cancel, struct image **ret_image, struct err *err)
{
	const struct image_store *store = ctx;
	struct image_reference reference;
	struct image_login own;
	struct image_key key;
	struct image *image;
	int64_t start_ms;
	bool keep = false;

	if (find_origin(store, text, login, &reference, &own, err) < 0)
		return err_wrap(err, "CannotPullContainerError: invalid reference %s", text);
	make_key(&reference, &own, &key);
	image = take_fresh(store, &key);
	if (!image && image_index_enter(store->index, &key, cancel, &image, err) < 0)
		return -1;
	if (image) {
		*ret_image = image;
		return 0;
	}
	start_ms = clock_boot_ms();
	if (pull_by_worker(store, &key, reference.host, &own, cancel, &image, err) == 0)
		keep = image_use_knows(store->cache_dir, image->answer.path);
	image = image_index_leave(store->index, &key, image, keep, start_ms, err);
	if (!image)
		return -1;
	*ret_image = image;
	return 0;
}

static int run_tidy(const struct image_store *store, const char *const *argv, struct err *err)
{
	AUTO(buf_done) struct buf output;
	int exit_code;

	buf_init(&output, ANSWER_MAX);
	if (run_worker(store, argv, NULL, TIDY_MS, NULL, &output, &exit_code, err) < 0)
		return -1;
	if (exit_code != 0) {
		const char *text = buf_text(&output);

		return err_set(err, ERR_SYSTEM, "%s", text ? text : "");
	}
	return 0;
}

static int tidy(void *ctx, const char *const *keep, size_t keep_count, struct err *err)
{
	const struct image_store *store = ctx;
	AUTO(freep) char *limit = xasprintf("%lld", (long long)store->options.cache_bytes);
	const char *const sweep[] = {store->program, "sweep", "--cache", store->cache_dir, NULL};
	AUTO(freep) const char **prune = xcalloc(ARGUMENTS_MAX + 2 * keep_count, sizeof(*prune));
	size_t count = 0;

	prune[count++] = store->program;
	prune[count++] = "prune";
	prune[count++] = "--cache";
	prune[count++] = store->cache_dir;
	prune[count++] = "--limit";
	prune[count++] = limit;
	for (size_t i = 0; i < keep_count; i++) {
		prune[count++] = "--keep";
		prune[count++] = keep[i];
	}
	if (run_tidy(store, sweep, err) < 0 || run_tidy(store, prune, err) < 0)
		return err_wrap(err, "tidy the image cache");
	return 0;
}

int image_store_list(const struct image_store *store, struct buf *output, struct err *err)
{
	const char *const argv[] = {store->program, "list", "--cache", store->cache_dir, NULL};
	int exit_code;

	if (run_worker(store, argv, NULL, TIDY_MS, NULL, output, &exit_code, err) < 0)
		return -1;
	if (exit_code != 0)
		return err_set(err, ERR_SYSTEM, "the image cache cannot be listed");
	return 0;
}

struct image_source image_store_source(struct image_store *store)
{
	return (struct image_source){.pull = pull, .tidy = tidy, .peek = peek, .ctx = store};
}
