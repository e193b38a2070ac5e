/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "microvm/agent/lines.h"

static struct lines lines;

static void setup_lines(void)
{
	memset(&lines, 0, sizeof(lines));
}

/* Put as much as there is room for; how much that was. */
static size_t put(const void *bytes, size_t len)
{
	size_t room;
	uint8_t *to = lines_room(&lines, &room);
	size_t take = len < room ? len : room;

	memcpy(to, bytes, take);
	lines_added(&lines, take);
	return take;
}

static void put_text(const char *text)
{
	ck_assert_uint_eq(put(text, strlen(text)), strlen(text));
}

static void assert_piece(bool ended, const char *text, unsigned flags)
{
	struct lines_piece piece;

	ck_assert(lines_next(&lines, ended, &piece));
	ck_assert_uint_eq(piece.len, strlen(text));
	ck_assert(memcmp(piece.bytes, text, piece.len) == 0);
	ck_assert_uint_eq(piece.flags, flags);
	lines_taken(&lines, piece.len);
}

static void assert_none(bool ended)
{
	struct lines_piece piece;

	ck_assert(!lines_next(&lines, ended, &piece));
}

START_TEST(whole_lines_go_together_and_the_rest_waits)
{
	setup_lines();
	put_text("one\ntwo\n\nthr");
	assert_piece(false, "one\ntwo\n\n", 0);
	assert_none(false);
	put_text("ee\n");
	assert_piece(false, "three\n", 0);
	assert_none(true);
}
END_TEST

START_TEST(the_end_without_a_newline_is_marked)
{
	setup_lines();
	put_text("a\nb");
	assert_piece(true, "a\n", 0);
	assert_piece(true, "b", WIRE_OUTPUT_NO_NEWLINE);
	assert_none(true);
}
END_TEST

START_TEST(nothing_is_no_piece)
{
	setup_lines();
	assert_none(false);
	assert_none(true);
}
END_TEST

/* The sizes and flags of the pieces of a line of @len bytes and its newline. */
START_TEST(long_lines_are_cut)
{
	static const struct {
		size_t len;
		bool newline;
		size_t pieces[4];
		unsigned flags[4];
	} rows[] = {
		{WIRE_LINE_MAX, true, {WIRE_LINE_MAX + 1}, {0}},
		{WIRE_LINE_MAX, false, {WIRE_LINE_MAX}, {WIRE_OUTPUT_NO_NEWLINE}},
		{WIRE_LINE_MAX + 1, true, {WIRE_LINE_MAX, 2}, {WIRE_OUTPUT_PARTIAL, 0}},
		{WIRE_LINE_MAX + 1,
		 false,
		 {WIRE_LINE_MAX, 1},
		 {WIRE_OUTPUT_PARTIAL, WIRE_OUTPUT_NO_NEWLINE}},
		{3 * WIRE_LINE_MAX,
		 true,
		 {WIRE_LINE_MAX, WIRE_LINE_MAX, WIRE_LINE_MAX + 1},
		 {WIRE_OUTPUT_PARTIAL, WIRE_OUTPUT_PARTIAL, 0}},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(freep) char *line = xcalloc(1, rows[i].len + 1);
		struct lines_piece piece;
		size_t k = 0;

		setup_lines();
		memset(line, 'a', rows[i].len);
		ck_assert_uint_eq(put(line, rows[i].len), rows[i].len);
		if (rows[i].newline)
			put_text("\n");
		for (; lines_next(&lines, true, &piece); k++) {
			ck_assert_uint_eq(piece.len, rows[i].pieces[k]);
			ck_assert_uint_eq(piece.flags, rows[i].flags[k]);
			lines_taken(&lines, piece.len);
		}
		ck_assert_uint_eq(rows[i].pieces[k], 0);
	}
}
END_TEST

START_TEST(a_line_as_long_as_allowed_waits_for_its_newline)
{
	AUTO(freep) char *line = xcalloc(1, WIRE_LINE_MAX);
	struct lines_piece piece;

	setup_lines();
	memset(line, 'a', WIRE_LINE_MAX);
	ck_assert_uint_eq(put(line, WIRE_LINE_MAX), WIRE_LINE_MAX);
	assert_none(false);
	put_text("b");
	ck_assert(lines_next(&lines, false, &piece));
	ck_assert_uint_eq(piece.len, WIRE_LINE_MAX);
	ck_assert_uint_eq(piece.flags, WIRE_OUTPUT_PARTIAL);
}
END_TEST

START_TEST(cuts_lie_between_characters)
{
	/* A four-byte character, and a place of the cut within it. */
	static const char character[] = "\xf0\x9f\x9a\xa2";

	for (size_t inside = 0; inside <= 4; inside++) {
		AUTO(freep) char *line = xcalloc(1, WIRE_LINE_MAX + 64);
		struct lines_piece piece;

		setup_lines();
		memset(line, 'a', WIRE_LINE_MAX + 64);
		memcpy(line + WIRE_LINE_MAX - inside, character, 4);
		ck_assert_uint_eq(put(line, WIRE_LINE_MAX + 64), WIRE_LINE_MAX + 64);
		ck_assert(lines_next(&lines, false, &piece));
		ck_assert_uint_eq(piece.len, WIRE_LINE_MAX - (inside == 4 ? 0 : inside));
	}
}
END_TEST

START_TEST(bytes_that_are_no_text_are_cut_at_the_limit)
{
	AUTO(freep) char *line = xcalloc(1, LINES_SIZE);
	struct lines_piece piece;

	setup_lines();
	memset(line, 0x80, LINES_SIZE);
	ck_assert_uint_eq(put(line, LINES_SIZE), LINES_SIZE);
	ck_assert(lines_next(&lines, false, &piece));
	ck_assert_uint_eq(piece.len, WIRE_LINE_MAX);
}
END_TEST

START_TEST(batches_have_a_limit)
{
	struct lines_piece piece;

	setup_lines();
	while (put("1234567\n", 8) == 8)
		;
	ck_assert(lines_next(&lines, false, &piece));
	ck_assert_uint_eq(piece.len, LINES_BATCH);
	ck_assert_uint_eq(piece.flags, 0);
}
END_TEST

/* Random streams, cut at random by the writer: pieces join to what was written,
 * each is within its limits, and each mark is true. */
START_TEST(every_stream_comes_out_as_it_went_in)
{
	static uint8_t in[512 * 1024];
	static uint8_t out[sizeof(in)];
	unsigned state = (unsigned)_i * 2654435761u + 1;
	unsigned odds = 1u << (_i % 18); /* a newline in so many bytes, on average */
	size_t fed = 0;
	size_t got = 0;
	struct lines_piece piece;

	setup_lines();
	for (size_t i = 0; i < sizeof(in); i++) {
		state = state * 1103515245u + 12345u;
		in[i] = (state >> 8) % odds == 0 ? '\n' : (uint8_t)(state >> 16);
	}
	while (fed < sizeof(in)) {
		size_t want = (state = state * 1103515245u + 12345u) % 9000 + 1;

		fed += put(in + fed, want < sizeof(in) - fed ? want : sizeof(in) - fed);
		while (lines_next(&lines, fed == sizeof(in), &piece)) {
			ck_assert_uint_gt(piece.len, 0);
			ck_assert_uint_le(piece.len, LINES_BATCH);
			memcpy(out + got, piece.bytes, piece.len);
			got += piece.len;
			ck_assert_int_eq(piece.flags == 0, out[got - 1] == '\n');
			ck_assert(piece.flags != WIRE_OUTPUT_NO_NEWLINE || got == sizeof(in));
			lines_taken(&lines, piece.len);
		}
	}
	ck_assert_uint_eq(got, sizeof(in));
	ck_assert(memcmp(in, out, sizeof(in)) == 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lines");
	TCase *all = tcase_create("all");

	tcase_add_test(all, whole_lines_go_together_and_the_rest_waits);
	tcase_add_test(all, the_end_without_a_newline_is_marked);
	tcase_add_test(all, nothing_is_no_piece);
	tcase_add_test(all, long_lines_are_cut);
	tcase_add_test(all, a_line_as_long_as_allowed_waits_for_its_newline);
	tcase_add_test(all, cuts_lie_between_characters);
	tcase_add_test(all, bytes_that_are_no_text_are_cut_at_the_limit);
	tcase_add_test(all, batches_have_a_limit);
	tcase_add_loop_test(all, every_stream_comes_out_as_it_went_in, 0, 36);
	tcase_set_timeout(all, 60);
	suite_add_tcase(suite, all);
	return suite_end(suite);
}
