/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "microvm/agent/fluent.h"

static struct fluent fluent = {.tag = "t", .container_id = "i", .container_name = "n"};

static struct wire_output piece_of(unsigned stream, unsigned flags, const char *text)
{
	return (struct wire_output){.stream = stream,
				    .flags = flags,
				    .wall_ms = 1500,
				    .bytes = (const uint8_t *)text,
				    .len = strlen(text)};
}

/* The message of the first line, and what it leaves. */
static const char *say(struct buf *out, struct wire_output *piece)
{
	struct err err = ERR_INIT;

	buf_clear(out);
	ASSERT_OK(fluent_say(&fluent, piece, out, &err), &err);
	return buf_text(out);
}

START_TEST(a_line_becomes_a_message)
{
	static const char message[] = "\x93\xa1t\xd7\0\0\0\0\1\x1d\xcd\x65\0"
				      "\x84\xa6source\xa6stderr\xa3log\xa3one"
				      "\xac"
				      "container_id\xa1i\xae"
				      "container_name\xa1n";
	struct wire_output piece = piece_of(2, 0, "one\n\n");
	AUTO(buf_done) struct buf out;

	buf_init(&out, 65536);
	(void)say(&out, &piece);
	ck_assert_uint_eq(out.len, sizeof(message) - 1);
	ck_assert_mem_eq(out.data, message, out.len);
	ck_assert_uint_eq(piece.len, 1);
	(void)say(&out, &piece);
	ck_assert_uint_eq(out.len, sizeof(message) - 1 - 3);
	ck_assert_uint_eq(piece.len, 0);
}
END_TEST

START_TEST(texts_have_the_length_that_they_say)
{
	static const struct {
		size_t len;
		const char *head;
		size_t size;
	} rows[] = {
		{31, "\xbf", 1},	  {32, "\xd9\x20", 2},	      {255, "\xd9\xff", 2},
		{256, "\xda\x01\x00", 3}, {16384, "\xda\x40\x00", 3},
	};
	AUTO(freep) char *text = xcalloc(1, 16385);
	AUTO(buf_done) struct buf out;

	buf_init(&out, 65536);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct wire_output piece;
		const uint8_t *at;

		memset(text, 'x', rows[i].len);
		text[rows[i].len] = '\0';
		piece = piece_of(1, WIRE_OUTPUT_NO_NEWLINE, text);
		(void)say(&out, &piece);
		at = memmem(out.data, out.len, "\xa3log", 4);
		ck_assert_ptr_nonnull(at);
		ck_assert_mem_eq(at + 4, rows[i].head, rows[i].size);
		ck_assert_mem_eq(at + 4 + rows[i].size, text, rows[i].len);
	}
}
END_TEST

static bool has(const struct buf *out, const char *text)
{
	return memmem(out->data, out->len, text, strlen(text)) != NULL;
}

START_TEST(parts_of_a_line_say_which_they_are)
{
	struct wire_output begin = piece_of(1, WIRE_OUTPUT_PARTIAL, "begin");
	struct wire_output other = piece_of(2, 0, "other\n");
	struct wire_output end = piece_of(1, 0, "end\nnext\n");
	AUTO(buf_done) struct buf out;

	buf_init(&out, 65536);
	(void)say(&out, &begin);
	ck_assert(has(&out, "\x88\xa6source"));
	ck_assert(has(&out, "\xafpartial_message\xa4true\xaapartial_id\xa3i-1"
			    "\xafpartial_ordinal\xa1"
			    "1\xacpartial_last\xa5"
			    "false"));
	(void)say(&out, &other);
	ck_assert(!has(&out, "partial_id"));
	(void)say(&out, &end);
	ck_assert(has(&out, "\xaapartial_id\xa3i-1\xafpartial_ordinal\xa1"
			    "2\xacpartial_last\xa4true"));
	(void)say(&out, &end);
	ck_assert(!has(&out, "partial_id"));
	begin = piece_of(2, WIRE_OUTPUT_PARTIAL, "begin");
	(void)say(&out, &begin);
	ck_assert(has(&out, "\xaapartial_id\xa3i-2\xafpartial_ordinal\xa1"
			    "1"));
}
END_TEST

START_TEST(what_finds_no_room_leaves_all_as_it_was)
{
	struct fluent before = fluent;

	for (size_t room = 0; room < 150; room++) {
		struct wire_output piece = piece_of(1, WIRE_OUTPUT_PARTIAL, "begin");
		AUTO(buf_done) struct buf out;
		struct err err = ERR_INIT;

		buf_init(&out, room);
		if (fluent_say(&fluent, &piece, &out, &err) == 0) {
			ck_assert_uint_gt(room, 100);
			return;
		}
		ck_assert_int_eq(err.code, ERR_LIMIT);
		ck_assert_uint_eq(out.len, 0);
		ck_assert_uint_eq(piece.len, 5);
		ck_assert_mem_eq(&before, &fluent, sizeof(fluent));
	}
	ck_abort_msg("150 bytes are enough");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_line_becomes_a_message,
		texts_have_the_length_that_they_say,
		parts_of_a_line_say_which_they_are,
		what_finds_no_room_leaves_all_as_it_was,
	};

	return suite_run("fluent", tests, ARRAY_LEN(tests));
}
