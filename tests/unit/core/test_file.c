/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "core/file.h"

static char folder[64];

static char *in_folder(char *ret, const char *name)
{
	(void)snprintf(ret, 256, "%s/%s", folder, name);
	return ret;
}

static void clean(void)
{
	struct err err = ERR_INIT;

	ASSERT_OK(file_remove_tree(folder, &err), &err);
	ck_assert_int_eq(access(folder, F_OK), -1);
}

START_TEST(what_is_written_is_read_with_its_mode)
{
	AUTO(buf_done) struct buf buf;
	struct err err = ERR_INIT;
	struct stat st;
	char path[256];

	suite_folder(folder, sizeof(folder));
	in_folder(path, "a");
	ASSERT_OK(file_write(path, "old", 3, 0644, &err), &err);
	ASSERT_OK(file_write(path, "new bytes", 9, 0600, &err), &err);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	buf_init(&buf, 12);
	ASSERT_OK(buf_append_text(&buf, ">> ", &err), &err);
	ASSERT_OK(file_read(path, &buf, &err), &err);
	ck_assert_str_eq(buf_text(&buf), ">> new bytes");
	clean();
}
END_TEST

START_TEST(a_file_beyond_the_maximum_is_an_error_and_leaves_the_buffer)
{
	AUTO(buf_done) struct buf buf;
	struct err err = ERR_INIT;
	char path[256];

	suite_folder(folder, sizeof(folder));
	in_folder(path, "a");
	suite_write(path, "0123456789");
	buf_init(&buf, 9);
	ck_assert_int_eq(file_read(path, &buf, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_uint_eq(buf.len, 0);
	ck_assert_int_eq(file_read("/nonexistent/x", &buf, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_int_eq(file_read(folder, &buf, &err), -1);
	clean();
}
END_TEST

START_TEST(a_failed_write_leaves_nothing_beside)
{
	struct err err = ERR_INIT;
	char path[256];

	suite_folder(folder, sizeof(folder));
	in_folder(path, "taken");
	ck_assert_int_eq(mkdir(path, 0755), 0);
	/* A file cannot replace a folder: the last step fails. */
	ck_assert_int_eq(file_write(path, "x", 1, 0600, &err), -1);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(folders_are_made_with_their_parents)
{
	struct err err = ERR_INIT;
	struct stat st;
	char path[256];

	suite_folder(folder, sizeof(folder));
	in_folder(path, "a/b//c/");
	ASSERT_OK(file_make_dir(path, 0750, &err), &err);
	ASSERT_OK(file_make_dir(path, 0711, &err), &err);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0711);
	in_folder(path, "a/file");
	suite_write(path, "x");
	ck_assert_int_eq(file_make_dir(path, 0755, &err), -1);
	in_folder(path, "a/file/deeper");
	ck_assert_int_eq(file_make_dir(path, 0755, &err), -1);
	clean();
}
END_TEST

struct seen {
	unsigned count, limit;
};

static int see(void *ctx, const char *at, const char *name, struct err *err)
{
	struct seen *seen = ctx;

	ck_assert_str_eq(at, folder);
	ck_assert(strcmp(name, "one") == 0 || strcmp(name, ".two") == 0);
	seen->count++;
	return seen->count < seen->limit ? 0 : err_set(err, ERR_LIMIT, "enough");
}

START_TEST(each_name_is_told_until_one_fails)
{
	struct err err = ERR_INIT;
	struct seen all = {0, 3}, first = {0, 1};
	char path[256];

	suite_folder(folder, sizeof(folder));
	suite_write(in_folder(path, "one"), "x");
	suite_write(in_folder(path, ".two"), "x");
	ASSERT_OK(file_each_name(folder, see, &all, &err), &err);
	ck_assert_uint_eq(all.count, 2);
	ck_assert_int_eq(file_each_name(folder, see, &first, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_uint_eq(first.count, 1);
	clean();
	ck_assert_int_eq(file_each_name(folder, see, &all, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
}
END_TEST

START_TEST(removing_follows_no_links)
{
	struct err err = ERR_INIT;
	char outside[64];
	char kept[128];
	char path[256];

	suite_folder(outside, sizeof(outside));
	(void)snprintf(kept, sizeof(kept), "%s/kept", outside);
	suite_write(kept, "x");
	suite_folder(folder, sizeof(folder));
	ck_assert_int_eq(symlink(outside, in_folder(path, "link")), 0);
	ck_assert_int_eq(mkfifo(in_folder(path, "fifo"), 0600), 0);
	clean();
	ck_assert_int_eq(access(kept, F_OK), 0);
	/* The path itself may be a link, or a file, or nothing. */
	suite_folder(folder, sizeof(folder));
	in_folder(path, "link");
	ck_assert_int_eq(symlink(outside, path), 0);
	ASSERT_OK(file_remove_tree(path, &err), &err);
	ASSERT_OK(file_remove_tree(path, &err), &err);
	ck_assert_int_eq(access(kept, F_OK), 0);
	clean();
	ASSERT_OK(file_remove_tree(outside, &err), &err);
}
END_TEST

START_TEST(removing_enters_folders_that_are_closed_to_their_owner)
{
	char path[256];

	suite_folder(folder, sizeof(folder));
	ck_assert_int_eq(mkdir(in_folder(path, "closed"), 0755), 0);
	ck_assert_int_eq(mkdir(in_folder(path, "closed/inner"), 0755), 0);
	suite_write(in_folder(path, "closed/inner/file"), "x");
	ck_assert_int_eq(chmod(in_folder(path, "closed/inner"), 0555), 0);
	ck_assert_int_eq(chmod(in_folder(path, "closed"), 0), 0);
	clean();
}
END_TEST

START_TEST(removing_reaches_any_depth)
{
	int fd;

	suite_folder(folder, sizeof(folder));
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Deeper than descriptors and than the longest path. */
	for (int i = 0; i < 3000; i++) {
		int next;

		ck_assert_int_eq(mkdirat(fd, "deep", 0755), 0);
		next = openat(fd, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ck_assert_int_ge(next, 0);
		close(fd);
		fd = next;
	}
	close(fd);
	clean();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_is_written_is_read_with_its_mode,
		a_file_beyond_the_maximum_is_an_error_and_leaves_the_buffer,
		a_failed_write_leaves_nothing_beside,
		folders_are_made_with_their_parents,
		each_name_is_told_until_one_fails,
		removing_follows_no_links,
		removing_enters_folders_that_are_closed_to_their_owner,
		removing_reaches_any_depth,
	};

	return suite_run("core/file", tests, ARRAY_LEN(tests));
}
