/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers' own tests (image_layers.py) go through every form whole; here it is the
 * pieces, the members and the ends.
 */
#include "tests/support/suite.h"

#include <zlib.h>

#include "core/buf.h"
#include "provisioner/image/image_unpack.h"

#define TEXT_LEN 100000

static uint8_t text[TEXT_LEN];
static struct buf packed, out;
static struct err err;

static void set_up(void)
{
	for (size_t i = 0; i < TEXT_LEN; i++)
		text[i] = (uint8_t)("slipway"[i % 7] + i / 1000);
	buf_init(&packed, 1u << 20);
	buf_init(&out, 1u << 20);
}

static void tear_down(void)
{
	buf_done(&packed);
	buf_done(&out);
}

/* One more gzip member. */
static void pack(const uint8_t *bytes, size_t len)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)len};
	uint8_t member[2 * TEXT_LEN];

	ck_assert_int_eq(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	stream.next_out = member;
	stream.avail_out = sizeof(member);
	ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
	ASSERT_OK(buf_append(&packed, member, stream.total_out, &err), &err);
	ck_assert_int_eq(deflateEnd(&stream), Z_OK);
}

static int unpack(size_t piece, size_t room)
{
	AUTO(image_unpack_freep) struct image_unpack *unpacker = image_unpack_new();
	struct image_unpack_io io = {.in = packed.data};
	size_t left = packed.len;
	uint8_t some[4096];
	bool end = false;

	buf_clear(&out);
	while (!end) {
		if (io.in_len == 0) {
			io.in_len = left < piece ? left : piece;
			left -= io.in_len;
		}
		io.last = left == 0;
		io.out = some;
		io.out_room = room;
		if (image_unpack_step(unpacker, &io, &end, &err) < 0)
			return -1;
		ASSERT_OK(buf_append(&out, some, room - io.out_room, &err), &err);
	}
	return 0;
}

static const struct {
	size_t piece, room;
} cuts[] = {{1u << 20, 4096}, {4, 4096}, {4, 1}, {5, 3}, {1000, 7}, {4096, 4096}};

START_TEST(the_same_comes_out_however_it_is_cut)
{
	pack(text, TEXT_LEN);
	ASSERT_OK(unpack(cuts[_i].piece, cuts[_i].room), &err);
	ck_assert_uint_eq(out.len, TEXT_LEN);
	ck_assert_mem_eq(out.data, text, TEXT_LEN);
}
END_TEST

START_TEST(all_members_are_one_text)
{
	pack(text, 1000);
	pack(text + 1000, 0);
	pack(text + 1000, TEXT_LEN - 1000);
	ASSERT_OK(unpack(cuts[_i].piece, cuts[_i].room), &err);
	ck_assert_uint_eq(out.len, TEXT_LEN);
	ck_assert_mem_eq(out.data, text, TEXT_LEN);
}
END_TEST

START_TEST(what_follows_the_members_is_not_the_layer)
{
	pack(text, TEXT_LEN);
	ASSERT_OK(buf_append(&packed, "padding", 7, &err), &err);
	ASSERT_OK(unpack(cuts[_i].piece, cuts[_i].room), &err);
	ck_assert_uint_eq(out.len, TEXT_LEN);
}
END_TEST

START_TEST(half_a_mark_is_no_member)
{
	static const uint8_t tails[][2] = {{0x1f, 0x00}, {0x1f, 0x1f}, {0x00, 0x8b}};

	pack(text, 5000);
	ASSERT_OK(buf_append(&packed, tails[_i], 2, &err), &err);
	for (size_t piece = 4; piece < 40; piece++) {
		ASSERT_OK(unpack(piece, 4096), &err);
		ck_assert_uint_eq(out.len, 5000);
	}
	packed.len--;
	ASSERT_OK(unpack(4, 4096), &err);
}
END_TEST

START_TEST(every_early_end_is_found)
{
	size_t whole;

	pack(text, 500);
	for (whole = packed.len; packed.len > 2; packed.len--) {
		if (packed.len == whole)
			continue;
		ck_assert_msg(unpack(4, 4096) == -1, "cut to %zu of %zu", packed.len, whole);
		ck_assert_int_eq(err.code, ERR_CORRUPT);
	}
}
END_TEST

START_TEST(damage_is_found)
{
	pack(text, TEXT_LEN);
	packed.data[packed.len - 6] ^= 1; /* its checksum */
	ck_assert_int_eq(unpack(1u << 20, 4096), -1);
	ck_assert_int_eq(err.code, ERR_CORRUPT);
}
END_TEST

START_TEST(plain_bytes_stay_as_they_are)
{
	ASSERT_OK(buf_append(&packed, text, TEXT_LEN, &err), &err);
	ASSERT_OK(unpack(cuts[_i].piece, cuts[_i].room), &err);
	ck_assert_mem_eq(out.data, text, TEXT_LEN);
	buf_clear(&packed);
	ASSERT_OK(unpack(4, 4096), &err);
	ck_assert_uint_eq(out.len, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provisioner/image_unpack");
	TCase *all = tcase_create("all");
	int count = (int)ARRAY_LEN(cuts);

	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_set_timeout(all, 60);
	tcase_add_loop_test(all, the_same_comes_out_however_it_is_cut, 0, count);
	tcase_add_loop_test(all, all_members_are_one_text, 0, count);
	tcase_add_loop_test(all, what_follows_the_members_is_not_the_layer, 0, count);
	tcase_add_loop_test(all, half_a_mark_is_no_member, 0, 3);
	tcase_add_test(all, every_early_end_is_found);
	tcase_add_test(all, damage_is_found);
	tcase_add_loop_test(all, plain_bytes_stay_as_they_are, 0, count);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
