/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of bills: there when they are whole, and not before.
 */
#include "cli/bill_output.h"
#include "core/file.h"
#include "tests/support/suite.h"

#include <sys/stat.h>

static char folder[64], path[96];

static void begin(void)
{
	suite_folder(folder, sizeof(folder));
	(void)snprintf(path, sizeof(path), "%s/bill.csv", folder);
}

static void end(void)
{
	struct err err = ERR_INIT;

	ASSERT_OK(file_remove_tree(folder, &err), &err);
}

static void ck_holds(const char *text)
{
	struct err err = ERR_INIT;
	struct buf buf;

	buf_init(&buf, 1024);
	ASSERT_OK(file_read(path, &buf, &err), &err);
	ck_assert_str_eq(buf_text(&buf), text);
	buf_done(&buf);
}

static int count_name(void *ctx, const char *in, const char *name, struct err *err)
{
	(void)in, (void)name, (void)err;
	(*(int *)ctx)++;
	return 0;
}

static int files(void)
{
	struct err err = ERR_INIT;
	int count = 0;

	ASSERT_OK(file_each_name(folder, count_name, &count, &err), &err);
	return count;
}

static void write_bill(const char *text, bool keep)
{
	AUTO(bill_output_done) struct bill_output output = {0};
	struct err err = ERR_INIT;

	ASSERT_OK(bill_output_open(path, &output, &err), &err);
	ck_assert(fputs(text, output.out) >= 0);
	if (keep)
		ASSERT_OK(bill_output_keep(&output, &err), &err);
}

START_TEST(a_file_is_the_old_one_until_the_new_one_is_whole)
{
	struct stat status;

	write_bill("one", true);
	ck_holds("one");
	write_bill("half", false);
	ck_holds("one");
	write_bill("two", true);
	ck_holds("two");
	ck_assert_int_eq(files(), 1);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0111, 0);
	ck_assert_uint_eq(status.st_mode & 0400, 0400);
}
END_TEST

START_TEST(what_cannot_be_written_is_an_error_that_names_it)
{
	AUTO(bill_output_done) struct bill_output output = {0};
	struct err err = ERR_INIT;

	ck_assert_int_eq(bill_output_open("/nowhere/at/all", &output, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/at/all"));
	ASSERT_OK(bill_output_open("/dev/full", &output, &err), &err);
	ck_assert(fputs("x", output.out) >= 0);
	ck_assert_int_eq(bill_output_keep(&output, &err), -1);
	ck_assert_int_eq(err.code, ERR_NO_SPACE);
}
END_TEST

START_TEST(the_width_is_the_one_that_is_said)
{
	AUTO(bill_output_done) struct bill_output output = {0};
	struct err err = ERR_INIT;

	ASSERT_OK(bill_output_open(path, &output, &err), &err);
	ck_assert_int_eq(setenv("COLUMNS", "72", 1), 0);
	ck_assert_int_eq(bill_output_look(&output).columns, 72);
	ck_assert_int_eq(setenv("COLUMNS", "-5", 1), 0);
	ck_assert_int_ge(bill_output_look(&output).columns, 40);
	ck_assert_int_eq(setenv("COLUMNS", "99999999999999", 1), 0);
	ck_assert_int_le(bill_output_look(&output).columns, 1000);
	ck_assert_int_eq(setenv("LC_ALL", "C.UTF-8", 1), 0);
	ck_assert(bill_output_look(&output).utf8);
	ck_assert_int_eq(setenv("LC_ALL", "C", 1), 0);
	ck_assert(!bill_output_look(&output).utf8);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bill_output");
	TCase *tests = tcase_create("files");

	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, a_file_is_the_old_one_until_the_new_one_is_whole);
	tcase_add_test(tests, what_cannot_be_written_is_an_error_that_names_it);
	tcase_add_test(tests, the_width_is_the_one_that_is_said);
	suite_add_tcase(suite, tests);
	return suite_end(suite);
}
