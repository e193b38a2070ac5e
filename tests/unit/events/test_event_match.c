/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The edges of the language, and what bounds the cost of matching.
 */
#include <stdio.h>
#include <time.h>

#include "event_ask.h"

struct verdict {
	const char *pattern;
	const char *event;
	bool matches;
};

static void check_all(const struct verdict *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ck_assert_msg(matches(all[i].pattern, all[i].event) == all[i].matches,
			      "%s of %s is not %d", all[i].pattern, all[i].event, all[i].matches);
}

START_TEST(values_are_equal_by_what_they_are)
{
	static const struct verdict all[] = {
		{"{\"a\":[5]}", "{\"a\":5.0}", true},
		{"{\"a\":[5.0]}", "{\"a\":5e0}", true},
		{"{\"a\":[\"5\"]}", "{\"a\":5}", false},
		{"{\"a\":[5]}", "{\"a\":\"5\"}", false},
		{"{\"a\":[true]}", "{\"a\":\"true\"}", false},
		{"{\"a\":[\"\"]}", "{\"a\":\"\"}", true},
		{"{\"a\":[\"x\\u0000y\"]}", "{\"a\":\"z\"}", false},
		{"{\"a\":[\"\\ud83d\\ude00/\"]}", "{\"a\":\"\360\237\230\200\\/\"}", true},
		{"{\"a\":[{\"exactly\":\"10.0.0.1\"}]}", "{\"a\":\"10.0.0.01\"}", false},
		{"{\"a\":[\"10.0.0.1\"]}", "{\"a\":\"10.0.0.01\"}", true},
		{"{\"a\":[{\"numeric\":[\">\",5]}]}", "{\"a\":5.0000001}", true},
		{"{\"a\":[{\"numeric\":[\">\",5]}]}", "{\"a\":1e300}", true},
		{"{\"a\":[{\"numeric\":[\"<\",5]}]}", "{\"a\":5}", false},
	};

	check_all(all, ARRAY_LEN(all));
}
END_TEST

START_TEST(null_missing_and_empty_are_three_things)
{
	static const struct verdict all[] = {
		{"{\"a\":[null]}", "{\"a\":null}", true},
		{"{\"a\":[null]}", "{}", false},
		{"{\"a\":[null]}", "{\"a\":[]}", false},
		{"{\"a\":[{\"exists\":true}]}", "{\"a\":null}", true},
		{"{\"a\":[{\"exists\":true}]}", "{\"a\":[]}", false},
		{"{\"a\":[{\"exists\":true}]}", "{\"a\":{\"b\":1}}", false},
		{"{\"a\":[{\"exists\":false}]}", "{}", true},
		{"{\"a\":[{\"exists\":false}]}", "{\"a\":[]}", true},
		{"{\"a\":[{\"exists\":false}]}", "{\"a\":{\"b\":1}}", true},
		{"{\"a\":[{\"exists\":false}]}", "{\"a\":null}", false},
		{"{\"a\":[{\"exists\":false},\"x\"]}", "{\"a\":\"x\"}", true},
		{"{\"a\":[{\"anything-but\":\"x\"}]}", "{}", false},
		{"{\"a\":[{\"anything-but\":\"x\"}]}", "{\"a\":null}", true},
		{"{\"a\":[{\"anything-but\":\"x\"}]}", "{\"a\":[\"x\",\"y\"]}", true},
		{"{\"a\":[{\"anything-but\":[1,2]}]}", "{\"a\":2.0}", false},
	};

	check_all(all, ARRAY_LEN(all));
}
END_TEST

START_TEST(texts_match_by_part_and_without_case)
{
	static const struct verdict all[] = {
		{"{\"a\":[{\"prefix\":\"\"}]}", "{\"a\":\"x\"}", true},
		{"{\"a\":[{\"prefix\":\"\"}]}", "{\"a\":1}", false},
		{"{\"a\":[{\"prefix\":\"xyz\"}]}", "{\"a\":\"xy\"}", false},
		{"{\"a\":[{\"suffix\":\".png\"}]}", "{\"a\":\"a.png\"}", true},
		{"{\"a\":[{\"suffix\":{\"equals-ignore-case\":\".PNG\"}}]}", "{\"a\":\"a.Png\"}",
		 true},
		{"{\"a\":[{\"prefix\":{\"equals-ignore-case\":\"\\u00c9t\"}}]}",
		 "{\"a\":\"\\u00e9T\\u00e9\"}", true},
		{"{\"a\":[{\"equals-ignore-case\":\"\\u03a3\"}]}", "{\"a\":\"\\u03c2\"}", true},
		{"{\"a\":[{\"equals-ignore-case\":\"ss\"}]}", "{\"a\":\"\\u00df\"}", false},
		{"{\"a\":[{\"wildcard\":\"*\"}]}", "{\"a\":\"\"}", true},
		{"{\"a\":[{\"wildcard\":\"*\"}]}", "{\"a\":true}", false},
		{"{\"a\":[{\"wildcard\":\"a\\\\**\"}]}", "{\"a\":\"a*b\"}", true},
		{"{\"a\":[{\"wildcard\":\"a\\\\**\"}]}", "{\"a\":\"ab\"}", false},
	};

	check_all(all, ARRAY_LEN(all));
}
END_TEST

START_TEST(names_with_dots_are_nested_names_and_the_last_of_equals_counts)
{
	static const struct verdict all[] = {
		{"{\"a.b\":[1]}", "{\"a\":{\"b\":1}}", true},
		{"{\"a\":{\"b\":[1]}}", "{\"a.b\":1}", true},
		{"{\"a\":{\"b.c\":[1]}}", "{\"a.b\":{\"c\":1}}", true},
		{"{\"a\":[1],\"a\":[2]}", "{\"a\":2}", true},
		{"{\"a\":[1],\"a\":[2]}", "{\"a\":1}", false},
		{"{\"a\":{\"b\":[1]},\"a.b\":[2]}", "{\"a\":{\"b\":1}}", false},
		{"{\"\":{\"\":[1]}}", "{\"\":{\"\":1}}", true},
		{"{\".\":[1]}", "{\"\":{\"\":1}}", true},
	};

	check_all(all, ARRAY_LEN(all));
}
END_TEST

START_TEST(fields_of_objects_in_an_array_match_by_one_object)
{
	static const struct verdict all[] = {
		{"{\"a\":{\"x\":[1],\"y\":[2]}}", "{\"a\":[{\"x\":1,\"y\":2}]}", true},
		{"{\"a\":{\"x\":[1],\"y\":[2]}}", "{\"a\":[{\"x\":1},{\"y\":2}]}", false},
		{"{\"a\":{\"x\":[1],\"y\":[2]}}", "{\"a\":[{\"x\":1},{\"y\":2},{\"x\":1,\"y\":2}]}",
		 true},
		{"{\"a\":{\"x\":[1]},\"b\":{\"y\":[2]}}",
		 "{\"a\":[{\"x\":0},{\"x\":1}],\"b\":[{\"y\":2},{\"y\":0}]}", true},
		{"{\"a\":{\"x\":[1],\"b\":{\"y\":[2],\"z\":[3]}}}",
		 "{\"a\":[{\"x\":1,\"b\":[{\"y\":2},{\"z\":3}]},{\"x\":1,\"b\":[{\"y\":2,\"z\":3}]}"
		 "]}",
		 true},
		{"{\"a\":{\"x\":[1],\"b\":{\"y\":[2],\"z\":[3]}}}",
		 "{\"a\":[{\"x\":1,\"b\":[{\"y\":2},{\"z\":3}]},{\"x\":0,\"b\":[{\"y\":2,\"z\":3}]}"
		 "]}",
		 false},
		{"{\"a\":{\"x\":[1],\"w\":[{\"exists\":false}]}}", "{\"a\":[{\"x\":1},{\"w\":1}]}",
		 true},
		{"{\"a\":{\"x\":[1],\"y\":[{\"exists\":false}]}}", "{\"a\":[{\"x\":1,\"y\":1}]}",
		 false},
		{"{\"a\":{\"y\":[{\"exists\":false}]}}", "{\"a\":[{\"x\":1},{\"y\":1}]}", false},
		{"{\"a\":[1],\"b\":[2]}", "{\"a\":[[0],[1]],\"b\":[2]}", true},
		{"{\"a\":{\"x\":[1],\"z\":[{\"anything-but\":2}]},\"b\":[1]}",
		 "{\"a\":[{\"x\":1,\"z\":2},{\"z\":3}],\"b\":1}", false},
		{"{\"a\":{\"b\":{\"x\":[1],\"y\":[2]}}}",
		 "{\"a\":[{\"b\":[{\"y\":2}]},{\"b\":[{\"x\":1},{\"y\":2}]}]}", false},
	};

	check_all(all, ARRAY_LEN(all));
}
END_TEST

START_TEST(alternatives_match_by_either_and_with_what_is_around_them)
{
	static const struct verdict all[] = {
		{"{\"a\":[1],\"$or\":[{\"b\":[2]},{\"c\":[3]}]}", "{\"a\":1,\"c\":3}", true},
		{"{\"a\":[1],\"$or\":[{\"b\":[2]},{\"c\":[3]}]}", "{\"c\":3}", false},
		{"{\"d\":{\"$or\":[{\"b\":[2]},{\"$or\":[{\"c\":[3]},{\"e\":[4]}]}]}}",
		 "{\"d\":{\"e\":4}}", true},
		{"{\"$or\":[{\"a\":[1]},{\"b\":[1]}],\"$or\":[{\"c\":[1]},{\"d\":[1]}]}",
		 "{\"b\":1,\"c\":1}", true},
		{"{\"a\":[1],\"$or\":[{\"a\":[2]},{\"b\":[3]}]}", "{\"a\":2}", true},
	};

	check_all(all, ARRAY_LEN(all));
}
END_TEST

START_TEST(an_event_that_is_no_json_is_refused_where_it_is_read)
{
	static const char *const events[] = {
		"",
		"[]",
		"{",
		"{\"a\"",
		"{\"a\":",
		"{\"a\":1",
		"{\"a\":1,}",
		"{\"a\":x}",
		"{\"a\":\"\\q\"}",
		"{\"a\":\"",
		"{\"a\":[1 2]}",
		"{\"b\":[}",
		"{\"a\":\"\001\"}",
		"{\"b\":\"\\",
		"{a:1}",
	};
	AUTO(event_pattern_freep) struct event_pattern *pattern = pattern_of("{\"a\":[1]}");
	AUTO(event_machine_unrefp) struct event_machine *machine = NULL;
	AUTO(event_match_freep) struct event_match *match = event_match_new();
	struct event_rule rule = {"rule", pattern};
	struct err err = ERR_INIT;

	ASSERT_OK(event_machine_new(&rule, 1, &machine, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		const char *const *names;
		size_t count;

		err_clear(&err);
		ck_assert_msg(event_machine_match(machine, match, events[i], strlen(events[i]),
						  &names, &count, &err) < 0,
			      "%s", events[i]);
		ck_assert_int_eq(err.code, ERR_INVALID);
	}
}
END_TEST

/* {"a":[{"x":1},{"x":1},...],"b":[...],...}: arrays beside each other. */
static char *wide_event(const char *names, int elements)
{
	char *text = xcalloc(1, strlen(names) * (size_t)(elements * 8 + 16));
	char *at = text;

	for (const char *name = names; *name; name++) {
		at += sprintf(at, "%s\"%c\":[", name == names ? "{" : ",", *name);
		for (int i = 0; i < elements; i++)
			at += sprintf(at, "%s{\"x\":1}", i ? "," : "");
		at += sprintf(at, "]");
	}
	(void)sprintf(at, "}");
	return text;
}

START_TEST(arrays_beside_each_other_do_not_multiply)
{
	AUTO(freep) char *event = wide_event("abcdefgh", 300);
	AUTO(event_pattern_freep)
	struct event_pattern *pattern =
		pattern_of("{\"a.x\":[1],\"b.x\":[1],\"c.x\":[1],\"d.x\":[1],\"e.x\":[1],"
			   "\"f.x\":[1],\"g.x\":[1],\"h.x\":[2]}");

	ck_assert(!machine_says(pattern, event));
}
END_TEST

/* Equal prefixes in dotted names put many arrays at one path: a choice of each is a SAT problem. */
START_TEST(an_event_made_to_be_costly_is_given_up)
{
	AUTO(event_pattern_freep)
	struct event_pattern *pattern =
		pattern_of("{\"a\":{\"p\":[1],\"q\":[2],\"r\":[3],\"z\":[4]}}");
	AUTO(event_machine_unrefp) struct event_machine *machine = NULL;
	AUTO(event_match_freep) struct event_match *match = event_match_new();
	struct event_rule rule = {"rule", pattern};
	static char event[1 << 19];
	const char *const *names;
	struct err err = ERR_INIT;
	char *at = event;
	size_t count;

	for (int i = 0; i < 400; i++)
		at += sprintf(at, "%s\"a\":[{\"p\":1},{\"q\":2},{\"r\":3},{\"z\":0}]",
			      i ? "," : "{");
	(void)sprintf(at, "}");
	ASSERT_OK(event_machine_new(&rule, 1, &machine, &err), &err);
	ck_assert_int_eq(
		event_machine_match(machine, match, event, strlen(event), &names, &count, &err),
		-1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

START_TEST(deep_events_are_read_to_a_depth_and_passed_over_below)
{
	enum { DEPTH = 200000 };
	AUTO(event_pattern_freep) struct event_pattern *pattern = pattern_of("{\"a\":[1]}");
	static char event[2 * DEPTH + 64];

	memcpy(event, "{\"b\":", 5);
	memset(event + 5, '[', DEPTH);
	memset(event + 5 + DEPTH, ']', DEPTH);
	strcpy(event + 5 + 2 * (size_t)DEPTH, ",\"a\":1}");
	ck_assert(machine_says(pattern, event));
}
END_TEST

#define BRANCHES 20 /* of each of two "$or" */
#define MANY_OF	 100

/* Thousandths of the processor that a machine of one rule takes, which has all its branches and a
 * list of @values in each of them. */
static int64_t time_of_machine(int values)
{
	AUTO(event_pattern_freep) struct event_pattern *pattern = NULL;
	struct event_rule rule = {.name = "r"};
	int64_t least = INT64_MAX;
	char text[16384];
	struct err err = ERR_INIT;
	size_t len = 0;

	len += (size_t)sprintf(text + len, "{\"z\":[\"0\"");
	for (int i = 1; i < values; i++)
		len += (size_t)sprintf(text + len, ",\"%d\"", i);
	for (int or = 0; or < 2; or ++) {
		len += (size_t)sprintf(text + len, "],\"%s\"%s[", or ? "d" : "$or",
				       or ? ":{\"$or\":" : ":");
		for (int i = 0; i < BRANCHES; i++)
			len += (size_t)sprintf(text + len, "%s{\"%c%d\":[1]}", i ? "," : "",
					       or ? 'b' : 'a', i);
	}
	(void)sprintf(text + len, "]}}");
	ASSERT_OK(event_pattern_new(text, strlen(text), &pattern, &err), &err);
	rule.pattern = pattern;
	for (int i = 0; i < 5; i++) {
		struct event_machine *machine;
		int64_t begin = clock();

		ASSERT_OK(event_machine_new(&rule, 1, &machine, &err), &err);
		if (clock() - begin < least)
			least = clock() - begin;
		ck_assert_uint_gt(event_machine_bytes(machine), 0);
		event_machine_unref(machine);
	}
	return least;
}

/* Whoever changes a rule has the machine of its bus made anew. */
START_TEST(a_list_that_all_branches_have_is_read_once)
{
	ck_assert_int_lt(time_of_machine(MANY_OF), 3 * time_of_machine(1) + 1000);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		values_are_equal_by_what_they_are,
		null_missing_and_empty_are_three_things,
		texts_match_by_part_and_without_case,
		names_with_dots_are_nested_names_and_the_last_of_equals_counts,
		fields_of_objects_in_an_array_match_by_one_object,
		alternatives_match_by_either_and_with_what_is_around_them,
		an_event_that_is_no_json_is_refused_where_it_is_read,
		arrays_beside_each_other_do_not_multiply,
		an_event_made_to_be_costly_is_given_up,
		a_list_that_all_branches_have_is_read_once,
		deep_events_are_read_to_a_depth_and_passed_over_below,
	};

	return suite_run("event_match", tests, ARRAY_LEN(tests));
}
