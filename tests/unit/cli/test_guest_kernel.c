/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The choice of the guest's kernel, and what `slipway up` does about it: the script that
 * puts the guest together is a stand-in that tells how it was called.
 */
#include "tests/support/suite.h"

#include <sys/stat.h>

#include "cli/guest_kernel.h"
#include "core/file.h"

static char folder[64];

static const char *path_of(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void make_folder(const char *name)
{
	struct err err = ERR_INIT;

	ASSERT_OK(file_make_dir(path_of(name), 0755, &err), &err);
}

static void set_up(void)
{
	suite_folder(folder, sizeof(folder));
	make_folder("kernel");
}

static void tear_down(void)
{
	struct err err = ERR_INIT;

	ASSERT_OK(file_remove_tree(folder, &err), &err);
}

static enum guest_kernel chosen(void)
{
	enum guest_kernel kernel = GUEST_KERNEL_COUNT;
	struct err err = ERR_INIT;

	ASSERT_OK(guest_kernel_chosen(folder, &kernel, &err), &err);
	return kernel;
}

START_TEST(debians_kernel_is_the_default)
{
	ck_assert_int_eq(chosen(), GUEST_KERNEL_DEBIAN);
}
END_TEST

START_TEST(a_choice_is_remembered)
{
	struct err err = ERR_INIT;

	suite_write(path_of("kernel/vmlinux"), "x");
	for (int kernel = GUEST_KERNEL_COUNT; kernel-- > 0;) {
		enum guest_kernel back;

		ASSERT_OK(guest_kernel_choose(folder, (enum guest_kernel)kernel, &err), &err);
		ck_assert_int_eq(chosen(), kernel);
		ASSERT_OK(guest_kernel_from_word(guest_kernel_word((enum guest_kernel)kernel),
						 &back, &err),
			  &err);
		ck_assert_int_eq(back, kernel);
	}
}
END_TEST

START_TEST(a_kernel_that_was_not_built_cannot_be_chosen)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(guest_kernel_choose(folder, GUEST_KERNEL_OWN, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(err.text, "slipway kernel build"));
	ck_assert_int_eq(chosen(), GUEST_KERNEL_DEBIAN);
}
END_TEST

START_TEST(an_unknown_choice_is_an_error_that_names_file_and_word)
{
	enum guest_kernel kernel = GUEST_KERNEL_COUNT;
	struct err err = ERR_INIT;

	suite_write(path_of("kernel/chosen"), "plan9\n");
	ck_assert_int_eq(guest_kernel_chosen(folder, &kernel, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "kernel/chosen"));
	ck_assert_ptr_nonnull(strstr(err.text, "plan9"));
	ck_assert_int_eq(kernel, GUEST_KERNEL_COUNT);
}
END_TEST

static int lay(const char *script, struct err *err)
{
	struct installation installation = {.share = folder, .programs = folder, .state = folder};

	make_folder("microvm/guest");
	suite_write(path_of("microvm/guest/build"), script);
	ck_assert_int_eq(chmod(path_of("microvm/guest/build"), 0755), 0);
	return guest_kernel_lay_own(&installation, err);
}

START_TEST(the_guest_is_put_together_from_kernel_and_agent)
{
	struct err err = ERR_INIT;
	struct buf text;
	char expected[512];

	ASSERT_OK(lay("#!/bin/sh\necho \"$@\" >\"${0%/*}/called\"\n", &err), &err);
	buf_init(&text, sizeof(expected));
	ASSERT_OK(file_read(path_of("microvm/guest/called"), &text, &err), &err);
	(void)snprintf(expected, sizeof(expected),
		       "--kernel %s/kernel/vmlinux --agent %s/slipway-agent --out %s/guest\n",
		       folder, folder, folder);
	ck_assert_str_eq(buf_text(&text), expected);
	buf_done(&text);
}
END_TEST

START_TEST(what_the_script_says_is_in_the_error_with_a_way_back)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(lay("#!/bin/sh\necho no room >&2; exit 1\n", &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "no room (`slipway kernel use debian`"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		debians_kernel_is_the_default,
		a_choice_is_remembered,
		a_kernel_that_was_not_built_cannot_be_chosen,
		an_unknown_choice_is_an_error_that_names_file_and_word,
		the_guest_is_put_together_from_kernel_and_agent,
		what_the_script_says_is_in_the_error_with_a_way_back,
	};
	Suite *suite = suite_create("guest_kernel");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, set_up, tear_down);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(all, tests[i]);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
