/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of a test program: a table of tests becomes a suite, each test in a
 * process of its own; and a folder that a test may fill.
 */
#ifndef SLIPWAY_TESTS_SUPPORT_SUITE_H
#define SLIPWAY_TESTS_SUPPORT_SUITE_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/common.h"
#include "core/err.h"

/* Run @suite and free it; returns the exit status. */
static inline int suite_end(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static inline int suite_run(const char *name, const TTest *const *tests, size_t count)
{
	Suite *suite = suite_create(name);
	TCase *all = tcase_create("all");

	for (size_t i = 0; i < count; i++)
		tcase_add_test(all, tests[i]);
	tcase_set_timeout(all, 60);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}

/* A fresh folder's path in @ret, at least 64 bytes. */
static inline char *suite_folder(char *ret, size_t size)
{
	(void)snprintf(ret, size, "/tmp/slipway-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(ret));
	return ret;
}

static inline void suite_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

#define ASSERT_OK(call, err) ck_assert_msg((call) == 0, "%s", (err)->text)

#endif
