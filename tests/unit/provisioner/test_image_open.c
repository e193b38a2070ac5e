/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/file.h"
#include "provisioner/image_open.h"

static char folder[64];
static struct shared_options shared;
static struct provisioner_options options;
static struct err err;

START_TEST(without_a_name_the_worker_is_the_one_beside_the_program)
{
	AUTO(freep) char *config = NULL;
	AUTO(freep) char *text = NULL;
	AUTO(freep) char *worker = file_beside_program("slipway-image");
	struct image_store *store = NULL;
	struct image_source source;
	struct image *image = NULL;
	int cancel = 1; /* before it has done anything */

	suite_folder(folder, sizeof(folder));
	config = xasprintf("%s/slipway.conf", folder);
	text = xasprintf("state_dir = %s/state\nrun_dir = %s/run\n", folder, folder);
	suite_write(config, text);
	ASSERT_OK(provisioner_options_read(config, &shared, &options, &err), &err);
	ASSERT_OK(image_open(&shared, &options, &store, &err), &err);
	source = image_store_source(store);
	ck_assert_int_eq(source.pull(source.ctx, "127.0.0.1:1/a", NULL, &cancel, &image, &err), -1);
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
		without_a_name_the_worker_is_the_one_beside_the_program,
	};

	return suite_run("provisioner/image_open", tests, ARRAY_LEN(tests));
}
