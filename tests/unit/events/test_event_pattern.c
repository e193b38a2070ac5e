/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is no pattern, and in which words it is refused.
 */
#include "event_ask.h"

#define REASON "Event pattern is not valid. Reason: "

static struct err refuse(const char *text)
{
	struct event_pattern *pattern = NULL;
	struct err err = ERR_INIT;

	ck_assert_msg(event_pattern_new(text, strlen(text), &pattern, &err) < 0, "taken: %s", text);
	ck_assert_int_eq(err.code, ERR_INVALID);
	return err;
}

/* The reason alone. */
static void check_reason(const char *text, const char *reason)
{
	struct err err = refuse(text);
	const char *place = strstr(err.text, "\n at [Source: ");
	size_t len = place ? (size_t)(place - err.text) : strlen(err.text);

	ck_assert_msg(strlen(reason) + strlen(REASON) == len &&
			      strncmp(err.text + strlen(REASON), reason, strlen(reason)) == 0,
		      "%s: %s", text, err.text);
}

/* These three were seen from the service. */
START_TEST(the_place_is_the_first_character_that_was_not_read)
{
	static const struct {
		const char *text;
		const char *reason;
		int line, column;
	} cases[] = {
		{"{\"detail-type\":[\"dual\"],\"detail\":{\"delaySeconds\":[{\"exists\":\"false\"}]"
		 "}}",
		 "exists match pattern must be either true or false.", 1, 62},
		{"{\"detail-type\":[\"Object Created\"],\"source\":\"aws.s3\"}",
		 "\"source\" must be an object or an array", 1, 45},
		{"{\"source\":[\"test.event-pattern\"],\"detail\":{\"lenderId\":\"LenderA\"}}",
		 "\"lenderId\" must be an object or an array", 1, 56},
		{"{\"a\":42}", "\"a\" must be an object or an array", 1, 8},
		{"{\n \"\303\251\360\237\230\200\":[]\n}", "Empty arrays are not allowed", 2, 10},
		{"{\"a\":[{\"EXISTS\":true}]}", "Unrecognized match type EXISTS", 1, 21},
		{"{\"a\":[{\"prefix\":\"x\",\"suffix\":\"y\"}]}",
		 "Only one key allowed in match expression", 1, 31},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = refuse(cases[i].text);
		char wanted[512];

		(void)snprintf(wanted, sizeof(wanted),
			       REASON "%s\n at [Source: (String)\"%s\"; line: %d, column: %d]",
			       cases[i].reason, cases[i].text, cases[i].line, cases[i].column);
		ck_assert_str_eq(err.text, wanted);
	}
}
END_TEST

START_TEST(a_long_pattern_is_cut_in_the_message)
{
	char text[1000];
	struct err err;

	memset(text, ' ', sizeof(text));
	memcpy(text, "{\"a\":1}", 7);
	text[999] = '\0';
	err = refuse(text);
	ck_assert_ptr_nonnull(strstr(err.text, "[truncated 499 chars]; line: 1, column: 7]"));
}
END_TEST

START_TEST(each_mistake_has_the_services_words)
{
	static const char *const cases[][2] = {
		{"[]", "Filter is not an object"},
		{"{}", "Empty objects are not allowed"},
		{"{\"a\":{}}", "Empty objects are not allowed"},
		{"{\"a\":[[1]]}", "Match value must be String, number, true, false, or null"},
		{"{\"a\":[{}]}", "Match expression name not found"},
		{"{\"a\":[{\"exactly\":1}]}", "exact match pattern must be a string"},
		{"{\"a\":[{\"prefix\":{\"suffix\":\"x\"}}]}", "Unsupported prefix pattern: suffix"},
		{"{\"a\":[{\"suffix\":{}}]}", "Suffix expression name not found"},
		{"{\"a\":[{\"suffix\":{\"equals-ignore-case\":1}}]}",
		 "equals-ignore-case match pattern must be a string"},
		{"{\"a\":[{\"anything-but\":{}}]}", "Anything-But expression name not found"},
		{"{\"a\":[{\"anything-but\":{\"exactly\":\"x\"}}]}",
		 "Unsupported anything-but pattern: exactly"},
		{"{\"a\":[{\"anything-but\":[]}]}",
		 "Inside anything but list, either all values are number or string, mixed type is "
		 "not supported"},
		{"{\"a\":[{\"anything-but\":[1,\"x\"]}]}",
		 "Inside anything but list, either all values are number or string, mixed type is "
		 "not supported"},
		{"{\"a\":[{\"anything-but\":1e10}]}",
		 "Value must be between -5.0E9 and 5.0E9, inclusive"},
		{"{\"a\":[{\"wildcard\":\"a\\\\b\"}]}", "Invalid escape character at pos 2"},
		{"{\"a\":[{\"wildcard\":\"**\"}]}", "Consecutive wildcard characters at pos 1"},
		{"{\"a\":[{\"numeric\":[]}]}", "Invalid member in numeric match: ]"},
		{"{\"a\":[{\"numeric\":[\"!=\",1]}]}", "Unrecognized numeric range operator: !="},
		{"{\"a\":[{\"numeric\":[\"=\",\"1\"]}]}", "Value of equals must be numeric"},
		{"{\"a\":[{\"numeric\":[\"<\",1,\">\",0]}]}",
		 "Too many elements in numeric expression"},
		{"{\"a\":[{\"numeric\":[\">\",1,2]}]}", "Bad value in numeric range: 2"},
		{"{\"a\":[{\"numeric\":[\">\",1,\"<\",2,3]}]}",
		 "Too many terms in numeric range expression"},
		{"{\"a\":[{\"numeric\":[\">\",2,\"<\",1]}]}", "Bottom must be less than top"},
		{"{\"a\":[{\"numeric\":[\">\",1e99]}]}",
		 "Value must be between -5.0E9 and 5.0E9, inclusive"},
		{"{\"$or\":[{\"a\":[1]}]}",
		 "There must have at least 2 Objects in $or relationship."},
		{"{\"$or\":{\"a\":1}}", "It must be an Array followed with $or."},
		{"{\"$or\":[{\"a\":[1]},2,{}]}",
		 "Only JSON object is allowed in array of $or relationship."},
		{"{\"$or\":[{\"prefix\":[1]},{\"b\":[2]}]}",
		 "prefix is Ruler reserved fieldName which cannot be used inside $or."},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_reason(cases[i][0], cases[i][1]);
}
END_TEST

START_TEST(what_is_no_json_says_what_was_expected)
{
	static const char *const cases[][2] = {
		{"{a:1}",
		 "Unexpected character ('a' (code 97)): was expecting double-quote to start field "
		 "name"},
		{"{\"a\" 1}", "Unexpected character ('1' (code 49)): was expecting a colon to "
			      "separate field name and value"},
		{"{\"a\":[1 2]}", "Unexpected character ('2' (code 50)): was expecting comma to "
				  "separate Array entries"},
		{"{\"a\":[1]\n\"b\":[2]}", "Unexpected character ('\"' (code 34)): was expecting "
					   "comma to separate Object entries"},
		{"{\"a\":[01]}", "Invalid numeric value: Leading zeroes not allowed"},
		{"{\"a\":[\"\\q\"]}", "Unrecognized character escape"},
		{"{\"a\":[nul]}",
		 "Unrecognized token 'nul': was expecting (JSON String, Number, Array, Object or "
		 "token 'null', 'true' or 'false')"},
		{"{\"a\":[1", "Unexpected end-of-input: was expecting comma to separate Array "
			      "entries"},
		{"{\"a\":[\"x", "Unexpected end-of-input: was expecting closing quote for a string "
				"value"},
		{"", "Filter is not an object"},
		{"{\"a\":[1]} {}", "Unexpected content after the object"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_reason(cases[i][0], cases[i][1]);
}
END_TEST

START_TEST(an_or_that_is_none_is_an_ordinary_field)
{
	ck_assert(matches("{\"$or\":[1]}", "{\"$or\":1}"));
	ck_assert(matches("{\"$or\":[{\"prefix\":\"x\"},{\"prefix\":\"y\"}]}", "{\"$or\":\"yz\"}"));
	ck_assert(matches("{\"$or\":{\"a\":[1]}}", "{\"$or\":{\"a\":1}}"));
}
END_TEST

/* @depth objects within each other, or as many lists of alternatives one after the other. */
static char *repeat(const char *open, const char *inner, const char *close, int count)
{
	char *text = xcalloc(1, (strlen(open) + strlen(close)) * (size_t)count + strlen(inner) + 1);

	for (int i = 0; i < count; i++)
		strcat(text, open);
	strcat(text, inner);
	for (int i = 0; i < count; i++)
		strcat(text, close);
	return text;
}

START_TEST(patterns_that_multiply_are_refused)
{
	char *ors = repeat("", "{", "\"$or\":[{\"a\":[1]},{\"b\":[2]}],", 12);
	char *deep = repeat("{\"a\":", "[1]", "}", 300);
	struct err err;

	strcpy(ors + strlen(ors) - 1, "}");
	err = refuse(ors);
	ck_assert_ptr_nonnull(
		strstr(err.text, "Rule is too complex - try using fewer combinations"));
	err = refuse(deep);
	ck_assert_ptr_nonnull(strstr(err.text, "nesting depth"));
	free(ors);
	free(deep);
}
END_TEST

START_TEST(a_pattern_outlives_its_text)
{
	char text[] = "{\"a\":[null,true,1e99],\"b\":[\"x\"]}";
	struct event_pattern *pattern = pattern_of(text);

	memset(text, 'z', sizeof(text) - 1);
	ck_assert(plain_says(pattern, "{\"a\":null,\"b\":\"x\"}"));
	ck_assert(machine_says(pattern, "{\"a\":1e99,\"b\":\"x\"}"));
	event_pattern_free(pattern);
}
END_TEST

START_TEST(exact_sources_say_which_others_a_pattern_cannot_want)
{
	static const struct {
		const char *pattern;
		bool may;
	} rows[] = {
		{"{\"source\":[\"mine\"]}", false},
		{"{\"source\":[\"mine\",\"aws.ecs\"]}", true},
		{"{\"source\":[\"mine\"],\"detail\":{\"source\":[\"aws.ecs\"]}}", false},
		{"{\"detail\":{\"source\":[\"mine\"]}}", true},
		{"{\"source\":[{\"prefix\":\"mine\"}]}", true},
		{"{\"source\":[{\"anything-but\":[\"mine\"]}]}", true},
		{"{\"source\":[\"mine\",{\"exists\":true}]}", true},
		{"{\"$or\":[{\"source\":[\"mine\"]},{\"account\":[\"1\"]}]}", true},
		{"{\"$or\":[{\"source\":[\"mine\"]},{\"source\":[\"theirs\"]}]}", false},
		{"{\"source\":[\"aws.ec\"]}", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct event_pattern *pattern = pattern_of(rows[i].pattern);

		ck_assert_msg(event_pattern_may_want(pattern, "aws.ecs") == rows[i].may, "%s",
			      rows[i].pattern);
		event_pattern_free(pattern);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {the_place_is_the_first_character_that_was_not_read,
				      a_long_pattern_is_cut_in_the_message,
				      each_mistake_has_the_services_words,
				      what_is_no_json_says_what_was_expected,
				      an_or_that_is_none_is_an_ordinary_field,
				      patterns_that_multiply_are_refused,
				      a_pattern_outlives_its_text,
				      exact_sources_say_which_others_a_pattern_cannot_want};

	return suite_run("event_pattern", tests, ARRAY_LEN(tests));
}
