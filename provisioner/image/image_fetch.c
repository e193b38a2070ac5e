/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs are copied into skopeo's `dir:` form and not into an OCI layout: an OCI
 * layout would rewrite Docker's manifests and compress plain layers, while `dir:`
 * keeps each byte as the registry has it, so everything can be checked against the
 * digest that was asked for.
 *
 * setpriv stands in front so that skopeo ends with us, however we end.
 */
#include "provisioner/image/image_fetch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/proc.h"
#include "provisioner/image/image_fault.h"

#define TRIES_MAX      3    /* of a request that may succeed the next time */
#define PAUSE_MS       1000 /* before the second try; doubled before the third */
#define COMPLAINTS_MAX (64 * 1024)
#define ARGUMENTS_MAX  24
#define VARIABLES_MAX  16
#define OWN_FILE_MAX   (16 * 1024 * 1024) /* skopeo's notes on blobs that it has seen */

struct call {
	const char *argv[ARGUMENTS_MAX];
	size_t argc;
	char *env[VARIABLES_MAX];
	size_t envc;
	char *image; /* "docker://..." */
	char *target;
};

static void call_done(struct call *call)
{
	for (size_t i = 0; i < call->envc; i++)
		free(call->env[i]);
	free(call->image);
	free(call->target);
}

static void add(struct call *call, const char *argument)
{
	if (call->argc + 1 >= ARGUMENTS_MAX)
		abort(); /* the lists below are shorter */
	call->argv[call->argc++] = argument;
}

static void add_all(struct call *call, const char *const *arguments)
{
	for (; *arguments; arguments++)
		add(call, *arguments);
}

/* Everything that skopeo would keep in a home goes to our folder; how to reach the
 * world (proxies, certificates) is the operator's. */
static void make_env(struct call *call, const char *dir)
{
	static const char *const passed[] = {"PATH",	    "HTTP_PROXY",    "http_proxy",
					     "HTTPS_PROXY", "https_proxy",   "NO_PROXY",
					     "no_proxy",    "SSL_CERT_FILE", "SSL_CERT_DIR"};
	static const char *const homes[] = {"HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_DATA_HOME"};

	for (size_t i = 0; i < ARRAY_LEN(passed); i++) {
		const char *value = getenv(passed[i]);

		if (value)
			call->env[call->envc++] = xasprintf("%s=%s", passed[i], value);
	}
	for (size_t i = 0; i < ARRAY_LEN(homes); i++)
		call->env[call->envc++] = xasprintf("%s=%s", homes[i], dir);
}

static void name_image(struct call *call, const struct image_reference *reference,
		       const char *digest)
{
	if (!digest && reference->digest[0])
		digest = reference->digest;
	call->image = xasprintf("docker://%s/%s%s%s", reference->host, reference->repository,
				digest ? "@" : ":", digest ? digest : reference->tag);
}

static void start_arguments(struct call *call, const struct image_registry *source)
{
	static const char *const skopeo[] = {"setpriv",	       "--pdeathsig", "KILL",
					     "--no-new-privs", "skopeo",      "--insecure-policy",
					     "--tmpdir",       NULL};

	add_all(call, skopeo);
	add(call, source->dir);
	make_env(call, source->dir);
}

static int64_t left_ms(const struct image_registry *source)
{
	return (source->end_ns - clock_boot_ns()) / 1000000;
}

static int run_once(const struct call *call, const struct image_registry *source,
		    struct buf *output, struct image_fault *ret_fault, struct err *err)
{
	struct buf complaints;
	struct proc_call proc = {
		.argv = call->argv,
		.env = (const char *const *)call->env,
		.dir = source->dir,
		.output = output,
		.errors = &complaints,
		.deadline_ms = left_ms(source),
	};
	int exit_code;
	int result;

	ret_fault->transient = false;
	if (proc.deadline_ms <= 0)
		return err_set(err, ERR_TIMEOUT, "context deadline exceeded");
	buf_init(&complaints, COMPLAINTS_MAX);
	result = proc_run(&proc, &exit_code, err);
	if (result < 0 && err->code == ERR_TIMEOUT)
		(void)err_set(err, ERR_TIMEOUT, "context deadline exceeded");
	if (result == 0 && exit_code != 0) {
		const char *text = buf_text(&complaints);

		image_fault_read(text ? text : "", source->reference, ret_fault, err);
		result = -1;
	}
	buf_done(&complaints);
	return result;
}

static void pause_before(unsigned attempt)
{
	clock_pause_ms((int64_t)PAUSE_MS << (attempt - 1));
}

/* Run it until it succeeds, cannot, or was tried often enough. @clean: a folder
 * that a failed try may have left. */
static int run(const struct call *call, struct image_registry *source, struct buf *output,
	       const char *clean, struct err *err)
{
	struct image_fault fault;

	for (source->tries = 1;; source->tries++) {
		struct err ignored;

		if (run_once(call, source, output, &fault, err) == 0)
			return 0;
		if (output)
			buf_clear(output);
		if (clean && file_remove_tree(clean, &ignored) < 0)
			return -1; /* and with the first error, which matters more */
		if (!fault.transient || source->tries == TRIES_MAX ||
		    left_ms(source) <= (int64_t)PAUSE_MS << source->tries)
			return -1;
		pause_before(source->tries);
	}
}

int image_fetch_manifest(struct image_registry *source, const char *digest, struct buf *out,
			 struct err *err)
{
	AUTO(call_done) struct call call = {.argc = 0};

	start_arguments(&call, source);
	add(&call, "inspect");
	add(&call, "--raw");
	if (source->plain_http)
		add(&call, "--tls-verify=false");
	if (source->auth_file) {
		add(&call, "--authfile");
		add(&call, source->auth_file);
	} else {
		add(&call, "--no-creds");
	}
	name_image(&call, source->reference, digest);
	add(&call, call.image);
	return run(&call, source, out, NULL, err);
}

/* Children inherit it. */
static int limit_files(int64_t bytes, struct rlimit *ret_before, struct err *err)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) < 0)
		return err_sys(err, errno, "read the limit of file sizes");
	*ret_before = limit;
	if ((rlim_t)bytes < limit.rlim_cur)
		limit.rlim_cur = (rlim_t)bytes;
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return err_sys(err, errno, "limit file sizes");
	return 0;
}

int image_fetch_blobs(struct image_registry *source, const char *digest, const char *dir,
		      int64_t file_bytes_max, struct err *err)
{
	static const char *const copy[] = {"copy", "--quiet", "--preserve-digests",
					   "--remove-signatures", NULL};
	AUTO(call_done) struct call call = {.argc = 0};
	struct rlimit before;
	int result;

	start_arguments(&call, source);
	add_all(&call, copy);
	if (source->plain_http)
		add(&call, "--src-tls-verify=false");
	if (source->auth_file) {
		add(&call, "--src-authfile");
		add(&call, source->auth_file);
	} else {
		add(&call, "--src-no-creds");
	}
	name_image(&call, source->reference, digest);
	add(&call, call.image);
	call.target = xasprintf("dir:%s", dir);
	add(&call, call.target);
	if (file_bytes_max < OWN_FILE_MAX)
		file_bytes_max = OWN_FILE_MAX;
	if (limit_files(file_bytes_max, &before, err) < 0)
		return -1;
	result = run(&call, source, NULL, dir, err);
	if (setrlimit(RLIMIT_FSIZE, &before) < 0 && result == 0)
		return err_sys(err, errno, "restore the limit of file sizes");
	return result;
}
