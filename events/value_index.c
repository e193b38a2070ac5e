/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking: whole texts by one hash table, beginnings and ends by tries, numbers and addresses by
 * trees of ranges. A wildcard is found by one of its pieces, that which the fewest others have:
 * the first, the last, or the longest between them, which is looked for at each place of the
 * text. Only what is found so is compared whole.
 */
#include "events/value_index.h"

#include <string.h>

#include "events/hash.h"
#include "events/letter_case.h"
#include "events/number.h"
#include "events/value_index_private.h"

#define BIT(kind) (1u << (kind))
#define ANY_CASE                                                                                   \
	(BIT(EVENT_TEST_TEXT_ANY_CASE) | BIT(EVENT_TEST_PREFIX_ANY_CASE) |                         \
	 BIT(EVENT_TEST_SUFFIX_ANY_CASE))
#define PART_COST 16 /* bytes: what one part that is found costs beside the comparison */

static void find_text(const struct event_index *index, uint32_t path, enum event_test_kind kind,
		      const char *text, size_t len, struct event_finder *finder)
{
	uint64_t hash = event_index_hash(index, path, kind, text, len);

	for (size_t at = hash & (index->slot_count - 1); index->slots[at];
	     at = (at + 1) & (index->slot_count - 1)) {
		const char *key;
		size_t key_len;
		uint32_t test = index->slots[at] - 1;
		struct event_test_key head;

		key = event_intern_key(&index->tests, test, &key_len);
		if (key_len != sizeof(head) + len)
			continue;
		memcpy(&head, key, sizeof(head));
		if (head.path == path && head.kind == (uint32_t)kind &&
		    (!len || memcmp(key + sizeof(head), text, len) == 0)) {
			EVENT_APPEND(&finder->tests, test);
			return;
		}
	}
}

/* All ranges of the tree in [begin, end) that @key is in. */
static void find_range(const struct event_index_range *ranges, size_t begin, size_t end,
		       event_key key, struct event_finder *finder)
{
	while (begin < end) {
		size_t middle = begin + (end - begin) / 2;
		const struct event_index_range *range = &ranges[middle];

		if (range->highest < key)
			return;
		find_range(ranges, begin, middle, key, finder);
		if (range->low > key)
			return;
		if (range->high >= key)
			EVENT_APPEND(&finder->tests, range->test);
		begin = middle + 1;
	}
}

static void find_key(const struct event_index *index, const struct event_index_path *path,
		     enum event_family family, event_key key, struct event_finder *finder)
{
	size_t begin = path->range_begin[family];

	find_range(index->ranges.items + begin, 0, path->range_count[family], key, finder);
}

static void find_number(const struct event_index *index, const struct event_index_path *path,
			const struct event_leaf *leaf, struct event_finder *finder)
{
	int64_t key;

	(void)event_number_key(leaf->text, leaf->len, &key); /* too large or fine: a key as well */
	find_key(index, path, EVENT_NUMBERS, event_key_of_number(key), finder);
}

/* Look at all wildcards of the chains that were found in finder->parts and forget them. */
static void try_globs(const struct event_index *index, const struct event_leaf *leaf,
		      struct event_finder *finder)
{
	for (size_t i = 0; i < finder->parts.count; i++) {
		uint32_t at = finder->parts.items[i];

		for (; at != EVENT_NONE; at = index->globs.items[at].next) {
			const struct event_index_glob *glob = &index->globs.items[at];

			if (finder->seen[at] == finder->value)
				break; /* and all behind it */
			finder->seen[at] = finder->value;
			finder->work += PART_COST + leaf->len / 8;
			if (event_glob_match(&glob->glob, leaf->text, leaf->len))
				EVENT_APPEND(&finder->tests, glob->test);
		}
	}
	finder->parts.count = 0;
}

/* A number for this value that no wildcard has seen. */
static void begin_globs(const struct event_index *index, struct event_finder *finder)
{
	if (finder->seen_count < index->globs.count) {
		free(finder->seen);
		finder->seen_count = index->globs.count;
		finder->seen = xcalloc(finder->seen_count, sizeof(*finder->seen));
		finder->value = 0;
	}
	if (++finder->value == 0) {
		memset(finder->seen, 0, finder->seen_count * sizeof(*finder->seen));
		finder->value = 1;
	}
}

static void find_globs(const struct event_index *index, const struct event_index_path *path,
		       const struct event_leaf *leaf, struct event_finder *finder)
{
	uint32_t inner = path->tries[EVENT_TRIE_GLOB_INNER];

	begin_globs(index, finder);
	if (path->tries[EVENT_TRIE_GLOB_PREFIX] != EVENT_NONE)
		event_trie_find(&index->tries, path->tries[EVENT_TRIE_GLOB_PREFIX], leaf->text,
				leaf->len, &finder->parts);
	if (path->tries[EVENT_TRIE_GLOB_SUFFIX] != EVENT_NONE)
		event_trie_find_back(&index->tries, path->tries[EVENT_TRIE_GLOB_SUFFIX], leaf->text,
				     leaf->len, &finder->parts);
	try_globs(index, leaf, finder);
	for (size_t i = 0; inner != EVENT_NONE && i <= leaf->len; i++) {
		event_trie_find(&index->tries, inner, leaf->text + i, leaf->len - i,
				&finder->parts);
		finder->work += PART_COST * finder->parts.count;
		try_globs(index, leaf, finder);
	}
}

static void find_any_case(const struct event_index *index, const struct event_index_path *path,
			  const struct event_leaf *leaf, struct event_finder *finder)
{
	const char *text;
	size_t len;

	EVENT_GROW(&finder->folded, EVENT_CASE_ROOM(leaf->len));
	text = finder->folded.items;
	len = event_case_fold(leaf->text, leaf->len, finder->folded.items);
	if (path->kinds & BIT(EVENT_TEST_TEXT_ANY_CASE))
		find_text(index, leaf->path, EVENT_TEST_TEXT_ANY_CASE, text, len, finder);
	if (path->tries[EVENT_TRIE_PREFIX_ANY_CASE] != EVENT_NONE)
		event_trie_find(&index->tries, path->tries[EVENT_TRIE_PREFIX_ANY_CASE], text, len,
				&finder->tests);
	if (path->tries[EVENT_TRIE_SUFFIX_ANY_CASE] != EVENT_NONE)
		event_trie_find_back(&index->tries, path->tries[EVENT_TRIE_SUFFIX_ANY_CASE], text,
				     len, &finder->tests);
}

static void find_string(const struct event_index *index, const struct event_index_path *path,
			const struct event_leaf *leaf, struct event_finder *finder)
{
	struct event_range one;

	if (path->kinds & BIT(EVENT_TEST_TEXT))
		find_text(index, leaf->path, EVENT_TEST_TEXT, leaf->text, leaf->len, finder);
	if (path->tries[EVENT_TRIE_PREFIX] != EVENT_NONE)
		event_trie_find(&index->tries, path->tries[EVENT_TRIE_PREFIX], leaf->text,
				leaf->len, &finder->tests);
	if (path->tries[EVENT_TRIE_SUFFIX] != EVENT_NONE)
		event_trie_find_back(&index->tries, path->tries[EVENT_TRIE_SUFFIX], leaf->text,
				     leaf->len, &finder->tests);
	if (path->kinds & BIT(EVENT_TEST_WILDCARD))
		find_globs(index, path, leaf, finder);
	if (path->kinds & ANY_CASE)
		find_any_case(index, path, leaf, finder);
	if ((path->range_count[EVENT_IPV4] || path->range_count[EVENT_IPV6]) &&
	    event_address_parse(leaf->text, leaf->len, &one))
		find_key(index, path, one.family, one.low, finder);
}

static int by_number(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a;
	uint32_t two = *(const uint32_t *)b;

	return (one > two) - (one < two);
}

#define FEW 8 /* numbers that are sorted by moving them */

static void sort_numbers(uint32_t *numbers, size_t count)
{
	if (count > FEW) {
		qsort(numbers, count, sizeof(*numbers), by_number);
		return;
	}
	for (size_t i = 1; i < count; i++) {
		uint32_t number = numbers[i];
		size_t at = i;

		for (; at > 0 && numbers[at - 1] > number; at--)
			numbers[at] = numbers[at - 1];
		numbers[at] = number;
	}
}

void event_index_find(const struct event_index *index, const struct event_leaf *leaf,
		      struct event_finder *finder)
{
	const struct event_index_path *path = &index->paths[leaf->path];
	size_t begin = finder->tests.count;

	if (path->any != EVENT_NONE)
		EVENT_APPEND(&finder->tests, path->any);
	if (leaf->type == EVENT_LEAF_STRING) {
		find_string(index, path, leaf, finder);
	} else {
		if (leaf->type == EVENT_LEAF_NUMBER && path->range_count[EVENT_NUMBERS])
			find_number(index, path, leaf, finder);
		if (path->kinds & BIT(EVENT_TEST_LITERAL))
			find_text(index, leaf->path, EVENT_TEST_LITERAL, leaf->text, leaf->len,
				  finder);
	}
	finder->work += finder->tests.count - begin;
	sort_numbers(finder->tests.items + begin, finder->tests.count - begin);
}

void event_finder_done(struct event_finder *finder)
{
	free(finder->tests.items);
	free(finder->parts.items);
	free(finder->folded.items);
	free(finder->seen);
	*finder = (struct event_finder){0};
}
