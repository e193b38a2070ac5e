/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "core/base64.h"

START_TEST(bytes_are_written_as_rfc_4648_has_them)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
	};
	static const uint8_t high[] = {0xff, 0xef, 0xbe};
	char text[BASE64_SIZE(6)];
	uint8_t bytes[7];

	memset(bytes, 0x55, sizeof(bytes));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		base64_encode(rows[i][0], strlen(rows[i][0]), text);
		ck_assert_str_eq(text, rows[i][1]);
		ck_assert_uint_eq(strlen(text) + 1, BASE64_SIZE(strlen(rows[i][0])));
		ck_assert(base64_is_valid(text));
		ck_assert_uint_eq(base64_bytes(text), strlen(rows[i][0]));
		base64_decode(text, bytes);
		ck_assert_mem_eq(bytes, rows[i][0], strlen(rows[i][0]));
		ck_assert_int_eq(bytes[strlen(rows[i][0])], 0x55); /* and not one more */
		memset(bytes, 0x55, sizeof(bytes));
	}
	base64_encode(high, sizeof(high), text);
	ck_assert_str_eq(text, "/+++");
	base64_decode(text, bytes);
	ck_assert_mem_eq(bytes, high, sizeof(high));
}
END_TEST

START_TEST(what_is_none_is_told)
{
	static const char *const texts[] = {"A",    "AA",    "AAA",  "A===",  "AA=A",
					    "AAA ", "AA\n=", "====", "AAAA=", "\xc3\xa4=="};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		ck_assert_msg(!base64_is_valid(texts[i]), "%s", texts[i]);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		bytes_are_written_as_rfc_4648_has_them,
		what_is_none_is_told,
	};

	return suite_run("core/base64", tests, ARRAY_LEN(tests));
}
