/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths into events.
 */
#include "tests/unit/events/event_world.h"

#include <stdio.h>
#include <time.h>

#include "events/event_path.h"

#define EVENT                                                                                      \
	"{\"detail-type\":\"T\",\"detail\":{\"a\":{\"b_c\":1},\"list\":[{\"id\":\"x\"},{\"id\":"   \
	"\"y\"},"                                                                                  \
	"{\"no\":0}],\"m/n\":2,\"aws:tag\":3,\"nested\":[[1,2],[3]],\"null\":null,\"0\":4}}"

static struct json_slice value_at(const char *text)
{
	struct err err = ERR_INIT;
	struct event_path *path;
	struct json_slice value;

	ASSERT_OK(event_path_parse(text, world, &path, &err), &err);
	ASSERT_OK(event_path_value(path, world_json(EVENT), world, &value, &err), &err);
	return value;
}

START_TEST(paths_lead_to_values)
{
	static const struct {
		const char *path, *value;
	} cases[] = {
		{"$", EVENT},
		{"$.detail-type", "\"T\""},
		{"$.detail.a", "{\"b_c\":1}"},
		{"$.detail.a.b_c", "1"},
		{"$.detail.m/n", "2"},
		{"$.detail.aws:tag", "3"},
		{"$.detail.0", "4"},
		{"$.detail.null", "null"},
		{"$.detail.list[0]", "{\"id\":\"x\"}"},
		{"$.detail.list[1].id", "\"y\""},
		{"$.detail.nested[0][1]", "2"},
		{"$.detail.list[*].id", "[\"x\",\"y\"]"},
		{"$.detail.nested[*][*]", "[1,2,3]"},
		{"$.detail.nested[*][1]", "[2]"},
		{"$.detail.a.*", "[1]"},
		{"$.detail.nothing[*]", "[]"},
		{"$.detail.a.b_c[*]", "[]"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_msg(strcmp(world_text(value_at(cases[i].path)), cases[i].value) == 0,
			      "%s: %s", cases[i].path, world_text(value_at(cases[i].path)));
}
END_TEST

START_TEST(a_path_to_nowhere_has_no_value)
{
	static const char *const cases[] = {
		"$.nothing",	    "$.detail.a.b_c.d", "$.detail.list[3]",
		"$.detail.list.id", "$.detail.a[0]",	"$[0]",
		"$.detail.null.x",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_msg(value_at(cases[i]).len == 0, "%s", cases[i]);
}
END_TEST

START_TEST(what_is_no_path_is_refused)
{
	static const char *const cases[] = {
		"",
		"detail",
		"$detail",
		"$.",
		"$..a",
		"$.a.",
		"$.a[",
		"$.a[]",
		"$.a[-1]",
		"$.a['b']",
		"$.a[0",
		"$.a[0:1]",
		"$.a[?(@.b)]",
		"$.a b",
		"$.a[1000001]",
		"$.a*",
		"$.*a",
		"$ ",
		"$.a[99999999999999999999]",
		"$.a\t",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		struct event_path *path;

		ck_assert_msg(event_path_parse(cases[i], world, &path, &err) < 0, "%s", cases[i]);
		ck_assert_int_eq(err.code, ERR_INVALID);
	}
}
END_TEST

START_TEST(a_path_has_a_longest_length)
{
	char text[EVENT_PATH_SIZE_MAX + 2] = "$";
	struct err err = ERR_INIT;
	struct event_path *path;

	for (size_t i = 1; i + 1 < EVENT_PATH_SIZE_MAX; i += 2)
		memcpy(text + i, ".*", 3);
	ASSERT_OK(event_path_parse(text, world, &path, &err), &err);
	memset(text + 1, 'a', EVENT_PATH_SIZE_MAX);
	text[1] = '.';
	ck_assert_int_lt(event_path_parse(text, world, &path, &err), 0);
}
END_TEST

START_TEST(the_last_of_equal_names_counts_at_each_step)
{
	static const struct {
		const char *event, *path, *value;
	} cases[] = {
		{"{\"a\":{\"b\":1},\"a\":{\"b\":2}}", "$.a.b", "2"},
		{"{\"a\":{\"b\":1},\"a\":{\"c\":2}}", "$.a.b", ""},
		{"{\"a\":{\"b\":1},\"a\":3}", "$.a.b", ""},
		{"{\"a\":{\"b\":1,\"b\":2},\"c\":{\"b\":3}}", "$.a.b", "2"},
		{"{\"a\":[1,2],\"\\u0061\":[3]}", "$.a[*]", "[3]"},
		{"[{\"a\":1,\"a\":2},{\"a\":[7]},{\"b\":4},{\"a\":5,\"a\":6}]", "$[*].a",
		 "[2,[7],6]"},
		{"{\"a\":1,\"a\":2}", "$.*", "[1,2]"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = ERR_INIT;
		struct event_path *path;
		struct json_slice value;

		ASSERT_OK(event_path_parse(cases[i].path, world, &path, &err), &err);
		ASSERT_OK(event_path_value(path, world_json(cases[i].event), world, &value, &err),
			  &err);
		ck_assert_msg(strlen(cases[i].value) == value.len &&
				      memcmp(value.text ? value.text : "", cases[i].value,
					     value.len) == 0,
			      "%s: %.*s", cases[i].event, (int)value.len, value.text);
	}
}
END_TEST

#define DEEP   120
#define PADDED (256 * 1024) /* bytes at the bottom */

/* Thousandths of the processor that the path takes to its value. */
static int64_t time_of(const char *text, struct json_slice event)
{
	int64_t least = INT64_MAX;
	struct err err = ERR_INIT;
	struct event_path *path;
	struct json_slice value;

	ASSERT_OK(event_path_parse(text, world, &path, &err), &err);
	for (int i = 0; i < 5; i++) {
		int64_t begin = clock();

		ASSERT_OK(event_path_value(path, event, world, &value, &err), &err);
		ck_assert_uint_gt(value.len, 0);
		if (clock() - begin < least)
			least = clock() - begin;
	}
	return least;
}

/* Else a target with a hundred long paths holds the thread of events for seconds. */
START_TEST(a_long_path_costs_no_more_than_a_short_one)
{
	AUTO(freep) char *event = xcalloc(1, 20 * DEEP + PADDED);
	char deep[EVENT_PATH_SIZE_MAX + 1] = "$";
	char wild[EVENT_PATH_SIZE_MAX + 1] = "$";
	struct json_slice whole;
	int64_t short_us;
	size_t len = 0;

	for (size_t i = 0; i < DEEP; i++) {
		len += (size_t)sprintf(event + len, "{\"a\":");
		strcat(deep, ".a");
		strcat(wild, ".*");
	}
	event[len++] = '"';
	memset(event + len, 'x', PADDED);
	len += PADDED;
	event[len++] = '"';
	memset(event + len, '}', DEEP);
	whole = (struct json_slice){event, len + DEEP};
	short_us = time_of("$.a", whole);
	ck_assert_int_lt(time_of(deep, whole), 10 * short_us + 1000);
	ck_assert_int_lt(time_of(wild, whole), 10 * short_us + 1000);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		paths_lead_to_values,
		a_path_to_nowhere_has_no_value,
		what_is_no_path_is_refused,
		a_path_has_a_longest_length,
		the_last_of_equal_names_counts_at_each_step,
		a_long_path_costs_no_more_than_a_short_one,
	};

	return world_run("gateway/event_path", tests, ARRAY_LEN(tests));
}
