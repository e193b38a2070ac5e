/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include "microvm/wire/crc32.h"

/* One bit a step, straight from the definition. */
static uint32_t slow_crc32(const uint8_t *bytes, size_t len)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

START_TEST(known_values_are_met)
{
	static const struct {
		const char *text;
		uint32_t crc;
	} rows[] = {
		{"", 0},
		{"a", 0xe8b7be43},
		{"123456789", 0xcbf43926},
		{"The quick brown fox jumps over the lazy dog", 0x414fa339},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_uint_eq(crc32(rows[i].text, strlen(rows[i].text)), rows[i].crc);
}
END_TEST

START_TEST(every_length_and_place_agrees_with_the_definition)
{
	uint8_t bytes[80];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 11);
	for (size_t from = 0; from < 9; from++) {
		for (size_t len = 0; from + len <= sizeof(bytes); len++)
			ck_assert_uint_eq(crc32(bytes + from, len), slow_crc32(bytes + from, len));
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		known_values_are_met,
		every_length_and_place_agrees_with_the_definition,
	};

	return suite_run("crc32", tests, ARRAY_LEN(tests));
}
