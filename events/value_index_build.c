/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building: tests are collected by their keys; when all are there, those of one path and kind
 * are next to each other after sorting, and each such run becomes a trie, a tree of ranges, or
 * entries of the hash table.
 */
#include <string.h>

#include "events/value_index_private.h"

/* A test while an index is finished. */
struct entry {
	struct event_test_key key;
	uint32_t test;
	const char *text; /* behind the key: of ranges a struct event_range */
	size_t len;
};

typedef EVENT_GROWING(struct event_trie_text) trie_texts;

void event_index_init(struct event_index *index, uint64_t seed)
{
	*index = (struct event_index){.seed = seed, .arena = arena_new(SIZE_MAX)};
	event_intern_init(&index->tests, seed);
}

void event_index_done(struct event_index *index)
{
	event_intern_done(&index->tests);
	arena_free(index->arena);
	free(index->paths);
	free(index->slots);
	free(index->tries.items);
	free(index->globs.items);
	free(index->ranges.items);
}

uint32_t event_index_add(struct event_index *index, uint32_t path, enum event_test_kind kind,
			 const struct event_value *value)
{
	struct event_test_key head = {path, (uint32_t)kind};
	AUTO(freep) char *key = NULL;
	struct event_range range; /* with no byte between its members left as it was */
	const void *tail = value ? value->text : NULL;
	size_t len = value ? value->len : 0;

	if (kind == EVENT_TEST_RANGE && value) {
		memset(&range, 0, sizeof(range));
		range.family = value->range.family;
		range.low = value->range.low;
		range.high = value->range.high;
		tail = &range;
		len = sizeof(range);
	}
	key = xcalloc(1, sizeof(head) + len);
	memcpy(key, &head, sizeof(head));
	if (len)
		memcpy(key + sizeof(head), tail, len);
	return event_intern(&index->tests, key, sizeof(head) + len);
}

static char *arena_take(struct event_index *index, const char *text, size_t len)
{
	char *copy = arena_alloc(index->arena, len + 1);

	if (!copy)
		abort(); /* it has no maximum */
	if (len)
		memcpy(copy, text, len);
	return copy;
}

static char *reversed(struct event_index *index, const char *text, size_t len)
{
	char *copy = arena_take(index, text, len);

	for (size_t i = 0; i < len; i++)
		copy[i] = text[len - 1 - i];
	return copy;
}

static void add_slot(struct event_index *index, const struct entry *entry)
{
	size_t mask = index->slot_count - 1;
	size_t at = event_index_hash(index, entry->key.path, (enum event_test_kind)entry->key.kind,
				     entry->text, entry->len) &
		    mask;

	while (index->slots[at])
		at = (at + 1) & mask;
	index->slots[at] = entry->test + 1;
}

static void add_trie(struct event_index *index, const struct entry *entries, size_t count,
		     enum event_trie_kind kind, bool back)
{
	trie_texts texts = {0};

	for (size_t i = 0; i < count; i++) {
		struct event_trie_text text = {.len = entries[i].len, .value = entries[i].test};

		text.text = back ? reversed(index, entries[i].text, entries[i].len)
				 : arena_take(index, entries[i].text, entries[i].len);
		EVENT_APPEND(&texts, text);
	}
	index->paths[entries->key.path].tries[kind] =
		event_trie_build(&index->tries, texts.items, texts.count);
	free(texts.items);
}

/* Wildcard texts were checked when they were read: cut one at its stars. */
static struct event_glob glob_of(struct event_index *index, const char *text, size_t len)
{
	char *bytes = arena_take(index, text, len);
	struct event_glob glob = {.count = 1};
	const char **pieces;
	uint32_t *lens;
	size_t piece = 0;

	for (size_t i = 0; i < len; i++) {
		glob.count += text[i] == '*';
		i += text[i] == '\\';
	}
	pieces = arena_alloc(index->arena, glob.count * sizeof(*pieces));
	lens = arena_alloc(index->arena, glob.count * sizeof(*lens));
	if (!pieces || !lens)
		abort(); /* it has no maximum */
	pieces[0] = bytes;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '*') {
			pieces[++piece] = bytes;
			continue;
		}
		i += text[i] == '\\';
		*bytes++ = text[i];
		lens[piece]++;
	}
	glob.pieces = pieces;
	glob.piece_lens = lens;
	return glob;
}

/* A wildcard while those of a path are placed: the parts that it could be found by. */
struct placing {
	struct event_index_glob glob;
	struct event_trie_text
		parts[EVENT_TRIE_COUNT]; /* of the three kinds; length 0: it has none */
	uint32_t numbers[EVENT_TRIE_COUNT];
};

/* What the wildcards of a path have for one trie. */
struct parts {
	struct event_intern all;
	event_numbers uses;   /* by part: wildcards that could be found by it */
	event_numbers chains; /* by part: its first wildcard */
	trie_texts texts;
};

static void cut_parts(struct event_index *index, struct placing *one)
{
	const struct event_glob *glob = &one->glob.glob;
	size_t last = glob->count - 1;
	size_t longest = 0;

	for (size_t i = 1; i < last; i++) {
		if (!longest || glob->piece_lens[i] > glob->piece_lens[longest])
			longest = i;
	}
	one->parts[EVENT_TRIE_GLOB_PREFIX].text = glob->pieces[0];
	one->parts[EVENT_TRIE_GLOB_PREFIX].len = glob->piece_lens[0];
	one->parts[EVENT_TRIE_GLOB_SUFFIX].text =
		reversed(index, glob->pieces[last], glob->piece_lens[last]);
	one->parts[EVENT_TRIE_GLOB_SUFFIX].len = glob->piece_lens[last];
	if (longest) {
		one->parts[EVENT_TRIE_GLOB_INNER].text = glob->pieces[longest];
		one->parts[EVENT_TRIE_GLOB_INNER].len = glob->piece_lens[longest];
	}
}

/* The part that the fewest other wildcards share. Of only stars it is the empty beginning. */
static int best_part(const struct placing *one, const struct parts *parts)
{
	int best = EVENT_TRIE_GLOB_PREFIX;
	uint32_t fewest = UINT32_MAX;

	for (int i = EVENT_TRIE_GLOB_PREFIX; i <= EVENT_TRIE_GLOB_INNER; i++) {
		if (one->parts[i].len && parts[i].uses.items[one->numbers[i]] < fewest) {
			fewest = parts[i].uses.items[one->numbers[i]];
			best = i;
		}
	}
	return best;
}

/* Put a wildcard into the chain of its part; the first of a part makes the part a text. */
static void place_glob(struct event_index *index, struct placing *one, struct parts *parts)
{
	int kind = best_part(one, parts);
	uint32_t *chain = &parts[kind].chains.items[one->numbers[kind]];

	one->glob.next = *chain;
	*chain = (uint32_t)index->globs.count;
	if (one->glob.next == EVENT_NONE) {
		one->parts[kind].value = one->numbers[kind];
		EVENT_APPEND(&parts[kind].texts, one->parts[kind]);
	}
	EVENT_APPEND(&index->globs, one->glob);
}

static void count_parts(struct placing *one, struct parts *parts)
{
	for (int i = EVENT_TRIE_GLOB_PREFIX; i <= EVENT_TRIE_GLOB_INNER; i++) {
		one->numbers[i] =
			event_intern(&parts[i].all, one->parts[i].text, one->parts[i].len);
		if (one->numbers[i] == parts[i].uses.count) {
			EVENT_APPEND(&parts[i].uses, 0);
			EVENT_APPEND(&parts[i].chains, EVENT_NONE);
		}
		parts[i].uses.items[one->numbers[i]]++;
	}
}

static void add_globs(struct event_index *index, const struct entry *entries, size_t count)
{
	struct parts parts[EVENT_TRIE_COUNT] = {0};
	struct placing *all = xcalloc(count, sizeof(*all));

	for (int i = EVENT_TRIE_GLOB_PREFIX; i <= EVENT_TRIE_GLOB_INNER; i++)
		event_intern_init(&parts[i].all, index->seed);
	for (size_t i = 0; i < count; i++) {
		all[i].glob.test = entries[i].test;
		all[i].glob.glob = glob_of(index, entries[i].text, entries[i].len);
		cut_parts(index, &all[i]);
		count_parts(&all[i], parts);
	}
	for (size_t i = 0; i < count; i++)
		place_glob(index, &all[i], parts);
	for (int i = EVENT_TRIE_GLOB_PREFIX; i <= EVENT_TRIE_GLOB_INNER; i++) {
		trie_texts *texts = &parts[i].texts;

		for (size_t j = 0; j < texts->count; j++)
			texts->items[j].value = parts[i].chains.items[texts->items[j].value];
		if (texts->count)
			index->paths[entries->key.path].tries[i] =
				event_trie_build(&index->tries, texts->items, texts->count);
		event_intern_done(&parts[i].all);
		free(parts[i].uses.items);
		free(parts[i].chains.items);
		free(texts->items);
	}
	free(all);
}

static int by_low(const void *a, const void *b)
{
	const struct event_index_range *one = a;
	const struct event_index_range *two = b;

	return (one->low > two->low) - (one->low < two->low);
}

/* The middle of each part is its root: what it and all below it reach up to. */
static event_key mark_highest(struct event_index_range *ranges, size_t begin, size_t end)
{
	size_t middle = begin + (end - begin) / 2;
	event_key highest = 0;

	if (begin >= end)
		return 0;
	for (int half = 0; half < 2; half++) {
		event_key one = half ? mark_highest(ranges, middle + 1, end)
				     : mark_highest(ranges, begin, middle);

		highest = one > highest ? one : highest;
	}
	highest = ranges[middle].high > highest ? ranges[middle].high : highest;
	ranges[middle].highest = highest;
	return highest;
}

static void add_ranges(struct event_index *index, const struct entry *entries, size_t count)
{
	struct event_index_path *path = &index->paths[entries->key.path];

	for (int family = 0; family < EVENT_FAMILY_COUNT; family++) {
		size_t begin = index->ranges.count;

		for (size_t i = 0; i < count; i++) {
			struct event_range range;

			memcpy(&range, entries[i].text, sizeof(range));
			if (range.family == (enum event_family)family)
				EVENT_APPEND(&index->ranges,
					     (struct event_index_range){range.low, range.high, 0,
									entries[i].test});
		}
		path->range_begin[family] = (uint32_t)begin;
		path->range_count[family] = (uint32_t)(index->ranges.count - begin);
		if (index->ranges.count == begin)
			continue;
		qsort(index->ranges.items + begin, index->ranges.count - begin,
		      sizeof(*index->ranges.items), by_low);
		(void)mark_highest(index->ranges.items + begin, 0, index->ranges.count - begin);
	}
}

/* All tests of one path and kind. */
static void add_run(struct event_index *index, const struct entry *entries, size_t count)
{
	struct event_index_path *path = &index->paths[entries->key.path];
	enum event_test_kind kind = (enum event_test_kind)entries->key.kind;

	path->kinds |= 1u << kind;
	switch (kind) {
	case EVENT_TEST_TEXT:
	case EVENT_TEST_LITERAL:
	case EVENT_TEST_TEXT_ANY_CASE:
		for (size_t i = 0; i < count; i++)
			add_slot(index, &entries[i]);
		break;
	case EVENT_TEST_PREFIX:
		add_trie(index, entries, count, EVENT_TRIE_PREFIX, false);
		break;
	case EVENT_TEST_SUFFIX:
		add_trie(index, entries, count, EVENT_TRIE_SUFFIX, true);
		break;
	case EVENT_TEST_PREFIX_ANY_CASE:
		add_trie(index, entries, count, EVENT_TRIE_PREFIX_ANY_CASE, false);
		break;
	case EVENT_TEST_SUFFIX_ANY_CASE:
		add_trie(index, entries, count, EVENT_TRIE_SUFFIX_ANY_CASE, true);
		break;
	case EVENT_TEST_WILDCARD:
		add_globs(index, entries, count);
		break;
	case EVENT_TEST_RANGE:
		add_ranges(index, entries, count);
		break;
	case EVENT_TEST_EXISTS:
		path->any = entries->test;
		break;
	case EVENT_TEST_ABSENT:
	case EVENT_TEST_KIND_COUNT:
	default:
		abort(); /* nobody adds them */
	}
}

static int by_path_and_kind(const void *a, const void *b)
{
	const struct entry *one = a;
	const struct entry *two = b;

	if (one->key.path != two->key.path)
		return one->key.path < two->key.path ? -1 : 1;
	if (one->key.kind != two->key.kind)
		return one->key.kind < two->key.kind ? -1 : 1;
	return one->test < two->test ? -1 : 1;
}

static bool same_run(const struct entry *one, const struct entry *two)
{
	return one->key.path == two->key.path && one->key.kind == two->key.kind;
}

void event_index_finish(struct event_index *index, size_t path_count)
{
	size_t count = index->tests.keys.count;
	struct entry *entries = xcalloc(count + 1, sizeof(*entries));
	size_t end;

	for (uint32_t i = 0; i < count; i++) {
		const char *key = event_intern_key(&index->tests, i, &entries[i].len);

		memcpy(&entries[i].key, key, sizeof(entries[i].key));
		entries[i].text = key + sizeof(entries[i].key);
		entries[i].len -= sizeof(entries[i].key);
		entries[i].test = i;
	}
	qsort(entries, count, sizeof(*entries), by_path_and_kind);
	index->path_count = path_count;
	index->paths = xcalloc(path_count + 1, sizeof(*index->paths));
	for (size_t i = 0; i < path_count; i++) {
		index->paths[i].any = EVENT_NONE;
		for (int j = 0; j < EVENT_TRIE_COUNT; j++)
			index->paths[i].tries[j] = EVENT_NONE;
	}
	index->slot_count = 4;
	while (index->slot_count < 2 * count)
		index->slot_count *= 2;
	index->slots = xcalloc(index->slot_count, sizeof(*index->slots));
	for (size_t begin = 0; begin < count; begin = end) {
		for (end = begin + 1; end < count && same_run(&entries[begin], &entries[end]);)
			end++;
		add_run(index, entries + begin, end - begin);
	}
	free(entries);
}
