/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A state folder and its ports belong to one `slipway up` at a time.
 */
#include "tests/support/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "cli/claim.h"
#include "core/file.h"

/* A socket that holds a free port of 127.0.0.1, and which. */
static int hold_port(int64_t *ret_port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

START_TEST(a_second_claim_of_one_state_is_refused_until_the_first_ends)
{
	char dir[64];
	struct installation in = {.state = dir};
	struct err err = ERR_INIT;
	int first = -1;
	int second = -1;

	suite_folder(dir, sizeof(dir));
	close(hold_port(&in.port));
	close(hold_port(&in.registry_port));
	ASSERT_OK(claim_installation(&in, &first, &err), &err);
	ck_assert_int_eq(claim_installation(&in, &second, &err), -1);
	ck_assert_int_eq(err.code, ERR_CONFLICT);
	ck_assert_ptr_nonnull(strstr(err.text, "another slipway up (process "));
	close(first);
	ASSERT_OK(claim_installation(&in, &second, &err), &err);
	close(second);
	ASSERT_OK(file_remove_tree(dir, &err), &err);
}
END_TEST

START_TEST(a_port_in_use_is_named)
{
	char dir[64], wanted[32];
	struct installation in = {.state = dir};
	struct err err = ERR_INIT;
	int lock = -1;
	int holder;

	suite_folder(dir, sizeof(dir));
	close(hold_port(&in.port));
	holder = hold_port(&in.registry_port);
	ck_assert_int_eq(claim_installation(&in, &lock, &err), -1);
	ck_assert_int_eq(err.code, ERR_CONFLICT);
	(void)snprintf(wanted, sizeof(wanted), "port %d of", (int)in.registry_port);
	ck_assert_ptr_nonnull(strstr(err.text, wanted));
	close(holder);
	ASSERT_OK(file_remove_tree(dir, &err), &err);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_second_claim_of_one_state_is_refused_until_the_first_ends,
		a_port_in_use_is_named,
	};

	return suite_run("claim", tests, ARRAY_LEN(tests));
}
