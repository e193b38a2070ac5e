/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes to a path, or takes the place of what was there, is told of; what goes, or stays, is
 * not.
 */
#include "tests/support/suite.h"

#include <sys/stat.h>

#include "core/file.h"
#include "relay/path_watch.h"

static char folder[64];
static char *path;
static struct loop *loop;
static struct path_watch *watch;
static int told;

static void begin(void)
{
	struct err err = ERR_INIT;

	path = xasprintf("%s/in", suite_folder(folder, sizeof(folder)));
	ASSERT_OK(loop_new(&loop, &err), &err);
	told = 0;
}

static void finish(void)
{
	struct err err = ERR_INIT;

	path_watch_free(watch);
	loop_free(loop);
	free(path);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}

static void on_change(void *ctx, const char *changed)
{
	(void)ctx;
	ck_assert_str_eq(changed, path);
	told++;
}

static void stop(void *ctx)
{
	loop_stop(ctx);
}

static void start(const char *at, const char *credentials)
{
	const struct source_options source = {.folder = at, .credentials = credentials};

	watch = path_watch_new(loop, &source, 1, on_change, NULL);
}

static void look(void)
{
	struct err err = ERR_INIT;

	(void)loop_timer_add(loop, 1300, stop, loop);
	ASSERT_OK(loop_run(loop, &err), &err);
}

START_TEST(a_folder_that_comes_is_told_of_once)
{
	start(path, "");
	look();
	ck_assert_int_eq(told, 0);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	look();
	look();
	ck_assert_int_eq(told, 1);
}
END_TEST

START_TEST(a_file_in_the_place_of_another_is_told_of_and_one_that_goes_is_not)
{
	AUTO(freep) char *other = xasprintf("%s.new", path);

	suite_write(path, "a");
	suite_write(other, "b");
	start("", path);
	suite_write(path, "the same file");
	look();
	ck_assert_int_eq(unlink(path), 0);
	look();
	ck_assert_int_eq(told, 0);
	ck_assert_int_eq(rename(other, path), 0);
	look();
	ck_assert_int_eq(told, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("relay/path_watch");
	TCase *all = tcase_create("all");

	tcase_set_timeout(all, 60);
	tcase_add_checked_fixture(all, begin, finish);
	tcase_add_test(all, a_folder_that_comes_is_told_of_once);
	tcase_add_test(all, a_file_in_the_place_of_another_is_told_of_and_one_that_goes_is_not);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
