/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <jansson.h>

#include "microvm/agent/text.h"

START_TEST(short_texts_are_whole)
{
	char text[TEXT_SIZE];

	ck_assert_str_eq(text_fit("Error: ", "what", ": end", text), "Error: what: end");
	ck_assert_str_eq(text_fit("", "", "", text), "");
}
END_TEST

START_TEST(long_texts_lose_their_middle_between_characters)
{
	char middle[3 * WIRE_TEXT_MAX + 1];
	char text[TEXT_SIZE];

	for (size_t i = 0; i + 3 < sizeof(middle); i += 3)
		memcpy(middle + i, "\xe2\x9a\x93", 4);
	for (size_t begin = 0; begin < 4; begin++) {
		json_t *json;

		(void)text_fit("abc" + begin, middle, "end", text);
		ck_assert_uint_le(strlen(text), WIRE_TEXT_MAX);
		ck_assert_uint_gt(strlen(text), WIRE_TEXT_MAX - 3);
		ck_assert_str_eq(text + strlen(text) - 3, "end");
		json = json_string(text);
		ck_assert_ptr_nonnull(json);
		json_decref(json);
	}
}
END_TEST

START_TEST(what_is_not_utf8_becomes_question_marks)
{
	char text[TEXT_SIZE];

	ck_assert_str_eq(text_fit("copy ", "caf\xe9 \xe2\x9a\x93 \xed\xa0\x80", "", text),
			 "copy caf? \xe2\x9a\x93 ???");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		short_texts_are_whole,
		long_texts_lose_their_middle_between_characters,
		what_is_not_utf8_becomes_question_marks,
	};

	return suite_run("text", tests, ARRAY_LEN(tests));
}
