/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mistake in the configuration is told once and by the program that found it, before anything
 * is started. The programs are scripts here.
 */
#include "tests/support/suite.h"

#include <sys/stat.h>

#include "cli/configuration_trial.h"

static char folder[64];
static struct installation installation;
static struct err err;

static void put_program(const char *name, const char *script)
{
	AUTO(freep) char *path = xasprintf("%s/%s", folder, name);

	suite_write(path, script);
	ck_assert_int_eq(chmod(path, 0755), 0);
}

static void begin(void)
{
	suite_folder(folder, sizeof(folder));
	installation.programs = folder;
	installation.configuration = folder;
	installation.state = folder;
	put_program("slipway-gateway", "#!/bin/sh\n[ \"$3\" = --check-config ]\n");
	put_program("slipway-provisioner", "#!/bin/sh\nexit 0\n");
	put_program("slipway-relay", "#!/bin/sh\nexit 0\n");
}

START_TEST(a_configuration_that_all_take_is_good)
{
	ASSERT_OK(configuration_trial(&installation, &err), &err);
}
END_TEST

START_TEST(the_words_of_who_refuses_are_told_without_what_logs_put_before_them)
{
	put_program("slipway-relay", "#!/bin/sh\necho 'T error relay f:3: unknown key x' >&2\n"
				     "exit 1\n");
	ck_assert_int_eq(configuration_trial(&installation, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID);
	ck_assert_msg(strncmp(err.text, "f:3: unknown key x (", 20) == 0, "%s", err.text);
	ck_assert_ptr_nonnull(strstr(err.text, "/local.conf"));
}
END_TEST

START_TEST(words_that_are_no_line_of_a_log_are_told_as_they_are)
{
	put_program("slipway-provisioner", "#!/bin/sh\necho 'error while loading' >&2\nexit 127\n");
	ck_assert_int_eq(configuration_trial(&installation, &err), -1);
	ck_assert_msg(strncmp(err.text, "error while loading (", 21) == 0, "%s", err.text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_configuration_that_all_take_is_good,
		the_words_of_who_refuses_are_told_without_what_logs_put_before_them,
		words_that_are_no_line_of_a_log_are_told_as_they_are,
	};
	Suite *suite = suite_create("configuration_trial");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, begin, NULL);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(all, tests[i]);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
