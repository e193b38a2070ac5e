/* SPDX-License-Identifier: Apache-2.0 */
#include "event_ask.h"
#include "event_random.h"

#define ROUNDS 4000

/* The definition, by trying all lengths of each star. */
static bool by_definition(const char *wildcard, const char *text)
{
	if (!*wildcard)
		return !*text;
	if (*wildcard == '*')
		return by_definition(wildcard + 1, text) ||
		       (*text && by_definition(wildcard, text + 1));
	return *wildcard == *text && by_definition(wildcard + 1, text + 1);
}

static void random_text(struct dice *dice, char *ret, size_t most, const char *letters)
{
	size_t len = roll(dice, (unsigned int)most);

	ret[len] = '\0';
	for (size_t i = 0; i < len; i++) {
		ret[i] = letters[roll(dice, (unsigned int)strlen(letters))];
		if (i > 0 && ret[i] == '*' && ret[i - 1] == '*')
			ret[i] = 'a';
	}
}

START_TEST(a_wildcard_matches_what_its_definition_says)
{
	static struct dice dice = {.state = 7};
	int matched = 0;

	for (int i = 0; i < ROUNDS; i++) {
		char wildcard[8];
		char text[12];
		char pattern[64];
		char event[64];
		bool wanted;

		random_text(&dice, wildcard, sizeof(wildcard), "ab**");
		random_text(&dice, text, sizeof(text), "ab");
		wanted = by_definition(wildcard, text);
		(void)snprintf(pattern, sizeof(pattern), "{\"f\":[{\"wildcard\":\"%s\"}]}",
			       wildcard);
		(void)snprintf(event, sizeof(event), "{\"f\":\"%s\"}", text);
		ck_assert_msg(matches(pattern, event) == wanted, "%s of %s", wildcard, text);
		matched += wanted;
	}
	ck_assert_int_gt(matched, ROUNDS / 20);
}
END_TEST

static bool too_complex(const char *text)
{
	struct event_wildcard one = {text, strlen(text), 0};

	return event_wildcards_too_complex(&one, 1);
}

START_TEST(what_the_service_finds_too_complex_is)
{
	struct event_wildcard four[] = {{"*/sync/*.bif", 12, 0},
					{"*/sync/*.tif", 12, 1},
					{"*/sync/*.svs", 12, 2},
					{"*/sync/*.scn", 12, 3}};
	struct event_wildcard plain[] = {
		{"*.bif", 5, 0}, {"*.tif", 5, 1}, {"*.svs", 5, 2}, {"*.tiff", 6, 3}};

	ck_assert(too_complex("*:*:*:*:*:event-bus/*"));
	ck_assert(!too_complex("*:*:*:event-bus/*"));
	ck_assert(!too_complex("/Users/*/dir/dir/dir/dir/dir/doc.txt"));
	ck_assert(too_complex("*aaaaaaaaaaaaaaaaaaaa"));
	ck_assert(event_wildcards_too_complex(four, 4));
	ck_assert(!event_wildcards_too_complex(four, 2));
	ck_assert(!event_wildcards_too_complex(plain, 4));
}
END_TEST

START_TEST(judging_a_wildcard_ends_soon_whatever_it_is)
{
	static char text[3000];

	for (unsigned int kind = 0; kind < 6; kind++) {
		static struct dice dice;

		dice.state = kind;
		for (size_t i = 0; i + 1 < sizeof(text); i++)
			text[i] = i % (7 + kind * 50) == 0 ? '*'
							   : (char)('a' + roll(&dice, 2 + kind));
		(void)too_complex(text);
	}
	memset(text, 'a', sizeof(text) - 1);
	ck_assert(!too_complex(text));
	text[1] = '*';
	ck_assert(too_complex(text));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_wildcard_matches_what_its_definition_says,
				      what_the_service_finds_too_complex_is,
				      judging_a_wildcard_ends_soon_whatever_it_is};

	return suite_run("event_wildcard", tests, ARRAY_LEN(tests));
}
