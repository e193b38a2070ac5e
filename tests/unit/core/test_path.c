/* SPDX-License-Identifier: Apache-2.0 */
#include "core/path.h"
#include "tests/support/suite.h"

START_TEST(a_clean_path_has_only_what_leads_somewhere)
{
	static const struct {
		const char *path, *clean;
	} cases[] = {
		{"/", "/"},
		{"", "/"},
		{"//", "/"},
		{"/..", "/"},
		{"/.", "/"},
		{"/a/..", "/"},
		{"/a/../../..", "/"},
		{"/a", "/a"},
		{"/a/", "/a"},
		{"//a/./b/../c//", "/a/c"},
		{"/a/b/../../c", "/c"},
		{"/.a/..b/...", "/.a/..b/..."},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(freep) char *clean = path_clean(cases[i].path);

		ck_assert_str_eq(clean, cases[i].clean);
		ck_assert(path_is_same(cases[i].path, cases[i].clean));
	}
	ck_assert(!path_is_same("/a", "/ab"));
}
END_TEST

START_TEST(a_path_is_within_what_it_leads_through)
{
	ck_assert(path_is_within("/a/b", "/a"));
	ck_assert(path_is_within("/a/b/", "//a/./b"));
	ck_assert(path_is_within("/a/b", "/"));
	ck_assert(path_is_within("/", "/"));
	ck_assert(!path_is_within("/ab", "/a"));
	ck_assert(!path_is_within("/a", "/a/b"));
	ck_assert(!path_is_within("/a/../b", "/a"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_clean_path_has_only_what_leads_somewhere,
				      a_path_is_within_what_it_leads_through};

	return suite_run("core/path", tests, ARRAY_LEN(tests));
}
