/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <inttypes.h>

#include "microvm/agent/spool.h"

#define SIZE SPOOL_SIZE_MIN

static _Alignas(16) uint8_t memory[SIZE];
static struct spool spool;

static void put(unsigned stream, unsigned flags, int64_t wall_ms, const void *bytes, size_t len)
{
	spool_put(&spool, &(struct wire_output){.stream = stream,
						.flags = flags,
						.wall_ms = wall_ms,
						.bytes = bytes,
						.len = len});
}

static void put_text(const char *text)
{
	put(1, 0, 0, text, strlen(text));
}

static void assert_next(unsigned stream, unsigned flags, int64_t wall_ms, const char *text)
{
	struct wire_output output;

	ck_assert(spool_next(&spool, &output));
	ck_assert_uint_eq(output.stream, stream);
	ck_assert_uint_eq(output.flags, flags);
	ck_assert_int_eq(output.wall_ms, wall_ms);
	ck_assert_uint_eq(output.len, strlen(text));
	ck_assert_mem_eq(output.bytes, text, output.len);
	spool_taken(&spool);
}

static void assert_empty(void)
{
	struct wire_output output;

	ck_assert(!spool_next(&spool, &output));
	ck_assert(spool_is_empty(&spool));
}

START_TEST(pieces_come_out_as_they_went_in)
{
	spool_init(&spool, memory, SIZE);
	assert_empty();
	put(1, 0, 17, "one\n", 4);
	put(2, WIRE_OUTPUT_PARTIAL, -5, "two", 3);
	ck_assert(!spool_is_empty(&spool));
	assert_next(1, 0, 17, "one\n");
	put(1, WIRE_OUTPUT_NO_NEWLINE, 18, "three", 5);
	assert_next(2, WIRE_OUTPUT_PARTIAL, -5, "two");
	assert_next(1, WIRE_OUTPUT_NO_NEWLINE, 18, "three");
	assert_empty();
}
END_TEST

START_TEST(what_is_next_stays_until_it_was_taken)
{
	struct wire_output output;

	spool_init(&spool, memory, SIZE);
	put_text("a\n");
	ck_assert(spool_next(&spool, &output) && spool_next(&spool, &output));
	assert_next(1, 0, 0, "a\n");
	assert_empty();
}
END_TEST

/* How many bytes a notice says were dropped; 0 if @output is none. */
static uint64_t dropped_by(const struct wire_output *output)
{
	char text[256];
	uint64_t dropped = 0;

	ck_assert_uint_lt(output->len, sizeof(text));
	memcpy(text, output->bytes, output->len);
	text[output->len] = '\0';
	if (sscanf(text, "[slipway] %" SCNu64 " bytes of output were dropped here", &dropped) != 1)
		return 0;
	ck_assert_int_eq(text[output->len - 1], '\n');
	return dropped;
}

START_TEST(what_finds_no_room_is_counted_where_it_would_have_stood)
{
	char piece[1000];
	struct wire_output output;
	size_t kept = 0;

	memset(piece, 'x', sizeof(piece));
	spool_init(&spool, memory, SIZE);
	for (int i = 0; i < 1000; i++)
		put(1, 0, 42, piece, sizeof(piece));
	while (spool_next(&spool, &output) && output.len == sizeof(piece)) {
		kept++;
		spool_taken(&spool);
	}
	ck_assert_uint_gt(kept * sizeof(piece), SIZE * 9 / 10);
	ck_assert_uint_eq(dropped_by(&output), (1000 - kept) * sizeof(piece));
	ck_assert_int_eq(output.wall_ms, 42);
	spool_taken(&spool);
	assert_empty();
	/* It is told once. */
	put_text("after\n");
	assert_next(1, 0, 0, "after\n");
	assert_empty();
}
END_TEST

START_TEST(a_gap_lasts_until_a_quarter_is_free)
{
	char piece[1000];
	struct wire_output output;
	size_t notices = 0;
	size_t taken = 0;

	memset(piece, 'x', sizeof(piece));
	spool_init(&spool, memory, SIZE);
	for (int i = 0; i < 1000; i++)
		put(1, 0, 0, piece, sizeof(piece));
	/* One goes out, ten come in. */
	while (taken < 10 * SIZE) {
		ck_assert(spool_next(&spool, &output));
		notices += output.len != sizeof(piece);
		taken += output.len;
		spool_taken(&spool);
		for (int i = 0; i < 10; i++)
			put(1, 0, 0, piece, sizeof(piece));
	}
	ck_assert_uint_ge(notices, 10 * 4 - 8);
	ck_assert_uint_le(notices, 10 * 4 + 8);
}
END_TEST

/* Random pieces in and out: those that come out are in order and whole, and what
 * is missing between two of them is exactly what the notice there says. */
START_TEST(all_bytes_are_either_kept_or_counted)
{
	static uint8_t piece[32 * 1024];
	unsigned state = (unsigned)_i * 2654435761u + 1;
	uint64_t in = 0;  /* bytes that went in, each piece's place written at its begin */
	uint64_t out = 0; /* bytes that came out or were told to be dropped */
	struct wire_output output;

	spool_init(&spool, memory, SIZE);
	for (int turn = 0; turn < 20000 || !spool_is_empty(&spool); turn++) {
		size_t len;
		uint64_t place;

		state = state * 1103515245u + 12345u;
		len = sizeof(in) + (state >> 8) % ((state >> 4) % 16 ? 300 : sizeof(piece) - 8);
		if (turn < 20000 && (state >> 16) % 8 < 4 + (unsigned)_i % 3) {
			memcpy(piece, &in, sizeof(in));
			put(1, 0, 0, piece, len);
			in += len;
		} else if (spool_next(&spool, &output)) {
			if (output.stream == 2) {
				ck_assert_uint_gt(dropped_by(&output), 0);
				out += dropped_by(&output);
			} else {
				memcpy(&place, output.bytes, sizeof(place));
				ck_assert_uint_eq(place, out);
				out += output.len;
			}
			spool_taken(&spool);
		}
	}
	ck_assert_uint_eq(in, out);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spool");
	TCase *all = tcase_create("all");

	tcase_add_test(all, pieces_come_out_as_they_went_in);
	tcase_add_test(all, what_is_next_stays_until_it_was_taken);
	tcase_add_test(all, what_finds_no_room_is_counted_where_it_would_have_stood);
	tcase_add_test(all, a_gap_lasts_until_a_quarter_is_free);
	tcase_add_loop_test(all, all_bytes_are_either_kept_or_counted, 0, 12);
	tcase_set_timeout(all, 60);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
