/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/local_socket.h"

START_TEST(what_an_earlier_life_left_is_replaced)
{
	struct err err = ERR_INIT;
	AUTO(freep) char *path = NULL;
	struct stat info;
	char folder[64];

	path = xasprintf("%s/door", suite_folder(folder, sizeof(folder)));
	for (int life = 0; life < 2; life++) {
		int fd = -1;

		ASSERT_OK(local_socket_bind(path, SOCK_SEQPACKET, "a socket", &fd, &err), &err);
		ck_assert_int_eq(listen(fd, 1), 0);
		ck_assert_int_eq(accept(fd, NULL, NULL), -1); /* it does not wait */
		ck_assert_int_eq(stat(path, &info), 0);
		ck_assert_uint_eq(info.st_mode, S_IFSOCK | 0666);
		close(fd);
	}
	ASSERT_OK(file_remove_tree(folder, &err), &err);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_told_with_its_name)
{
	AUTO(freep) char *path = xcalloc(1, 201);
	struct err err = ERR_INIT;
	int fd = -1;

	memset(path, 'x', 200);
	ck_assert_int_eq(local_socket_bind(path, SOCK_DGRAM, "the doorbell", &fd, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_ptr_nonnull(strstr(err.text, "the path of the doorbell is too long: xxx"));
	ck_assert_int_eq(fd, -1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_an_earlier_life_left_is_replaced,
		a_path_that_is_too_long_is_told_with_its_name,
	};

	return suite_run("core/local_socket", tests, ARRAY_LEN(tests));
}
