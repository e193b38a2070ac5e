/* SPDX-License-Identifier: Apache-2.0 */
#include "event_random.h"
#include "tests/support/suite.h"

#include "events/byte_trie.h"
#include "events/path_tree.h"

#define ROUNDS 150
#define TEXTS  30

static bool is_found(const event_numbers *found, uint32_t number)
{
	for (size_t i = 0; i < found->count; i++) {
		if (found->items[i] == number)
			return true;
	}
	return false;
}

static void random_text(struct dice *dice, char *ret, size_t most)
{
	size_t len = roll(dice, (unsigned int)most);

	for (size_t i = 0; i < len; i++)
		ret[i] = (char)('a' + roll(dice, 2));
	ret[len] = '\0';
}

/* Different texts; returns how many. */
static size_t throw_texts(struct dice *dice, char texts[TEXTS][10], struct event_trie_text *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < TEXTS; i++) {
		bool there = false;

		random_text(dice, texts[count], sizeof(texts[0]));
		for (size_t j = 0; j < count; j++)
			there |= strcmp(texts[count], texts[j]) == 0;
		if (there)
			continue;
		ret[count] = (struct event_trie_text){texts[count], strlen(texts[count]),
						      (uint32_t)count};
		count++;
	}
	return count;
}

static void check_ask(const event_trie_nodes *nodes, uint32_t root, char texts[TEXTS][10],
		      size_t count, const char *asked)
{
	size_t len = strlen(asked);
	event_numbers front = {0};
	event_numbers back = {0};

	event_trie_find(nodes, root, asked, len, &front);
	event_trie_find_back(nodes, root, asked, len, &back);
	for (size_t i = 0; i < count; i++) {
		size_t text_len = strlen(texts[i]);
		bool ends = text_len <= len;

		for (size_t j = 0; ends && j < text_len; j++)
			ends = texts[i][j] == asked[len - 1 - j];
		ck_assert(is_found(&front, (uint32_t)i) ==
			  (strncmp(asked, texts[i], text_len) == 0));
		ck_assert(is_found(&back, (uint32_t)i) == ends);
	}
	free(front.items);
	free(back.items);
}

START_TEST(all_texts_that_another_begins_or_ends_with_are_found)
{
	static struct dice dice = {.state = 3};

	for (int round = 0; round < ROUNDS; round++) {
		struct event_trie_text all[TEXTS];
		char texts[TEXTS][10];
		event_trie_nodes nodes = {0};
		size_t count = throw_texts(&dice, texts, all);
		uint32_t root = event_trie_build(&nodes, all, count);

		for (int i = 0; i < 20; i++) {
			char asked[16];

			random_text(&dice, asked, sizeof(asked));
			check_ask(&nodes, root, texts, count, asked);
		}
		free(nodes.items);
	}
}
END_TEST

START_TEST(texts_that_each_are_one_byte_longer_do_not_deepen_the_stack)
{
	enum { LONGEST = 4000 };
	static struct event_trie_text all[LONGEST];
	static char text[LONGEST];
	event_trie_nodes nodes = {0};
	event_numbers found = {0};
	uint32_t root;

	memset(text, 'a', sizeof(text));
	for (uint32_t i = 0; i < LONGEST; i++)
		all[i] = (struct event_trie_text){text, i, i};
	root = event_trie_build(&nodes, all, LONGEST);
	event_trie_find(&nodes, root, text, LONGEST, &found);
	ck_assert_uint_eq(found.count, LONGEST);
	free(nodes.items);
	free(found.items);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {all_texts_that_another_begins_or_ends_with_are_found,
				      texts_that_each_are_one_byte_longer_do_not_deepen_the_stack};

	return suite_run("event_byte_trie", tests, ARRAY_LEN(tests));
}
