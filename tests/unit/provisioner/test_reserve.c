/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reserve holds blocks of the disk and gives them back when the disk is full.
 */
#include "tests/support/suite.h"

#include <sys/stat.h>

#include "core/file.h"
#include "provisioner/reserve.h"

START_TEST(a_reserve_holds_blocks_until_the_disk_is_full)
{
	char dir[64];
	struct err err = ERR_INIT;
	struct stat st;
	bool given = true;

	suite_folder(dir, sizeof(dir));
	AUTO(freep) char *path = xasprintf("%s/reserve", dir);
	for (int round = 0; round < 2; round++) {
		ASSERT_OK(reserve_tend(path, false, &given, &err), &err);
		ck_assert(!given);
		ck_assert_int_eq(stat(path, &st), 0);
		ck_assert_int_eq(st.st_size, RESERVE_BYTES);
		ck_assert_int_ge(st.st_blocks, RESERVE_BYTES / 512);
	}
	ASSERT_OK(reserve_tend(path, true, &given, &err), &err);
	ck_assert(given);
	ck_assert_int_eq(stat(path, &st), -1);
	ASSERT_OK(reserve_tend(path, true, &given, &err), &err);
	ck_assert(!given);
	ASSERT_OK(file_remove_tree(dir, &err), &err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_reserve_holds_blocks_until_the_disk_is_full};

	return suite_run("reserve", tests, ARRAY_LEN(tests));
}
