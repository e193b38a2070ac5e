/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway image: the cache of images, for the operator. It calls slipway-image as the
 * provisioner does: with the same cache, as the same user, with the password for the
 * registry in question and no other. The settings come from the provisioner's own file:
 * STATE/slipway.conf, or what --config names.
 *
 * The worker is in a process group of its own, so the terminal's Ctrl-C does not reach it: a
 * signal ends it by way of @cancelled.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/options.h"
#include "cli/state.h"
#include "cli/verbs.h"
#include "core/clock.h"
#include "core/shape.h"
#include "provisioner/image_open.h"

#define USAGE	 "image prefetch [OPTIONS] REFERENCE... | image list [--json]"
#define LIST_MAX (64u * 1024 * 1024)
#define MIB	 (1024.0 * 1024.0)

/* All that a call needs. */
struct door {
	struct shared_options shared;
	struct provisioner_options options;
	struct image_store *store;
};

static void door_done(struct door *door)
{
	image_store_free(door->store);
	conf_done(&shared_options_table, &door->shared);
	conf_done(&provisioner_options_table, &door->options);
}

/* Where the settings are, from the options of the command. */
struct place {
	const char *state, *config; /* NULL: not given */
};

static char *configuration_path(const struct place *place)
{
	AUTO(freep) char *dir = NULL;

	if (place->config)
		return xstrdup(place->config);
	dir = state_dir(place->state);
	return xasprintf("%s/slipway.conf", dir);
}

static int door_open(const struct place *place, struct door *door, struct err *err)
{
	AUTO(freep) char *path = configuration_path(place);

	if (access(path, R_OK) < 0)
		return err_set(
			err, ERR_NOT_FOUND,
			"%s cannot be read: be the user of `slipway up`, which writes it, or "
			"name the provisioner's configuration with --config",
			path);
	if (provisioner_options_read(path, &door->shared, &door->options, err) < 0 ||
	    provisioner_options_check(&door->options, err) < 0)
		return -1;
	return image_open(&door->shared, &door->options, &door->store, err);
}

/* --- prefetch --- */

static volatile int cancelled;

static void on_signal(int signo)
{
	(void)signo;
	cancelled = 1;
}

static void end_by_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal};

	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		(void)sigaction(signals[i], &action, NULL); /* fails for no signal of these */
}

static int prefetch_one(const struct door *door, const char *reference, struct err *err)
{
	struct image_source source = image_store_source(door->store);
	AUTO(image_freep) struct image *image = NULL;
	int64_t start_ns = clock_boot_ns();

	if (source.pull(source.ctx, reference, NULL, &cancelled, &image, err) < 0)
		return -1;
	printf("%s  %s  %.1f MiB  %s %.1f s\n", reference, image->answer.digest,
	       (double)image->answer.size_bytes / MIB,
	       image->answer.cached ? "was there, asked in" : "fetched in",
	       (double)(clock_boot_ns() - start_ns) / 1e9);
	if (fflush(stdout) != 0)
		return err_sys(err, errno, "write to standard output");
	return 0;
}

/* One that cannot be had does not keep the others away. */
static int prefetch(const struct place *place, int count, char **references)
{
	AUTO(door_done) struct door door = {.store = NULL};
	struct err err = ERR_INIT;
	int status = 0;

	end_by_signals();
	if (door_open(place, &door, &err) < 0)
		return state_complain("image", &err);
	for (int i = 0; i < count && !cancelled; i++) {
		if (prefetch_one(&door, references[i], &err) < 0)
			status = state_complain("image", &err);
	}
	return status;
}

/* --- list --- */

static void print_image(const json_t *image)
{
	const json_t *references = json_object_get(image, "references");
	const char *manifest = json_string_value(json_object_get(image, "manifest"));
	json_int_t used = json_integer_value(json_object_get(image, "used"));
	json_int_t bytes = json_integer_value(json_object_get(image, "bytes"));
	size_t count = json_array_size(references);
	char at[CLOCK_ISO_SIZE];

	clock_iso((int64_t)used * 1000, at);
	for (size_t i = 0; i < count || i == 0; i++) {
		const char *name = json_string_value(json_array_get(references, i));

		printf("%-19.19s  %8.1f MiB  %.19s  %s\n", manifest ? manifest : "",
		       (double)bytes / MIB, at, name ? name : "-");
	}
}

static int print_list(const char *text, bool as_json, struct err *err)
{
	AUTO(json_decrefp) json_t *json = NULL;
	const json_t *image;
	size_t i;

	if (shape_parse(text, strlen(text), &json, err) < 0)
		return err_wrap(err, "list of images");
	if (as_json) {
		printf("%s", text);
		return 0;
	}
	printf("%-19s  %12s  %-19s  %s\n", "MANIFEST", "SIZE", "LAST USED (UTC)", "REFERENCE");
	json_array_foreach (json_object_get(json, "images"), i, image)
		print_image(image);
	return 0;
}

static int read_list(const struct door *door, bool as_json, struct err *err)
{
	AUTO(buf_done) struct buf output;
	const char *text;

	buf_init(&output, LIST_MAX);
	if (image_store_list(door->store, &output, err) < 0)
		return -1;
	text = buf_text(&output);
	if (!text)
		return err_set(err, ERR_LIMIT, "the list of images is longer than %u bytes",
			       LIST_MAX);
	return print_list(text, as_json, err);
}

static int list(const struct place *place, bool as_json)
{
	AUTO(door_done) struct door door = {.store = NULL};
	struct err err = ERR_INIT;

	if (door_open(place, &door, &err) < 0 || read_list(&door, as_json, &err) < 0)
		return state_complain("image", &err);
	return 0;
}

static int usage_error(void)
{
	options_usage(USAGE, stderr);
	return 2;
}

int cli_image(int argc, char **argv)
{
	struct place place = {.state = NULL};
	bool as_json = false;
	const struct option_row rows[] = {
		{"json", OPTION_FLAG, &as_json, NULL, "list: for programs"},
		{"config", OPTION_TEXT, &place.config, "FILE",
		 "the provisioner's configuration (STATE/slipway.conf)"},
		{"state", OPTION_TEXT, &place.state, "DIR", "state folder"},
	};
	const char *verb;
	int next = options_read(USAGE, rows, ARRAY_LEN(rows), argc, argv);

	if (next < 0)
		return next == -2 ? 0 : 2;
	if (next >= argc)
		return usage_error();
	verb = argv[next];
	argc -= next;
	argv += next;
	/* Options may stand behind the verb, too. */
	next = options_read(USAGE, rows, ARRAY_LEN(rows), argc, argv);
	if (next < 0)
		return next == -2 ? 0 : 2;
	if (strcmp(verb, "list") == 0 && next == argc)
		return list(&place, as_json);
	if (strcmp(verb, "prefetch") == 0 && next < argc && !as_json)
		return prefetch(&place, argc - next, argv + next);
	return usage_error();
}
