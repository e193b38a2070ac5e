/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "store/host_folder.h"

#define ONE   "111122223333"
#define OTHER "444455556666"

static struct conf_pair pairs[] = {
	{(char *)"all", (char *)"/srv/all"},
	{(char *)"one", (char *)"/srv/one  for " ONE},
	{(char *)"both", (char *)"/srv/both for " ONE ", " OTHER},
	{(char *)"odd", (char *)"/srv/made for us for " ONE},
};
static const struct conf_map folders = {pairs, ARRAY_LEN(pairs)};

static const struct {
	const char *name, *account, *folder;
} rows[] = {
	{"all", ONE, "/srv/all"},     {"all", OTHER, "/srv/all"},	{"one", ONE, "/srv/one"},
	{"one", OTHER, NULL},	      {"one", "1111222233", NULL},	{"both", ONE, "/srv/both"},
	{"both", OTHER, "/srv/both"}, {"odd", ONE, "/srv/made for us"}, {"odd", OTHER, NULL},
	{"none", ONE, NULL},
};

START_TEST(a_folder_is_for_the_accounts_that_it_names)
{
	AUTO(arena_freep) struct arena *arena = arena_new(4096);
	const char *folder = host_folder_find(&folders, rows[_i].name, rows[_i].account, arena);

	ck_assert_int_eq(folder != NULL, rows[_i].folder != NULL);
	if (folder)
		ck_assert_str_eq(folder, rows[_i].folder);
	ck_assert_ptr_null(host_folder_find(NULL, rows[_i].name, rows[_i].account, arena));
}
END_TEST

START_TEST(a_configuration_that_means_nothing_is_refused)
{
	static const struct {
		const char *value, *text;
	} wrong[] = {
		{"srv", "bucket.b must be an absolute path"},
		{"/srv for me", "bucket.b: 'me' is no account of 12 digits"},
		{"/srv for " ONE ", 12", "bucket.b: '12' is no account of 12 digits"},
	};
	struct err err = ERR_INIT;

	ASSERT_OK(host_folders_check("bucket", &folders, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct conf_pair pair = {(char *)"b", (char *)(uintptr_t)wrong[i].value};
		struct conf_map map = {&pair, 1};

		ck_assert_int_eq(host_folders_check("bucket", &map, &err), -1);
		ck_assert_str_eq(err.text, wrong[i].text);
	}
}
END_TEST

START_TEST(no_folder_lies_where_tasks_write)
{
	static const struct {
		const char *folder;
		bool fine;
	} cases[] = {
		{"/srv/b", true},
		{"/srv/shared", true},
		{"/srv", true},
		{"/srv/shared2", true},
		{"/srv/shared/b", false},
		{"/srv//shared/./b for " ONE, false},
		{"/srv/shared/../b", true},
	};
	struct conf_pair shared = {(char *)"fs-1", (char *)"/srv/shared/ for " OTHER};
	const struct conf_map systems = {&shared, 1};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct conf_pair pair = {(char *)"b", (char *)(uintptr_t)cases[i].folder};
		const struct conf_map map = {&pair, 1};

		ck_assert_int_eq(host_folders_check_apart("bucket", &map, &systems, &err),
				 cases[i].fine ? 0 : -1);
	}
	ck_assert_ptr_nonnull(strstr(err.text, "bucket.b lies in file_system.fs-1"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("host_folder");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, a_folder_is_for_the_accounts_that_it_names, 0, ARRAY_LEN(rows));
	tcase_add_test(all, a_configuration_that_means_nothing_is_refused);
	tcase_add_test(all, no_folder_lies_where_tasks_write);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
