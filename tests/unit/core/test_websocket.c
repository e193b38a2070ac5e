/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/websocket.h"

/* Bytes as text, so that cases can be tables. */
struct bytes {
	const char *text;
	size_t len;
};
#define BYTES(text)                                                                                \
	{                                                                                          \
		(text), sizeof(text) - 1                                                           \
	}

START_TEST(the_standards_handshake_and_frames_are_understood)
{
	char accept[WEBSOCKET_ACCEPT_SIZE];
	char key[WEBSOCKET_KEY_SIZE];
	struct websocket websocket;
	struct websocket_message message;
	struct err err = ERR_INIT;

	websocket_accept("dGhlIHNhbXBsZSBub25jZQ==", accept);
	ck_assert_str_eq(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	websocket_key(key);
	ck_assert_uint_eq(strlen(key), 24);
	websocket_init(&websocket, WEBSOCKET_SERVER);
	ASSERT_OK(websocket_feed(&websocket, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11,
				 &err),
		  &err);
	ck_assert_int_eq(websocket_next(&websocket, &message, &err), 1);
	ck_assert_int_eq(message.opcode, WEBSOCKET_TEXT);
	ck_assert_mem_eq(message.bytes, "Hello", 5);
	ck_assert_int_eq(websocket_next(&websocket, &message, &err), 0);
	websocket_done(&websocket);
	/* Two fragments, and a ping between them. */
	websocket_init(&websocket, WEBSOCKET_CLIENT);
	ASSERT_OK(websocket_feed(&websocket, "\x01\x03Hel\x89\x01p\x80\x02lo\x82\x00", 14, &err),
		  &err);
	ck_assert_int_eq(websocket_next(&websocket, &message, &err), 1);
	ck_assert_int_eq(message.opcode, WEBSOCKET_PING);
	ck_assert_int_eq(websocket_next(&websocket, &message, &err), 1);
	ck_assert_int_eq(message.opcode, WEBSOCKET_TEXT);
	ck_assert_uint_eq(message.len, 5);
	ck_assert_mem_eq(message.bytes, "Hello", 5);
	ck_assert_int_eq(websocket_next(&websocket, &message, &err), 1);
	ck_assert_int_eq(message.opcode, WEBSOCKET_BINARY);
	ck_assert_uint_eq(message.len, 0);
	websocket_done(&websocket);
}
END_TEST

START_TEST(breaches_are_refused)
{
	static const struct bytes cases[] = {
		BYTES("\xc1\x80mask"),			   /* a reserved bit */
		BYTES("\x83\x80mask"),			   /* an unknown opcode */
		BYTES("\x8b\x80mask"),			   /* an unknown control opcode */
		BYTES("\x82\x00"),			   /* not masked */
		BYTES("\x09\x80mask"),			   /* a ping in pieces */
		BYTES("\x89\xfe\x00\x7emask"),		   /* a long ping */
		BYTES("\x80\x80mask"),			   /* a fragment of nothing */
		BYTES("\x02\x80mask\x82\x80mask"),	   /* a message within a message */
		BYTES("\x82\xfe\x00\x05mask"),		   /* a length in more bytes than needed */
		BYTES("\x82\xff\0\0\0\0\0\0\xff\xffmask"), /* the same */
		BYTES("\x82\xff\0\0\0\0\0\x01\0\x01mask"), /* too long */
		BYTES("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xffmask"),
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct websocket websocket;
		struct websocket_message message;
		struct err err = ERR_INIT;

		websocket_init(&websocket, WEBSOCKET_SERVER);
		ASSERT_OK(websocket_feed(&websocket, cases[i].text, cases[i].len, &err), &err);
		ck_assert_msg(websocket_next(&websocket, &message, &err) == -1, "case %zu", i);
		websocket_done(&websocket);
	}
}
END_TEST

START_TEST(messages_of_every_kind_of_length_come_as_they_went_in_any_pieces)
{
	static const size_t lengths[] = {0, 1, 125, 126, 127, 65535, WEBSOCKET_MESSAGE_MAX};
	static const enum websocket_role roles[] = {WEBSOCKET_CLIENT, WEBSOCKET_SERVER};
	static const size_t steps[] = {1, 7, 4096, WEBSOCKET_FEED_MAX};
	AUTO(freep) uint8_t *bytes = xcalloc(1, WEBSOCKET_MESSAGE_MAX);

	for (size_t i = 0; i < WEBSOCKET_MESSAGE_MAX; i++)
		bytes[i] = (uint8_t)(i * 31 + 7);
	for (size_t i = 0; i < ARRAY_LEN(lengths) * 2 * ARRAY_LEN(steps); i++) {
		enum websocket_role from = roles[i % 2];
		size_t step = steps[i / 2 % ARRAY_LEN(steps)];
		size_t len = lengths[i / 2 / ARRAY_LEN(steps)];
		struct websocket websocket;
		struct websocket_message message;
		struct err err = ERR_INIT;
		AUTO(buf_done) struct buf out;
		int result = 0;

		buf_init(&out, WEBSOCKET_MESSAGE_MAX + WEBSOCKET_HEADER_MAX);
		websocket_init(&websocket, roles[1 - i % 2]);
		ASSERT_OK(websocket_write(&out, from, WEBSOCKET_BINARY, bytes, len, &err), &err);
		for (size_t at = 0; at < out.len; at += step) {
			ck_assert_int_eq(result, 0);
			ASSERT_OK(websocket_feed(&websocket, out.data + at,
						 out.len - at < step ? out.len - at : step, &err),
				  &err);
			result = websocket_next(&websocket, &message, &err);
		}
		ck_assert_int_eq(result, 1);
		ck_assert_uint_eq(message.len, len);
		ck_assert_int_eq(memcmp(message.bytes, bytes, len), 0);
		websocket_done(&websocket);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_standards_handshake_and_frames_are_understood,
		breaches_are_refused,
		messages_of_every_kind_of_length_come_as_they_went_in_any_pieces,
	};

	return suite_run("core/websocket", tests, ARRAY_LEN(tests));
}
