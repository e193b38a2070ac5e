/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "store/file_system.h"

static struct conf_pair folders[] = {{(char *)"fs-1", (char *)"/srv/one"},
				     {(char *)"fs-2", (char *)"/srv/two"}};
static struct conf_pair points[] = {{(char *)"fsap-1", (char *)"fs-1"},
				    {(char *)"fsap-2", (char *)"fs-2 \t/deep/er"}};
static const struct conf_map folder_map = {folders, ARRAY_LEN(folders)};
static const struct conf_map point_map = {points, ARRAY_LEN(points)};
static const struct file_systems systems = {&folder_map, &point_map};

static const struct {
	const char *id, *root, *point; /* asked for */
	const char *folder, *below;    /* found; NULL: */
	enum err_code code;
} rows[] = {
	{"fs-1", NULL, NULL, "/srv/one", ".", ERR_NONE},
	{"fs-1", "", "", "/srv/one", ".", ERR_NONE},
	{"fs-2", "/", "", "/srv/two", ".", ERR_NONE},
	{"fs-2", "//a/./b..", "", "/srv/two", "a/./b..", ERR_NONE},
	{"fs-2", "a", "", "/srv/two", "a", ERR_NONE},
	{"fs-1", "/", "fsap-1", "/srv/one", ".", ERR_NONE},
	{"fs-2", NULL, "fsap-2", "/srv/two", "deep/er", ERR_NONE},
	{"fs-1", NULL, "fsap-2", NULL, NULL, ERR_NOT_FOUND},
	{"fs-1", NULL, "fsap-3", NULL, NULL, ERR_NOT_FOUND},
	{"fs-3", NULL, NULL, NULL, NULL, ERR_NOT_FOUND},
	{"fs-1", "..", NULL, NULL, NULL, ERR_INVALID},
	{"fs-1", "/a/../b", NULL, NULL, NULL, ERR_INVALID},
	{"fs-1", "/a/..", NULL, NULL, NULL, ERR_INVALID},
};

START_TEST(a_volume_has_a_place_or_none)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1u << 16);
	struct file_system_place place;
	struct err err = ERR_INIT;
	int result = file_system_find(&systems, "1", rows[_i].id, rows[_i].root, rows[_i].point,
				      arena, &place, &err);

	ck_assert_int_eq(err.code, rows[_i].code);
	ck_assert_int_eq(result, rows[_i].folder ? 0 : -1);
	if (result < 0)
		return;
	ck_assert_str_eq(place.folder, rows[_i].folder);
	ck_assert_str_eq(place.root, rows[_i].below);
}
END_TEST

START_TEST(without_a_configuration_there_is_none)
{
	static const struct file_systems none = {NULL, NULL};
	AUTO(arena_freep) struct arena *arena = arena_new(1u << 16);
	struct file_system_place place;
	struct err err = ERR_INIT;

	ck_assert_int_eq(file_system_find(&none, "1", "fs-1", NULL, NULL, arena, &place, &err), -1);
	ck_assert_str_eq(err.text,
			 "the file system 'fs-1' is not in the configuration of this Slipway");
}
END_TEST

static const char *const wrong_points[] = {"", "fs-3", "fs-1 deep", "fs-1 /a/../..", "/deep"};

START_TEST(a_configuration_that_contradicts_itself_is_refused)
{
	struct conf_pair pair = {(char *)"fsap-1", (char *)(uintptr_t)wrong_points[_i]};
	struct conf_map map = {&pair, 1};
	struct file_systems wrong = {&folder_map, &map};
	struct err err = ERR_INIT;

	ASSERT_OK(file_systems_check(&systems, &err), &err);
	ck_assert_int_eq(file_systems_check(&wrong, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "access_point.fsap-1"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("file_system");
	TCase *all = tcase_create("all");

	tcase_add_loop_test(all, a_volume_has_a_place_or_none, 0, ARRAY_LEN(rows));
	tcase_add_test(all, without_a_configuration_there_is_none);
	tcase_add_loop_test(all, a_configuration_that_contradicts_itself_is_refused, 0,
			    ARRAY_LEN(wrong_points));
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
