/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/digest.h"

START_TEST(sha256_gives_the_standards_values)
{
	static const struct {
		const char *text, *hex;
	} cases[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char hex[SHA256_HEX_SIZE];

		sha256_hex(cases[i].text, strlen(cases[i].text), hex);
		ck_assert_str_eq(hex, cases[i].hex);
	}
}
END_TEST

START_TEST(hmac_gives_the_values_of_rfc_4231)
{
	uint8_t key[131];
	uint8_t mac[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	const char *text = "what do ya want for nothing?";
	const char *long_key_text = "Test Using Larger Than Block-Size Key - Hash Key First";

	hmac_sha256("Jefe", 4, text, strlen(text), mac);
	hex_encode(mac, sizeof(mac), hex);
	ck_assert_str_eq(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	hmac_sha256(key, sizeof(key), long_key_text, strlen(long_key_text), mac);
	hex_encode(mac, sizeof(mac), hex);
	ck_assert_str_eq(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	/* An empty key and an empty text are lawful. */
	hmac_sha256(NULL, 0, "", 0, mac);
	hex_encode(mac, sizeof(mac), hex);
	ck_assert_str_eq(hex, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}
END_TEST

START_TEST(a_file_has_the_digest_of_its_bytes)
{
	char folder[64];
	char path[128];
	char of_file[SHA256_HEX_SIZE];
	char of_bytes[SHA256_HEX_SIZE];
	AUTO(freep) char *bytes = xcalloc(1, 200001);
	struct err err = ERR_INIT;

	memset(bytes, 'z', 200000);
	suite_folder(folder, sizeof(folder));
	(void)snprintf(path, sizeof(path), "%s/file", folder);
	suite_write(path, bytes);
	ASSERT_OK(sha256_file_hex(path, of_file, &err), &err);
	sha256_hex(bytes, 200000, of_bytes);
	ck_assert_str_eq(of_file, of_bytes);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(sha256_file_hex(path, of_file, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_int_eq(sha256_file_hex(folder, of_file, &err), -1);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(bytes_in_pieces_have_the_digest_of_the_whole)
{
	AUTO(sha256_stream_freep) struct sha256_stream *stream = sha256_stream_new();
	char hex[SHA256_HEX_SIZE];

	sha256_stream_add(stream, "a", 1);
	sha256_stream_add(stream, "", 0);
	sha256_stream_add(stream, "bc", 2);
	sha256_stream_hex(stream, hex);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_stream_free(NULL);
}
END_TEST

START_TEST(hex_goes_both_ways)
{
	const uint8_t bytes[] = {0x00, 0x7f, 0xff};
	uint8_t back[3];
	char hex[7];
	struct err err = ERR_INIT;

	hex_encode(bytes, sizeof(bytes), hex);
	ck_assert_str_eq(hex, "007fff");
	ASSERT_OK(hex_decode("007FfF", 6, back, &err), &err);
	ck_assert_mem_eq(back, bytes, 3);
}
END_TEST

START_TEST(what_is_not_hex_is_refused_and_leaves_the_output)
{
	static const char *const cases[] = {"0", "0g", "00zz", " 00", "0x", "00 0"};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint8_t out[4] = {9, 9, 9, 9};
		const uint8_t before[4] = {9, 9, 9, 9};
		struct err err = ERR_INIT;

		ck_assert_int_eq(hex_decode(cases[i], strlen(cases[i]), out, &err), -1);
		ck_assert_int_eq(err.code, ERR_INVALID);
		ck_assert_mem_eq(out, before, 4);
	}
}
END_TEST

START_TEST(comparison_sees_each_byte)
{
	ck_assert(bytes_equal_constant_time("abcd", "abcd", 4));
	ck_assert(!bytes_equal_constant_time("abcd", "abce", 4));
	ck_assert(!bytes_equal_constant_time("xbcd", "abcd", 4));
	ck_assert(bytes_equal_constant_time("a", "b", 0));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		sha256_gives_the_standards_values,
		hmac_gives_the_values_of_rfc_4231,
		a_file_has_the_digest_of_its_bytes,
		bytes_in_pieces_have_the_digest_of_the_whole,
		hex_goes_both_ways,
		what_is_not_hex_is_refused_and_leaves_the_output,
		comparison_sees_each_byte,
	};

	return suite_run("core/digest", tests, ARRAY_LEN(tests));
}
