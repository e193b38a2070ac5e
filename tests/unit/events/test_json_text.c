/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as text: what is JSON and what is not, and that nothing of it changes.
 */
#include "tests/unit/events/event_world.h"

START_TEST(blanks_go_and_nothing_else)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{" { \"a\" : [ 1 , 2 ] , \"b\" : { } }\n", "{\"a\":[1,2],\"b\":{}}"},
		{"[]", "[]"},
		{"[ [ ] , { } ]", "[[],{}]"},
		{"\" a  b \"", "\" a  b \""},
		{"123456789012345678901234567890.10E+0002",
		 "123456789012345678901234567890.10E+0002"},
		{"[-0,0.10,1e400]", "[-0,0.10,1e400]"},
		{"\"\\u00e4\\/\\ud83d\\ude00\\u0000\"", "\"\\u00e4\\/\\ud83d\\ude00\\u0000\""},
		{"{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}"},
		{"null", "null"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_str_eq(world_text(world_json(cases[i].text)), cases[i].wanted);
}
END_TEST

START_TEST(what_is_not_json_is_refused_with_its_place)
{
	static const struct {
		const char *text;
		size_t at;
	} cases[] = {
		{"", 0},
		{" ", 1},
		{"{", 1},
		{"[1,]", 3},
		{"{\"a\"}", 4},
		{"{\"a\":}", 5},
		{"{a:1}", 1},
		{"[1 2]", 3},
		{"01", 1},
		{"1.", 2},
		{"-", 1},
		{"1e", 2},
		{"tru", 0},
		{"\"a", 2},
		{"\"\\x\"", 2},
		{"[}", 1},
		{"{]", 1},
		{"1 1", 2},
		{"\"\n\"", 1},
		{"\"\\ud800\"", 7},
		{"\"\\udc00\"", 2},
		{"\"\\ud800\\u0041\"", 7},
		{"\"\xc0\xa0\"", 1},
		{"\"\xed\xa0\x80\"", 1},
		{"{\"a\":1,}", 7},
		{"{,}", 1},
		{"nul", 0},
		{"'a'", 0},
		{"+1", 0},
		{".5", 0},
		{"[,1]", 1},
		{"\"\\u12g4\"", 2},
		{"]", 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		size_t at = 999;

		ck_assert_msg(json_text_check(cases[i].text, strlen(cases[i].text), &at, &err) < 0,
			      "%s", cases[i].text);
		ck_assert_int_eq(err.code, ERR_INVALID);
		ck_assert_msg(at == cases[i].at, "%s: %zu", cases[i].text, at);
	}
}
END_TEST

static char *nested(size_t depth)
{
	char *text = xcalloc(1, depth * 2 + 1);

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	return text;
}

START_TEST(depth_has_a_limit)
{
	AUTO(freep) char *deep = nested(JSON_TEXT_DEPTH_MAX);
	AUTO(freep) char *deeper = nested(JSON_TEXT_DEPTH_MAX + 1);
	struct err err = ERR_INIT;
	size_t at;

	ASSERT_OK(json_text_check(deep, strlen(deep), &at, &err), &err);
	ck_assert_int_lt(json_text_check(deeper, strlen(deeper), &at, &err), 0);
	ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

START_TEST(a_full_buffer_is_a_limit)
{
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf small;

	buf_init(&small, 4);
	ck_assert_int_lt(json_text_minify("[1,2,3]", 7, &small, &err), 0);
	ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		blanks_go_and_nothing_else,
		what_is_not_json_is_refused_with_its_place,
		depth_has_a_limit,
		a_full_buffer_is_a_limit,
	};

	return world_run("gateway/json_text", tests, ARRAY_LEN(tests));
}
