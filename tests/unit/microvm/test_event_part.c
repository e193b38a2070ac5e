/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/bytes.h"
#include "microvm/wire/event_part.h"

static uint8_t bytes[WIRE_EVENT_HEADER_SIZE + WIRE_EVENT_PIECE + 1];

START_TEST(a_piece_comes_as_it_went)
{
	const struct wire_event_part part = {.offset = WIRE_EVENT_SIZE_MAX - WIRE_EVENT_PIECE,
					     .bytes = bytes,
					     .len = WIRE_EVENT_PIECE};
	struct wire_event_part again;
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;
	struct frame frame = {.type = FRAME_EVENT_PART};

	memset(bytes, 'e', sizeof(bytes));
	buf_init(&out, 2 * WIRE_EVENT_PIECE);
	ASSERT_OK(wire_event_part_write(&part, &out, &err), &err);
	frame.payload = out.data + FRAME_HEADER_SIZE;
	frame.len = out.len - FRAME_HEADER_SIZE;
	ASSERT_OK(wire_event_part_read(&frame, &again, &err), &err);
	ck_assert_uint_eq(again.offset, part.offset);
	ck_assert_uint_eq(again.len, part.len);
	ck_assert_mem_eq(again.bytes, bytes, part.len);
}
END_TEST

static const struct {
	uint32_t offset;
	size_t len; /* behind the header */
	bool fits;
} pieces[] = {
	{0, 1, true},
	{0, 0, false},
	{0, WIRE_EVENT_PIECE, true},
	{0, WIRE_EVENT_PIECE + 1, false},
	{WIRE_EVENT_SIZE_MAX - 1, 1, true},
	{WIRE_EVENT_SIZE_MAX, 1, false},
	{WIRE_EVENT_SIZE_MAX - 1, 2, false},
	{UINT32_MAX, 1, false},
};

START_TEST(a_piece_over_the_limits_is_refused_by_both_sides)
{
	const struct wire_event_part part = {
		.offset = pieces[_i].offset, .bytes = bytes, .len = pieces[_i].len};
	const struct frame frame = {.type = FRAME_EVENT_PART,
				    .payload = bytes,
				    .len = WIRE_EVENT_HEADER_SIZE + pieces[_i].len};
	struct wire_event_part read;
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf out;

	buf_init(&out, 2 * WIRE_EVENT_PIECE);
	le32_put(bytes, pieces[_i].offset);
	ck_assert_int_eq(wire_event_part_read(&frame, &read, &err), pieces[_i].fits ? 0 : -1);
	ck_assert_int_eq(wire_event_part_write(&part, &out, &err), pieces[_i].fits ? 0 : -1);
}
END_TEST

START_TEST(half_a_header_is_no_piece)
{
	const struct frame frame = {
		.type = FRAME_EVENT_PART, .payload = bytes, .len = WIRE_EVENT_HEADER_SIZE - 1};
	struct wire_event_part read;
	struct err err = ERR_INIT;

	ck_assert_int_eq(wire_event_part_read(&frame, &read, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("microvm/event_part");
	TCase *all = tcase_create("all");

	tcase_add_test(all, a_piece_comes_as_it_went);
	tcase_add_loop_test(all, a_piece_over_the_limits_is_refused_by_both_sides, 0,
			    ARRAY_LEN(pieces));
	tcase_add_test(all, half_a_header_is_no_piece);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
