/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "microvm/wire/frame.h"

#define STREAM_MAX (4u * 1024 * 1024)

static void put(struct buf *out, enum frame_type type, uint64_t seq, const char *payload)
{
	struct err err = ERR_INIT;

	ASSERT_OK(frame_encode(out, type, seq, payload, strlen(payload), &err), &err);
}

static void feed(struct frame_decoder *decoder, const void *bytes, size_t len)
{
	struct err err = ERR_INIT;

	ASSERT_OK(frame_feed(decoder, bytes, len, &err), &err);
}

static void assert_frame(struct frame_decoder *decoder, enum frame_type type, uint64_t seq,
			 const char *payload)
{
	struct frame frame;

	ck_assert(frame_next(decoder, &frame));
	ck_assert_int_eq(frame.type, type);
	ck_assert_uint_eq(frame.seq, seq);
	ck_assert_uint_eq(frame.len, strlen(payload));
	ck_assert(memcmp(frame.payload, payload, frame.len) == 0);
}

/* Three frames, as a stream. */
static void three(struct buf *stream)
{
	buf_init(stream, STREAM_MAX);
	put(stream, FRAME_HELLO, 0, "{\"a\":1}");
	put(stream, FRAME_PONG, 0, "");
	put(stream, FRAME_EXITED, UINT64_MAX, "SLW1SLW1 in the payload SLW1");
}

static void assert_three(struct frame_decoder *decoder)
{
	struct frame frame;

	assert_frame(decoder, FRAME_HELLO, 0, "{\"a\":1}");
	assert_frame(decoder, FRAME_PONG, 0, "");
	assert_frame(decoder, FRAME_EXITED, UINT64_MAX, "SLW1SLW1 in the payload SLW1");
	ck_assert(!frame_next(decoder, &frame));
}

START_TEST(the_bytes_are_the_documented_ones)
{
	static const uint8_t expected[] = {
		'S',  'L',  'W',  '1',				/* magic */
		0x12, 0x00, 0x00, 0x00,				/* PHASE, no flags */
		0x03, 0x00, 0x00, 0x00,				/* length */
		0xc2, 0x41, 0x24, 0x35,				/* crc32 of "abc" */
		0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, /* seq */
	};
	AUTO(buf_done) struct buf stream;

	buf_init(&stream, STREAM_MAX);
	put(&stream, FRAME_PHASE, 0x0102030405060708, "abc");
	ck_assert_uint_eq(stream.len, FRAME_HEADER_SIZE + 3);
	ck_assert(memcmp(stream.data, expected, sizeof(expected)) == 0);
	ck_assert(memcmp(stream.data + FRAME_HEADER_SIZE, "abc", 3) == 0);
	ck_assert_uint_eq(frame_size(stream.data), stream.len);
	ck_assert_uint_eq(frame_seq(stream.data), 0x0102030405060708);
}
END_TEST

START_TEST(frames_survive_every_cut_of_the_stream_in_two)
{
	AUTO(buf_done) struct buf stream;

	three(&stream);
	for (size_t cut = 0; cut <= stream.len; cut++) {
		AUTO(frame_decoder_done) struct frame_decoder decoder;
		struct frame first;

		frame_decoder_init(&decoder);
		feed(&decoder, stream.data, cut);
		if (cut < FRAME_HEADER_SIZE + 7)
			ck_assert(!frame_next(&decoder, &first));
		feed(&decoder, stream.data + cut, stream.len - cut);
		assert_three(&decoder);
		ck_assert_uint_eq(decoder.skipped, 0);
	}
}
END_TEST

START_TEST(frames_survive_being_fed_in_pieces_of_every_size)
{
	AUTO(buf_done) struct buf stream;

	three(&stream);
	for (size_t size = 1; size <= stream.len; size++) {
		AUTO(frame_decoder_done) struct frame_decoder decoder;
		struct frame frame;
		unsigned seen = 0;

		frame_decoder_init(&decoder);
		for (size_t at = 0; at < stream.len; at += size) {
			feed(&decoder, stream.data + at,
			     stream.len - at < size ? stream.len - at : size);
			while (frame_next(&decoder, &frame))
				seen++;
		}
		ck_assert_uint_eq(seen, 3);
		ck_assert_uint_eq(decoder.skipped, 0);
	}
}
END_TEST

START_TEST(a_resync_ends_a_frame_that_was_cut_anywhere)
{
	static const uint8_t zeros[FRAME_RESYNC_SIZE];
	AUTO(freep) char *payload = xcalloc(1, FRAME_PAYLOAD_MAX);
	AUTO(buf_done) struct buf cut;
	struct err err = ERR_INIT;

	memset(payload, 'x', FRAME_PAYLOAD_MAX);
	buf_init(&cut, STREAM_MAX);
	ASSERT_OK(frame_encode(&cut, FRAME_OUTPUT, 9, payload, FRAME_PAYLOAD_MAX, &err), &err);
	for (size_t len = 0; len < cut.len; len += len < 40 ? 1 : 9973) {
		AUTO(frame_decoder_done) struct frame_decoder decoder;
		AUTO(buf_done) struct buf stream;
		struct frame frame;

		three(&stream);
		frame_decoder_init(&decoder);
		feed(&decoder, cut.data, len);
		ck_assert(!frame_next(&decoder, &frame));
		for (size_t at = 0; at < sizeof(zeros); at += 1000) {
			size_t left = sizeof(zeros) - at;

			feed(&decoder, zeros, left < 1000 ? left : 1000);
			ck_assert(!frame_next(&decoder, &frame));
		}
		feed(&decoder, stream.data, stream.len);
		assert_three(&decoder);
		ck_assert_uint_eq(decoder.skipped, len + sizeof(zeros));
	}
}
END_TEST

START_TEST(the_tail_of_a_cut_frame_is_slid_over)
{
	AUTO(buf_done) struct buf stream;

	three(&stream);
	for (size_t from = 1; from < FRAME_HEADER_SIZE + 7; from++) {
		AUTO(frame_decoder_done) struct frame_decoder decoder;

		frame_decoder_init(&decoder);
		feed(&decoder, stream.data + from, stream.len - from);
		assert_frame(&decoder, FRAME_PONG, 0, "");
		ck_assert_uint_eq(decoder.skipped, FRAME_HEADER_SIZE + 7 - from);
	}
}
END_TEST

START_TEST(every_flipped_bit_costs_its_frame_and_no_other)
{
	AUTO(buf_done) struct buf stream;
	const size_t first = FRAME_HEADER_SIZE + 7;

	three(&stream);
	for (size_t bit = 0; bit < first * 8; bit++) {
		AUTO(frame_decoder_done) struct frame_decoder decoder;

		frame_decoder_init(&decoder);
		stream.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		feed(&decoder, stream.data, stream.len);
		stream.data[bit / 8] ^= (uint8_t)(1 << (bit % 8));
		assert_frame(&decoder, FRAME_PONG, 0, "");
		ck_assert_uint_eq(decoder.skipped, first);
	}
}
END_TEST

START_TEST(a_frame_inside_a_damaged_frames_payload_is_not_taken)
{
	AUTO(buf_done) struct buf inner;
	AUTO(buf_done) struct buf outer;
	AUTO(frame_decoder_done) struct frame_decoder decoder;
	struct err err = ERR_INIT;
	struct frame frame;

	buf_init(&inner, STREAM_MAX);
	buf_init(&outer, STREAM_MAX);
	put(&inner, FRAME_EXITED, 1, "forged");
	ASSERT_OK(frame_encode(&outer, FRAME_OUTPUT, 1, inner.data, inner.len, &err), &err);
	outer.data[outer.len - 1] ^= 1;
	put(&outer, FRAME_PONG, 0, "");
	frame_decoder_init(&decoder);
	feed(&decoder, outer.data, outer.len);
	assert_frame(&decoder, FRAME_PONG, 0, "");
	ck_assert(!frame_next(&decoder, &frame));
}
END_TEST

START_TEST(an_unknown_type_is_skipped_and_counted)
{
	static const unsigned unknown[] = {0, 15, 31, 63, 255, 65535};

	for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
		AUTO(buf_done) struct buf stream;
		AUTO(frame_decoder_done) struct frame_decoder decoder;

		buf_init(&stream, STREAM_MAX);
		put(&stream, (enum frame_type)unknown[i], 1, "what");
		put(&stream, FRAME_PING, 0, "");
		frame_decoder_init(&decoder);
		feed(&decoder, stream.data, stream.len);
		assert_frame(&decoder, FRAME_PING, 0, "");
		ck_assert_uint_eq(decoder.skipped, FRAME_HEADER_SIZE + 4);
		ck_assert_str_eq(frame_type_name((enum frame_type)unknown[i]), "?");
	}
	ck_assert_str_eq(frame_type_name(FRAME_POWEROFF), "POWEROFF");
}
END_TEST

START_TEST(payloads_up_to_the_maximum_pass_and_no_more)
{
	AUTO(freep) char *payload = xcalloc(1, FRAME_PAYLOAD_MAX + 1);
	AUTO(buf_done) struct buf stream;
	AUTO(frame_decoder_done) struct frame_decoder decoder;
	struct err err = ERR_INIT;
	struct frame frame;

	buf_init(&stream, STREAM_MAX);
	ck_assert_int_eq(frame_encode(&stream, FRAME_TASK, 0, payload, FRAME_PAYLOAD_MAX + 1, &err),
			 -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_uint_eq(stream.len, 0);
	ASSERT_OK(frame_encode(&stream, FRAME_TASK, 0, payload, FRAME_PAYLOAD_MAX, &err), &err);
	frame_decoder_init(&decoder);
	/* The largest chunk fits behind the largest unfinished frame. */
	feed(&decoder, stream.data, stream.len - 1);
	ck_assert(!frame_next(&decoder, &frame));
	feed(&decoder, stream.data + stream.len - 1, 1);
	ck_assert(frame_next(&decoder, &frame));
	ck_assert_uint_eq(frame.len, FRAME_PAYLOAD_MAX);
}
END_TEST

START_TEST(what_is_not_taken_out_is_refused_at_the_limit)
{
	AUTO(frame_decoder_done) struct frame_decoder decoder;
	AUTO(freep) char *bytes = xcalloc(1, FRAME_FEED_MAX);
	struct err err = ERR_INIT;
	struct frame frame;
	unsigned fed = 0;

	frame_decoder_init(&decoder);
	while (frame_feed(&decoder, bytes, FRAME_FEED_MAX, &err) == 0)
		ck_assert_uint_lt(fed++, 10);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert(!frame_next(&decoder, &frame));
	feed(&decoder, bytes, FRAME_FEED_MAX);
}
END_TEST

START_TEST(reset_forgets_half_a_frame)
{
	AUTO(buf_done) struct buf stream;
	AUTO(frame_decoder_done) struct frame_decoder decoder;
	struct frame frame;

	three(&stream);
	frame_decoder_init(&decoder);
	feed(&decoder, stream.data, 20);
	ck_assert(!frame_next(&decoder, &frame));
	frame_decoder_reset(&decoder);
	feed(&decoder, stream.data, stream.len);
	assert_three(&decoder);
	ck_assert_uint_eq(decoder.skipped, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_bytes_are_the_documented_ones,
		frames_survive_every_cut_of_the_stream_in_two,
		frames_survive_being_fed_in_pieces_of_every_size,
		a_resync_ends_a_frame_that_was_cut_anywhere,
		the_tail_of_a_cut_frame_is_slid_over,
		every_flipped_bit_costs_its_frame_and_no_other,
		a_frame_inside_a_damaged_frames_payload_is_not_taken,
		an_unknown_type_is_skipped_and_counted,
		payloads_up_to_the_maximum_pass_and_no_more,
		what_is_not_taken_out_is_refused_at_the_limit,
		reset_forgets_half_a_frame,
	};

	return suite_run("frame", tests, ARRAY_LEN(tests));
}
