/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values inside of JSON that is kept as text.
 */
#include "tests/unit/events/event_world.h"

START_TEST(members_are_found_by_what_their_names_say)
{
	struct json_slice object = world_json("{\"a\":1,\"b\":{\"a\":[\"}\"]},\"a\\\"b\":\"x\","
					      "\"\\u00fc\":2,\"a\":3,\"\":4}");
	static const struct {
		const char *name, *value;
	} cases[] = {
		{"a", "3"}, {"b", "{\"a\":[\"}\"]}"}, {"a\"b", "\"x\""}, {"\xc3\xbc", "2"},
		{"", "4"},
	};
	struct json_slice value;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ck_assert_msg(json_slice_member(object, cases[i].name, &value), "%s",
			      cases[i].name);
		ck_assert_str_eq(world_text(value), cases[i].value);
	}
	ck_assert(!json_slice_member(object, "c", &value));
	ck_assert(!json_slice_member(object, "a\\\"b", &value));
	ck_assert(!json_slice_member(world_json("[1]"), "a", &value));
	ck_assert(!json_slice_member(world_json("\"a\""), "a", &value));
}
END_TEST

START_TEST(walking_meets_every_member_once)
{
	struct json_walk walk = json_walk_of(world_json("[1, \"a,]\", [2, {\"b\": 3}], {}, true]"));
	static const char *const wanted[] = {"1", "\"a,]\"", "[2,{\"b\":3}]", "{}", "true"};
	struct json_slice name;
	struct json_slice value;
	size_t count = 0;

	while (json_walk_next(&walk, &name, &value)) {
		ck_assert_uint_eq(name.len, 0);
		ck_assert_str_eq(world_text(value), wanted[count++]);
	}
	ck_assert_uint_eq(count, ARRAY_LEN(wanted));
	walk = json_walk_of(world_json("{}"));
	ck_assert(!json_walk_next(&walk, &name, &value));
	walk = json_walk_of(world_json("12"));
	ck_assert(!json_walk_next(&walk, &name, &value));
}
END_TEST

START_TEST(strings_are_said_without_escapes)
{
	static const char bytes[] = "\b\f\n\r\t/\\\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\0!";
	struct err err = ERR_INIT;
	const char *text;
	size_t len;

	ASSERT_OK(json_slice_string(world_json("\"\\b\\f\\n\\r\\t\\/\\\\\\\"\\u00e4\\u20AC"
					       "\\ud83d\\ude00\\u0000!\""),
				    world, &text, &len, &err),
		  &err);
	ck_assert_uint_eq(len, sizeof(bytes) - 1);
	ck_assert_mem_eq(text, bytes, sizeof(bytes));
	ck_assert_int_lt(json_slice_string(world_json("5"), world, &text, &len, &err), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		members_are_found_by_what_their_names_say,
		walking_meets_every_member_once,
		strings_are_said_without_escapes,
	};

	return world_run("gateway/json_slice", tests, ARRAY_LEN(tests));
}
