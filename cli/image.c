/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway image: the cache of images, for the operator. It calls slipway-image as the
 * provisioner does: with the same cache, as the same user, with the password for the
 * registry in question and no other. The settings come from STATE/slipway.conf, where the
 * provisioner has its own from.
 */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/options.h"
#include "cli/state.h"
#include "cli/verbs.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/ident.h"
#include "core/shape.h"
#include "provisioner/image_store.h"
#include "provisioner/options.h"

#define USAGE	 "image prefetch [OPTIONS] REFERENCE... | image list [--json]"
#define LIST_MAX (64u * 1024 * 1024)
#define MIB	 (1024.0 * 1024.0)

/* All that a call needs. */
struct door {
	struct shared_options shared;
	struct provisioner_options options;
	char *auth; /* folder for passwords, ours alone: the provisioner empties its own */
	struct image_store *store;
};

static void door_done(struct door *door)
{
	struct err ignored;

	image_store_free(door->store);
	/* It is empty, or the machine is in trouble that others report. */
	if (door->auth)
		(void)!file_remove_tree(door->auth, &ignored);
	free(door->auth);
	conf_done(&shared_options_table, &door->shared);
	conf_done(&provisioner_options_table, &door->options);
}

static void choose_user(const struct provisioner_options *options, struct image_store_options *to)
{
	const struct passwd *user;

	if (geteuid() != 0)
		return;
	to->uid = (uid_t)options->image_uid;
	user = getpwuid(to->uid);
	to->gid = user ? user->pw_gid : (gid_t)to->uid;
}

static int door_open(const char *state, struct door *door, struct err *err)
{
	AUTO(freep) char *dir = state_dir(state);
	AUTO(freep) char *path = xasprintf("%s/slipway.conf", dir);
	AUTO(freep) char *cache = NULL;
	struct image_store_options store = {.cache_dir = NULL};
	char name[IDENT_HEX32_SIZE];

	if (access(path, R_OK) < 0)
		return err_set(err, ERR_NOT_FOUND,
			       "%s cannot be read: `slipway up` writes it; be its user", path);
	if (provisioner_options_read(path, &door->shared, &door->options, err) < 0 ||
	    provisioner_options_check(&door->options, err) < 0)
		return -1;
	if (!door->options.image_program[0])
		return err_set(err, ERR_NOT_FOUND, "%s does not say image_program", path);
	cache = xasprintf("%s/images", door->shared.state_dir);
	ident_hex32(name);
	door->auth = xasprintf("%s/auth-%s", door->shared.run_dir, name);
	store.program = door->options.image_program;
	store.cache_dir = cache;
	store.auth_dir = door->auth;
	store.cache_bytes = door->options.image_cache_bytes;
	store.deadline_ms = door->options.pull_ms;
	store.users = &door->options.registry_users;
	store.passwords = &door->options.registry_passwords;
	store.plain_http = door->options.plain_http_registries;
	choose_user(&door->options, &store);
	return image_store_open(&store, &door->store, err);
}

/* --- prefetch --- */

static int prefetch_one(const struct door *door, const char *reference, struct err *err)
{
	struct image_source source = image_store_source(door->store);
	AUTO(image_freep) struct image *image = NULL;
	int64_t start_ns = clock_boot_ns();
	int cancel = 0;

	if (source.pull(source.ctx, reference, &cancel, &image, err) < 0)
		return -1;
	printf("%s  %s  %.1f MiB  %s %.1f s\n", reference, image->answer.digest,
	       (double)image->answer.size_bytes / MIB,
	       image->answer.cached ? "was there, asked in" : "fetched in",
	       (double)(clock_boot_ns() - start_ns) / 1e9);
	return fflush(stdout);
}

/* One that cannot be had does not keep the others away. */
static int prefetch(const char *state, int count, char **references)
{
	AUTO(door_done) struct door door = {.auth = NULL};
	struct err err = ERR_INIT;
	int status = 0;

	if (door_open(state, &door, &err) < 0)
		return state_complain("image", &err);
	for (int i = 0; i < count; i++) {
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

static int list(const char *state, bool as_json)
{
	AUTO(door_done) struct door door = {.auth = NULL};
	AUTO(buf_done) struct buf output;
	struct err err = ERR_INIT;

	buf_init(&output, LIST_MAX);
	if (door_open(state, &door, &err) < 0 || image_store_list(door.store, &output, &err) < 0 ||
	    !buf_text(&output) || print_list(buf_text(&output), as_json, &err) < 0)
		return state_complain("image", &err);
	return 0;
}

static int usage_error(void)
{
	fprintf(stderr, "Usage: slipway " USAGE "\n");
	return 2;
}

int cli_image(int argc, char **argv)
{
	const char *state = NULL;
	bool as_json = false;
	const struct option_row rows[] = {
		{"json", OPTION_FLAG, &as_json, NULL, "list: for programs"},
		{"state", OPTION_TEXT, &state, "DIR", "state folder"},
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
		return list(state, as_json);
	if (strcmp(verb, "prefetch") == 0 && next < argc && !as_json)
		return prefetch(state, argc - next, argv + next);
	return usage_error();
}
