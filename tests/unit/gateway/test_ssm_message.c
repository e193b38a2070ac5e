/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/digest.h"
#include "gateway/ssm_message.h"

#define ID "00112233-4455-6677-8899-aabbccddeeff"

static void write_one(struct buf *out)
{
	struct ssm_message message = {
		.type = SSM_OUTPUT,
		.sequence = 0x0102030405060708,
		.flags = 3,
		.id = ID,
		.kind = SSM_KIND_SIZE,
		.payload = (const uint8_t *)"payload",
		.len = 7,
	};
	struct err err = ERR_INIT;

	buf_init(out, 4096);
	ASSERT_OK(ssm_message_write(&message, out, &err), &err);
}

START_TEST(a_message_lies_as_the_plugin_has_it)
{
	AUTO(buf_done) struct buf out;
	uint8_t digest[SHA256_SIZE];
	static const uint8_t id[] = {0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
				     0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77};

	write_one(&out);
	ck_assert_uint_eq(out.len, SSM_HEADER_SIZE + 7);
	ck_assert_mem_eq(out.data, "\0\0\0\x74", 4);
	ck_assert_mem_eq(out.data + 4, "output_stream_data              ", 32);
	ck_assert_mem_eq(out.data + 36, "\0\0\0\x01", 4);
	ck_assert_mem_eq(out.data + 48, "\1\2\3\4\5\6\7\x08", 8);
	ck_assert_mem_eq(out.data + 56, "\0\0\0\0\0\0\0\x03", 8);
	ck_assert_mem_eq(out.data + 64, id, sizeof(id));
	sha256("payload", 7, digest);
	ck_assert_mem_eq(out.data + 80, digest, sizeof(digest));
	ck_assert_mem_eq(out.data + 112, "\0\0\0\x03\0\0\0\x07payload", 15);
}
END_TEST

START_TEST(a_message_comes_as_it_went_and_damage_is_seen)
{
	AUTO(buf_done) struct buf out;
	struct ssm_message message;
	struct err err = ERR_INIT;

	write_one(&out);
	ASSERT_OK(ssm_message_read(out.data, out.len, &message, &err), &err);
	ck_assert_str_eq(message.type, SSM_OUTPUT);
	ck_assert_str_eq(message.id, ID);
	ck_assert_int_eq(message.sequence, 0x0102030405060708);
	ck_assert_uint_eq(message.kind, SSM_KIND_SIZE);
	ck_assert_uint_eq(message.len, 7);
	for (size_t len = 0; len < out.len; len++)
		ck_assert_int_eq(ssm_message_read(out.data, len, &message, &err), -1);
	out.data[out.len - 1] ^= 1;
	ck_assert_int_eq(ssm_message_read(out.data, out.len, &message, &err), -1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_message_lies_as_the_plugin_has_it,
				      a_message_comes_as_it_went_and_damage_is_seen};

	return suite_run("gateway/ssm_message", tests, ARRAY_LEN(tests));
}
