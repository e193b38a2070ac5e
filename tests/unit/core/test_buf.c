/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/buf.h"

START_TEST(the_maximum_is_reached_exactly_and_not_passed)
{
	AUTO(buf_done) struct buf buf;
	struct err err = ERR_INIT;

	buf_init(&buf, 1000);
	for (int i = 0; i < 1000; i++)
		ASSERT_OK(buf_append(&buf, "x", 1, &err), &err);
	ck_assert_int_eq(buf_append(&buf, "x", 1, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_uint_eq(buf.len, 1000);
	/* The text's zero is not counted. */
	ck_assert_uint_eq(strlen(buf_text(&buf)), 1000);
}
END_TEST

START_TEST(nothing_can_be_appended_to_anything)
{
	AUTO(buf_done) struct buf buf;
	struct err err = ERR_INIT;

	buf_init(&buf, 0);
	ASSERT_OK(buf_append(&buf, NULL, 0, &err), &err);
	ASSERT_OK(buf_append_text(&buf, "", &err), &err);
	ck_assert_str_eq(buf_text(&buf), "");
	ck_assert_int_eq(buf_append(&buf, "a", 1, &err), -1);
}
END_TEST

START_TEST(printf_appends_up_to_the_maximum)
{
	AUTO(buf_done) struct buf buf;
	struct err err = ERR_INIT;

	buf_init(&buf, 5);
	ASSERT_OK(buf_printf(&buf, &err, "%d", 12), &err);
	ASSERT_OK(buf_printf(&buf, &err, "%s", "abc"), &err);
	ck_assert_str_eq(buf_text(&buf), "12abc");
	ck_assert_int_eq(buf_printf(&buf, &err, "z"), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_str_eq(buf_text(&buf), "12abc");
}
END_TEST

START_TEST(reserved_room_counts_once_it_is_added)
{
	AUTO(buf_done) struct buf buf;
	struct err err = ERR_INIT;
	uint8_t *room = NULL;

	buf_init(&buf, 100);
	ASSERT_OK(buf_reserve(&buf, 100, &room, &err), &err);
	memset(room, 'r', 100);
	ck_assert_uint_eq(buf.len, 0);
	buf_added(&buf, 60);
	ck_assert_uint_eq(buf.len, 60);
	ck_assert_int_eq(buf_reserve(&buf, 41, &room, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_int_eq(buf_reserve(&buf, SIZE_MAX, &room, &err), -1);
	ASSERT_OK(buf_reserve(&buf, 40, &room, &err), &err);
}
END_TEST

START_TEST(consuming_takes_from_the_front_and_at_most_all)
{
	AUTO(buf_done) struct buf buf;
	struct err err = ERR_INIT;

	buf_init(&buf, 100);
	ASSERT_OK(buf_append_text(&buf, "abcdef", &err), &err);
	buf_consume(&buf, 2);
	ck_assert_str_eq(buf_text(&buf), "cdef");
	buf_consume(&buf, 100);
	ck_assert_uint_eq(buf.len, 0);
	ASSERT_OK(buf_append_text(&buf, "g", &err), &err);
	buf_clear(&buf);
	ck_assert_str_eq(buf_text(&buf), "");
}
END_TEST

START_TEST(a_secret_one_leaves_nothing_behind_its_content)
{
	AUTO(buf_done) struct buf buf;
	struct err err = ERR_INIT;

	buf_init_secret(&buf, 100000);
	ASSERT_OK(buf_append_text(&buf, "abcdefgh", &err), &err);
	buf_consume(&buf, 3);
	ck_assert_int_eq(memcmp(buf.data, "defgh\0\0\0", 8), 0);
	/* It grows, which moves it. */
	for (int i = 0; i < 9999; i++)
		ASSERT_OK(buf_append_text(&buf, "ijklmnop", &err), &err);
	ck_assert_int_eq(memcmp(buf.data, "defghijkl", 9), 0);
	buf_consume(&buf, buf.len - 1);
	ck_assert_int_eq(memcmp(buf.data, "p\0\0\0\0\0\0\0", 8), 0);
	buf_clear(&buf);
	ck_assert_int_eq(buf.data[0], 0);
}
END_TEST

START_TEST(done_twice_is_fine)
{
	struct buf buf;
	struct err err = ERR_INIT;

	buf_init(&buf, 10);
	ASSERT_OK(buf_append_text(&buf, "a", &err), &err);
	buf_done(&buf);
	buf_done(&buf);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_maximum_is_reached_exactly_and_not_passed,
		nothing_can_be_appended_to_anything,
		printf_appends_up_to_the_maximum,
		reserved_room_counts_once_it_is_added,
		consuming_takes_from_the_front_and_at_most_all,
		a_secret_one_leaves_nothing_behind_its_content,
		done_twice_is_fine,
	};

	return suite_run("core/buf", tests, ARRAY_LEN(tests));
}
