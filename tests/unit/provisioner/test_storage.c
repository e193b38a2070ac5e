/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <sys/stat.h>

#include "core/file.h"
#include "provisioner/storage.h"

static char folder[64];
static struct storage *storage;
static struct err err;

static void open_storage(void)
{
	suite_folder(folder, sizeof(folder));
	ASSERT_OK(storage_open(folder, &storage, &err), &err);
}

static void close_storage(void)
{
	storage_free(storage);
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}

START_TEST(a_disk_is_a_sparse_ext4_of_its_size)
{
	AUTO(freep) char *path = NULL;
	AUTO(freep) char *command = NULL;
	struct stat about;

	ASSERT_OK(storage_make(storage, "one", 21, 0, 0, &path, &err), &err);
	ck_assert_int_eq(stat(path, &about), 0);
	ck_assert_int_eq(about.st_size, (int64_t)21 << 30);
	ck_assert_int_lt(about.st_blocks * 512, 64 << 20);
	ck_assert_int_eq(about.st_mode & 0777, 0600);
	command = xasprintf("e2fsck -fn %s >/dev/null 2>&1", path);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(a_disk_belongs_to_its_machines_user)
{
	AUTO(freep) char *path = NULL;
	uid_t uid = 0;

	if (geteuid() != 0)
		return; /* only root can give files away */
	ASSERT_OK(storage_make(storage, "one", 20, 64123, 64123, &path, &err), &err);
	ASSERT_OK(storage_owner(storage, "one", &uid, &err), &err);
	ck_assert_uint_eq(uid, 64123);
}
END_TEST

START_TEST(disks_are_removed_and_absent_ones_are_fine)
{
	AUTO(freep) char *path = NULL;
	uid_t uid;

	ASSERT_OK(storage_make(storage, "one", 20, 0, 0, &path, &err), &err);
	ASSERT_OK(storage_remove(storage, "one", &err), &err);
	ASSERT_OK(storage_remove(storage, "one", &err), &err);
	ck_assert_int_eq(storage_owner(storage, "one", &uid, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
}
END_TEST

static bool is_two(void *ctx, const char *machine)
{
	(void)ctx;
	return strcmp(machine, "two") == 0;
}

START_TEST(a_sweep_keeps_templates_and_what_it_is_told_to)
{
	AUTO(freep) char *one = NULL;
	AUTO(freep) char *two = NULL;
	AUTO(freep) char *part = xasprintf("%s/three.ext4.part", folder);
	AUTO(freep) char *template = xasprintf("%s/template-20.ext4", folder);
	size_t removed = 0;

	ASSERT_OK(storage_make(storage, "one", 20, 0, 0, &one, &err), &err);
	ASSERT_OK(storage_make(storage, "two", 20, 0, 0, &two, &err), &err);
	suite_write(part, "half");
	ASSERT_OK(storage_sweep(storage, is_two, NULL, &removed, &err), &err);
	ck_assert_uint_eq(removed, 2);
	ck_assert_int_ne(access(one, F_OK), 0);
	ck_assert_int_eq(access(two, F_OK), 0);
	ck_assert_int_ne(access(part, F_OK), 0);
	ck_assert_int_eq(access(template, F_OK), 0);
}
END_TEST

START_TEST(a_size_that_is_none_is_refused)
{
	char *path = NULL;

	ck_assert_int_eq(storage_make(storage, "one", 0, 0, 0, &path, &err), -1);
	ck_assert_int_eq(storage_make(storage, "one", 201, 0, 0, &path, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/storage");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, open_storage, close_storage);
	tcase_add_test(all, a_disk_is_a_sparse_ext4_of_its_size);
	tcase_add_test(all, a_disk_belongs_to_its_machines_user);
	tcase_add_test(all, disks_are_removed_and_absent_ones_are_fine);
	tcase_add_test(all, a_sweep_keeps_templates_and_what_it_is_told_to);
	tcase_add_test(all, a_size_that_is_none_is_refused);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
