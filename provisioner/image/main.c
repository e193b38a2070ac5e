/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway-image: resolves, fetches, checks, flattens and keeps container images.
 * It is a program of its own because it reads what strangers made: the provisioner
 * runs it as another user, without a privilege, and takes from it one short JSON
 * object that it checks.
 *
 *   slipway-image pull --cache DIR --reference REF [--auth-file FILE|-] [--plain-http]
 *                      [--platform OS/ARCH] [--deadline SECONDS] [--max-bytes N]
 *   slipway-image prune --cache DIR --limit BYTES [--keep DIGEST]...
 *   slipway-image sweep --cache DIR
 *   slipway-image list --cache DIR
 *
 * One line of JSON on standard output; exit code 0, or 1 with {"error":"..."}, or 2
 * and words on standard error when it was called wrongly.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "core/isolate.h"
#include "provisioner/image/image_list.h"
#include "provisioner/image/image_prune.h"
#include "provisioner/image/image_pull.h"

#define DEADLINE_S_DEFAULT 600
#define DEADLINE_S_MAX	   86400
#define BYTES_MAX_DEFAULT  (INT64_C(20) * 1024 * 1024 * 1024)
#define FILES_MAX	   1024		       /* open at once, in us and in each child */
#define KEEP_MAX	   4096		       /* images in use on one machine */
#define OUTPUT_MAX	   (64u * 1024 * 1024) /* a list of images; answers are short */
#define EXIT_REFUSED	   1
#define EXIT_USAGE	   2

struct options {
	struct image_pull pull; /* its cache is that of all verbs */
	int64_t limit_bytes;
	const char *keep[KEEP_MAX];
	size_t keep_count;
};

enum option_code {
	OPTION_CACHE = 256,
	OPTION_REFERENCE,
	OPTION_AUTH_FILE,
	OPTION_PLAIN_HTTP,
	OPTION_PLATFORM,
	OPTION_DEADLINE,
	OPTION_MAX_BYTES,
	OPTION_LIMIT,
	OPTION_KEEP,
};

#define CACHE_ROW                                                                                  \
	{                                                                                          \
		"cache", required_argument, NULL, OPTION_CACHE                                     \
	}
#define END_ROW                                                                                    \
	{                                                                                          \
		NULL, 0, NULL, 0                                                                   \
	}
static const struct option pull_options[] = {
	CACHE_ROW,
	{"reference", required_argument, NULL, OPTION_REFERENCE},
	{"auth-file", required_argument, NULL, OPTION_AUTH_FILE},
	{"plain-http", no_argument, NULL, OPTION_PLAIN_HTTP},
	{"platform", required_argument, NULL, OPTION_PLATFORM},
	{"deadline", required_argument, NULL, OPTION_DEADLINE},
	{"max-bytes", required_argument, NULL, OPTION_MAX_BYTES},
	END_ROW,
};
static const struct option prune_options[] = {
	CACHE_ROW,
	{"limit", required_argument, NULL, OPTION_LIMIT},
	{"keep", required_argument, NULL, OPTION_KEEP},
	END_ROW,
};
static const struct option sweep_options[] = {CACHE_ROW, END_ROW};

static int parse_number(const char *text, int64_t min, int64_t max, int64_t *ret_number)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end || number < min || number > max)
		return -1;
	*ret_number = number;
	return 0;
}

static int take_option(int option, const char *value, struct options *options)
{
	struct image_pull *pull = &options->pull;
	int64_t seconds;

	switch (option) {
	case OPTION_CACHE:
		pull->cache = value;
		return 0;
	case OPTION_REFERENCE:
		pull->reference = value;
		return 0;
	case OPTION_AUTH_FILE:
		pull->auth_file = value;
		return 0;
	case OPTION_PLAIN_HTTP:
		pull->plain_http = true;
		return 0;
	case OPTION_PLATFORM:
		pull->platform = value;
		return 0;
	case OPTION_DEADLINE:
		if (parse_number(value, 1, DEADLINE_S_MAX, &seconds) < 0)
			return -1;
		pull->deadline_ms = seconds * 1000;
		return 0;
	case OPTION_MAX_BYTES:
		return parse_number(value, 1, IMAGE_BLOB_MAX, &pull->bytes_max);
	case OPTION_LIMIT:
		return parse_number(value, 0, INT64_MAX, &options->limit_bytes);
	case OPTION_KEEP:
		if (options->keep_count == KEEP_MAX || !image_digest_is_valid(value))
			return -1;
		options->keep[options->keep_count++] = value;
		return 0;
	default:
		return -1; /* getopt has said it */
	}
}

static int run_pull(const struct options *options, struct buf *out, struct err *err)
{
	return image_pull(&options->pull, out, err);
}

static int run_prune(const struct options *options, struct buf *out, struct err *err)
{
	AUTO(image_cache_done) struct image_cache cache = {.images = NULL};
	struct image_pruned pruned;

	if (image_cache_open(options->pull.cache, &cache, err) < 0 ||
	    image_prune(&cache, options->limit_bytes, options->keep, options->keep_count, &pruned,
			err) < 0)
		return -1;
	return buf_printf(out, err, "{\"removed\":%lld,\"removed_bytes\":%lld,\"bytes\":%lld}\n",
			  (long long)pruned.removed, (long long)pruned.removed_bytes,
			  (long long)pruned.left_bytes);
}

static int run_sweep(const struct options *options, struct buf *out, struct err *err)
{
	AUTO(image_cache_done) struct image_cache cache = {.images = NULL};
	int64_t removed;

	if (image_cache_open(options->pull.cache, &cache, err) < 0 ||
	    image_sweep(&cache, &removed, err) < 0)
		return -1;
	return buf_printf(out, err, "{\"removed\":%lld}\n", (long long)removed);
}

static int run_list(const struct options *options, struct buf *out, struct err *err)
{
	AUTO(image_cache_done) struct image_cache cache = {.images = NULL};

	if (image_cache_open(options->pull.cache, &cache, err) < 0)
		return -1;
	return image_list(&cache, out, err);
}

static const struct verb {
	const char *name;
	const struct option *options;
	int (*run)(const struct options *options, struct buf *out, struct err *err);
	const char *usage;
} verbs[] = {
	{"pull", pull_options, run_pull,
	 "pull --cache DIR --reference REF [--auth-file FILE|-] [--plain-http]\n"
	 "        [--platform OS/ARCHITECTURE] [--deadline SECONDS] [--max-bytes N]"},
	{"prune", prune_options, run_prune, "prune --cache DIR --limit BYTES [--keep DIGEST]..."},
	{"sweep", sweep_options, run_sweep, "sweep --cache DIR"},
	{"list", sweep_options, run_list, "list --cache DIR"},
};

static void print_usage(FILE *to)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		(void)fprintf(to, "%s slipway-image %s\n", i == 0 ? "usage:" : "      ",
			      verbs[i].usage);
}

static int usage_error(const char *text)
{
	(void)fprintf(stderr, "slipway-image: %s\n", text);
	print_usage(stderr);
	return EXIT_USAGE;
}

static int set_limit(int resource, rlim_t most, struct err *err)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0)
		return err_sys(err, errno, "read a limit");
	if (most < limit.rlim_max)
		limit.rlim_max = most;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	if (setrlimit(resource, &limit) < 0)
		return err_sys(err, errno, "set a limit");
	return 0;
}

/* For us and every child: no new privileges, no core with a password in it, no more
 * than one file of the largest image's size, no more time than the deadline has. */
static int lock_in(const struct options *options, struct err *err)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	rlim_t seconds = (rlim_t)(options->pull.deadline_ms / 1000 + 1);

	if (isolate_drop(getuid(), getgid(), err) < 0)
		return -1;
	/* Processor time is counted over all threads of a process. */
	if (processors > 1)
		seconds *= (rlim_t)processors;
	if (set_limit(RLIMIT_CORE, 0, err) < 0 || set_limit(RLIMIT_NOFILE, FILES_MAX, err) < 0 ||
	    set_limit(RLIMIT_CPU, seconds, err) < 0 ||
	    set_limit(RLIMIT_FSIZE, 2 * (rlim_t)options->pull.bytes_max, err) < 0)
		return err_wrap(err, "lock slipway-image in");
	return 0;
}

static int run_verb(const struct verb *verb, const struct options *options)
{
	AUTO(buf_done) struct buf out;
	struct err err = ERR_INIT;
	struct err last;
	int result = 0;

	buf_init(&out, OUTPUT_MAX);
	if (lock_in(options, &err) < 0 || verb->run(options, &out, &err) < 0) {
		result = EXIT_REFUSED;
		buf_clear(&out);
		if (image_answer_write_error(err.text, &out, &last) < 0)
			return EXIT_REFUSED; /* no memory even for that */
	}
	if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)
		return EXIT_REFUSED;
	return result;
}

int main(int argc, char **argv)
{
	struct options options = {
		.pull = {.platform = "linux/amd64",
			 .deadline_ms = DEADLINE_S_DEFAULT * 1000,
			 .bytes_max = BYTES_MAX_DEFAULT},
		.limit_bytes = -1,
	};
	const struct verb *verb = NULL;
	int option;

	if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
		print_usage(stdout);
		return 0;
	}
	if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
		(void)printf("slipway-image %s\n", SLIPWAY_VERSION);
		return 0;
	}
	for (size_t i = 0; argc >= 2 && i < ARRAY_LEN(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) == 0)
			verb = &verbs[i];
	}
	if (!verb)
		return usage_error("a verb is needed");
	while ((option = getopt_long(argc - 1, argv + 1, "", verb->options, NULL)) != -1) {
		if (take_option(option, optarg, &options) < 0)
			return usage_error("an option or its value is wrong");
	}
	if (optind != argc - 1)
		return usage_error("an argument is too much");
	if (!options.pull.cache || (verb->run == run_pull && !options.pull.reference) ||
	    (verb->run == run_prune && options.limit_bytes < 0))
		return usage_error("an option is missing");
	return run_verb(verb, &options);
}
