/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/process_end.h"

static char folder[64];
static char *path, *full;
static struct err err = ERR_INIT;

static void open_folder(void)
{
	suite_folder(folder, sizeof(folder));
	path = xasprintf("%s/ends", folder);
	full = xasprintf("%s.1", path);
}

static void close_folder(void)
{
	ASSERT_OK(file_remove_tree(folder, &err), &err);
	free(path);
	free(full);
}

static void note(pid_t pid, int64_t start_ticks, int64_t boot_ns)
{
	struct process_id id = {.pid = pid, .start_ticks = start_ticks};

	ASSERT_OK(process_end_note(path, id, boot_ns, &err), &err);
}

/* -1: nobody noted it. */
static int64_t found(pid_t pid, int64_t start_ticks)
{
	struct process_id id = {.pid = pid, .start_ticks = start_ticks};
	int64_t boot_ns = -1;
	int rc = process_end_find(path, id, &boot_ns, &err);

	ck_assert_msg(rc >= 0, "%s", err.text);
	return rc == 1 ? boot_ns : -1;
}

START_TEST(an_end_is_found_by_number_and_start)
{
	ck_assert_int_eq(found(7, 70), -1);
	note(7, 70, 1000);
	note(8, 80, 2000);
	note(7, 90, 3000);
	ck_assert_int_eq(found(7, 70), 1000);
	ck_assert_int_eq(found(8, 80), 2000);
	ck_assert_int_eq(found(7, 90), 3000);
	ck_assert_int_eq(found(7, 7), -1);
	ck_assert_int_eq(found(8, 70), -1);
}
END_TEST

START_TEST(what_a_death_cut_short_is_no_line_and_spoils_none)
{
	AUTO(buf_done) struct buf text;
	const char *line;

	note(7, 70, 123456);
	buf_init(&text, 4096);
	ASSERT_OK(file_read(path, &text, &err), &err);
	line = buf_text(&text);
	for (size_t len = 0; len + 1 < strlen(line); len++) { /* all is said before its end */
		AUTO(freep) char *torn = xstrndup(line, len);

		suite_write(path, torn);
		ck_assert_int_eq(found(7, 70), -1);
		note(8, 80, 2000);
		ck_assert_int_eq(found(7, 70), -1);
		ck_assert_int_eq(found(8, 80), 2000);
	}
}
END_TEST

START_TEST(ends_of_another_boot_are_nobodys)
{
	struct process_id id = {.pid = 7, .start_ticks = 70};
	int64_t boot_ns = -1;

	ck_assert(process_end_parse("a 7 70 1000 .\n", "a", id, &boot_ns));
	ck_assert_int_eq(boot_ns, 1000);
	ck_assert(!process_end_parse("a 7 70 1000 .\n", "b", id, &boot_ns));
	suite_write(path, "00000000-0000-0000-0000-000000000000 7 70 1000 .\n");
	ck_assert_int_eq(found(7, 70), -1);
}
END_TEST

START_TEST(the_file_stays_small_and_the_last_ends_stay_in_it)
{
	struct stat about;

	for (int i = 0; i < 3000; i++)
		note(i + 1, 1000000 + i, 1000000000000 + i);
	ck_assert_int_eq(stat(path, &about), 0);
	ck_assert_int_lt(about.st_size, PROCESS_ENDS_BYTES + 200);
	ck_assert_int_eq(stat(full, &about), 0);
	ck_assert_int_lt(about.st_size, PROCESS_ENDS_BYTES + 200);
	for (int i = 2300; i < 3000; i++)
		ck_assert_int_eq(found(i + 1, 1000000 + i), 1000000000000 + i);
	ck_assert_int_eq(found(1, 1000000), -1);
}
END_TEST

static int64_t lived(pid_t pid, int64_t start_ticks)
{
	struct process_id id = {.pid = pid, .start_ticks = start_ticks};
	int64_t boot_ns = -1;

	ASSERT_OK(process_end_lived(path, id, &boot_ns, &err), &err);
	return boot_ns;
}

static void beat(int64_t witness_start, int64_t boot_ns)
{
	struct process_id witness = {.pid = 3, .start_ticks = witness_start};

	ASSERT_OK(process_end_beat(path, witness, boot_ns, &err), &err);
}

START_TEST(a_witness_speaks_of_those_who_began_after_it_or_whom_it_watches)
{
	struct process_id old = {.pid = 7, .start_ticks = 70};
	struct process_id witness = {.pid = 4, .start_ticks = 100};

	ck_assert_int_eq(lived(7, 70), 0);
	beat(50, 1000);
	ck_assert_int_eq(lived(7, 70), 1000);
	ck_assert_int_eq(lived(7, 40), 0);
	beat(100, 2000); /* of another, who knows nothing of it */
	ck_assert_int_eq(lived(7, 70), 1000);
	ASSERT_OK(process_end_watched(path, old, witness, &err), &err);
	ck_assert_int_eq(lived(7, 70), 1000);
	beat(100, 3000);
	ck_assert_int_eq(lived(7, 70), 3000);
	ck_assert_int_eq(lived(8, 70), 1000);
	beat(150, 4000);
	ck_assert_int_eq(lived(7, 70), 3000);
	ck_assert_int_eq(found(7, 70), -1); /* none of this is an end */
	ck_assert_int_eq(found(0, 100), 2000);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_an_error_and_names_the_file)
{
	struct process_id id = {.pid = 7, .start_ticks = 70};

	ck_assert_int_eq(process_end_note("/nowhere/ends", id, 1, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/ends"));
	err_clear(&err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_end_is_found_by_number_and_start,
		what_a_death_cut_short_is_no_line_and_spoils_none,
		ends_of_another_boot_are_nobodys,
		the_file_stays_small_and_the_last_ends_stay_in_it,
		a_witness_speaks_of_those_who_began_after_it_or_whom_it_watches,
		a_folder_that_is_not_there_is_an_error_and_names_the_file,
	};
	Suite *suite = suite_create("process_end");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, open_folder, close_folder);
	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(all, tests[i]);
	tcase_set_timeout(all, 60);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
