/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

#include "core/file.h"
#include "provisioner/image_open.h"

static char folder[64];
static struct shared_options shared;
static struct provisioner_options options;
static struct err err;

static void make_auth(const char *name, time_t age_s)
{
	AUTO(freep) char *dir = xasprintf("%s/%s", folder, name);
	AUTO(freep) char *file = xasprintf("%s/password", dir);
	const struct timeval then = {.tv_sec = time(NULL) - age_s};
	const struct timeval times[2] = {then, then};

	ck_assert_int_eq(mkdir(dir, 0700), 0);
	suite_write(file, "secret");
	ck_assert_int_eq(utimes(dir, times), 0);
}

static bool is_there(const char *name)
{
	AUTO(freep) char *path = xasprintf("%s/%s", folder, name);

	return access(path, F_OK) == 0;
}

START_TEST(passwords_that_a_killed_command_left_are_forgotten)
{
	suite_folder(folder, sizeof(folder));
	make_auth("auth-old", 3 * 86400);
	make_auth("auth-young", 3600);
	make_auth("other-old", 3 * 86400);
	make_auth("auth", 3 * 86400); /* the provisioner's own: image_open() empties it */
	ASSERT_OK(image_forget_passwords(folder, &err), &err);
	ck_assert(!is_there("auth-old"));
	ck_assert(is_there("auth-young"));
	ck_assert(is_there("other-old"));
	ck_assert(is_there("auth"));
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}
END_TEST

START_TEST(without_a_name_the_worker_is_the_one_beside_the_program)
{
	AUTO(freep) char *config = NULL;
	AUTO(freep) char *text = NULL;
	AUTO(freep) char *auth = NULL;
	AUTO(freep) char *worker = file_beside_program("slipway-image");
	struct image_store *store = NULL;
	struct image_source source;
	struct image *image = NULL;
	int cancel = 1; /* before it has done anything */

	suite_folder(folder, sizeof(folder));
	config = xasprintf("%s/slipway.conf", folder);
	text = xasprintf("state_dir = %s/state\nrun_dir = %s/run\n", folder, folder);
	auth = xasprintf("%s/run/auth", folder);
	suite_write(config, text);
	ASSERT_OK(provisioner_options_read(config, &shared, &options, &err), &err);
	ASSERT_OK(image_open(&shared, &options, auth, &store, &err), &err);
	source = image_store_source(store);
	ck_assert_int_eq(source.pull(source.ctx, "127.0.0.1:1/a", &cancel, &image, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, worker));
	image_store_free(store);
	conf_done(&shared_options_table, &shared);
	conf_done(&provisioner_options_table, &options);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		passwords_that_a_killed_command_left_are_forgotten,
		without_a_name_the_worker_is_the_one_beside_the_program,
	};

	return suite_run("provisioner/image_open", tests, ARRAY_LEN(tests));
}
