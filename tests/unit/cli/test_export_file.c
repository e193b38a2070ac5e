/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines at the end of a file: whole ones only, whatever a killed program left there, and nobody
 * else's are harmed.
 */
#include "tests/support/suite.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "cli/export_file.h"
#include "core/file.h"

#define BEGIN "{\"id\":\""

static int append(const char *path, const char *text, struct err *err)
{
	AUTO(buf_done) struct buf lines;

	buf_init(&lines, 1000000);
	ASSERT_OK(buf_append_text(&lines, text, err), err);
	return export_file_append(path, BEGIN, &lines, err);
}

static void check_text(const char *path, const char *text)
{
	AUTO(buf_done) struct buf found;
	struct err err = ERR_INIT;

	buf_init(&found, 1000000);
	ASSERT_OK(file_read(path, &found, &err), &err);
	ck_assert_str_eq(found.len > 0 ? buf_text(&found) : "", text);
}

START_TEST(lines_are_appended_and_half_a_line_is_cut_off)
{
	static const struct {
		const char *before, *after; /* NULL: it is refused, and stays */
	} rows[] = {
		{"", "{\"id\":\"new\"}\n"},
		{"{\"id\":\"1\"}\n", "{\"id\":\"1\"}\n{\"id\":\"new\"}\n"},
		{"{\"id\":\"1\"}\n{\"id\":\"2\"", "{\"id\":\"1\"}\n{\"id\":\"new\"}\n"},
		{"{\"id\":\"1\"}\n{", "{\"id\":\"1\"}\n{\"id\":\"new\"}\n"},
		{"{\"id\":\"1\"}", "{\"id\":\"new\"}\n"},
		{"other words\n", "other words\n{\"id\":\"new\"}\n"},
		{"other words", NULL},
		{"{\"id\":\"1\"}\nother", NULL},
		{"{\"id\":\"1\"}\n{\"ix", NULL},
	};
	char folder[64], path[96];
	struct err err = ERR_INIT;

	suite_folder(folder, sizeof(folder));
	(void)snprintf(path, sizeof(path), "%s/events", folder);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int rc;

		suite_write(path, rows[i].before);
		rc = append(path, "{\"id\":\"new\"}\n", &err);
		ck_assert_msg(rc == (rows[i].after ? 0 : -1), "row %zu: %s", i, err.text);
		ck_assert(rc == 0 || err.code == ERR_INVALID);
		check_text(path, rows[i].after ? rows[i].after : rows[i].before);
		err_clear(&err);
	}
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}
END_TEST

START_TEST(half_a_line_may_be_long)
{
	static const char before[] = "1\n" BEGIN;
	char folder[64], path[96];
	char *text = xcalloc(1, 200001);
	struct err err = ERR_INIT;

	suite_folder(folder, sizeof(folder));
	(void)snprintf(path, sizeof(path), "%s/events", folder);
	memset(text, 'x', 200000);
	memcpy(text, before, sizeof(before) - 1);
	suite_write(path, text);
	ASSERT_OK(append(path, "2\n", &err), &err);
	check_text(path, "1\n2\n");
	free(text);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}
END_TEST

START_TEST(a_new_file_is_its_owners_alone)
{
	char folder[64], path[96];
	struct stat info;
	struct err err = ERR_INIT;

	suite_folder(folder, sizeof(folder));
	(void)snprintf(path, sizeof(path), "%s/events", folder);
	ASSERT_OK(append(path, "1\n", &err), &err);
	ck_assert_int_eq(stat(path, &info), 0);
	ck_assert_uint_eq(info.st_mode & 0777, 0600);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}
END_TEST

START_TEST(two_do_not_write_at_once_and_a_pipe_is_no_file)
{
	char folder[64], path[96];
	struct err err = ERR_INIT;
	int fd;

	suite_folder(folder, sizeof(folder));
	(void)snprintf(path, sizeof(path), "%s/events", folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_int_eq(append(path, "1\n", &err), -1);
	ck_assert_int_eq(err.code, ERR_CONFLICT);
	check_text(path, "");
	(void)close(fd);
	ASSERT_OK(append(path, "1\n", &err), &err);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(append(path, "1\n", &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {lines_are_appended_and_half_a_line_is_cut_off,
				      half_a_line_may_be_long, a_new_file_is_its_owners_alone,
				      two_do_not_write_at_once_and_a_pipe_is_no_file};

	return suite_run("cli/export_file", tests, ARRAY_LEN(tests));
}
