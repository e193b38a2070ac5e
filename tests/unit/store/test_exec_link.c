/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "store/exec_link.h"

#define ID    "0123456789abcdef0123456789abcdef"
#define TOKEN ID ID

START_TEST(what_is_written_is_read_again)
{
	struct exec_link_open open = {.terminal = true, .size = {40, 132}};
	struct exec_link_open again;
	struct exec_link_size size;
	uint8_t message[EXEC_LINK_OPEN_SIZE];
	struct err err = ERR_INIT;

	(void)snprintf(open.id, sizeof(open.id), "%s", ID);
	(void)snprintf(open.token, sizeof(open.token), "%s", TOKEN);
	exec_link_write_open(message, &open);
	ASSERT_OK(exec_link_read_open(message, sizeof(message), &again, &err), &err);
	ck_assert_str_eq(again.id, ID);
	ck_assert_str_eq(again.token, TOKEN);
	ck_assert(again.terminal);
	ck_assert_uint_eq(again.size.rows, 40);
	ck_assert_uint_eq(again.size.columns, 132);
	exec_link_write_start(message, &open);
	ASSERT_OK(exec_link_read_open(message, EXEC_LINK_START_SIZE, &again, &err), &err);
	ck_assert_str_eq(again.id, "");
	ck_assert_uint_eq(again.size.columns, 132);
	exec_link_write_resize(message, (struct exec_link_size){0, 70000});
	ASSERT_OK(exec_link_read_resize(message, EXEC_LINK_RESIZE_SIZE, &size, &err), &err);
	ck_assert_uint_eq(size.rows, 1);
	ck_assert_uint_eq(size.columns, EXEC_LINK_SIDE_MAX);
}
END_TEST

START_TEST(other_forms_are_refused)
{
	struct exec_link_open open = {.terminal = false, .size = {1, 1}};
	struct exec_link_size size;
	uint8_t message[EXEC_LINK_OPEN_SIZE];
	struct err err = ERR_INIT;

	exec_link_write_open(message, &open); /* without id and token */
	ck_assert_int_eq(exec_link_read_open(message, sizeof(message), &open, &err), -1);
	message[0] = EXEC_LINK_START;
	ck_assert_int_eq(exec_link_read_open(message, sizeof(message), &open, &err), -1);
	message[0] = EXEC_LINK_INPUT;
	ck_assert_int_eq(exec_link_read_open(message, sizeof(message), &open, &err), -1);
	ck_assert_int_eq(exec_link_read_open(message, 0, &open, &err), -1);
	ck_assert_int_eq(exec_link_read_resize(message, 4, &size, &err), -1);
	ck_assert(!exec_link_is_hex("0123456789ABCDEF", 16));
	ck_assert(!exec_link_is_hex("0123", 16));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {what_is_written_is_read_again, other_forms_are_refused};

	return suite_run("store/exec_link", tests, ARRAY_LEN(tests));
}
