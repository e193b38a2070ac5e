/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node stands for a run of sorted texts that are equal up to the end of its label. Nodes wait
 * in a queue until their run is split among children, so no depth of texts deepens the stack.
 */
#include "events/byte_trie.h"

#include <string.h>

#include "events/path_tree.h"

/* A node whose run of texts is still to be split. */
struct run {
	uint32_t node;
	size_t begin;
	size_t end;
	size_t depth; /* bytes before the label */
};

typedef EVENT_GROWING(struct run) runs;

static int by_bytes(const void *a, const void *b)
{
	const struct event_trie_text *one = a;
	const struct event_trie_text *two = b;
	size_t len = one->len < two->len ? one->len : two->len;
	int order = memcmp(one->text, two->text, len);

	return order ? order : (one->len > two->len) - (one->len < two->len);
}

/* How many bytes all texts of the run share from @depth on. */
static size_t shared(const struct event_trie_text *texts, const struct run *run)
{
	const struct event_trie_text *first = &texts[run->begin];
	const struct event_trie_text *last = &texts[run->end - 1];
	size_t at = run->depth;

	while (at < first->len && at < last->len && first->text[at] == last->text[at])
		at++;
	return at - run->depth;
}

/* Give each byte that follows a child with its part of the run. */
static void split(event_trie_nodes *nodes, const struct event_trie_text *texts,
		  const struct run *run, runs *waiting)
{
	uint32_t children = (uint32_t)nodes->count;
	size_t begin = run->begin;

	while (begin < run->end) {
		struct event_trie_node child = {.value = EVENT_NONE};
		uint8_t byte = (uint8_t)texts[begin].text[run->depth];
		size_t end = begin + 1;

		while (end < run->end && (uint8_t)texts[end].text[run->depth] == byte)
			end++;
		child.first = byte;
		EVENT_APPEND(nodes, child);
		EVENT_APPEND(waiting,
			     (struct run){(uint32_t)nodes->count - 1, begin, end, run->depth});
		begin = end;
	}
	nodes->items[run->node].children = children;
	nodes->items[run->node].child_count = (uint16_t)(nodes->count - children);
}

uint32_t event_trie_build(event_trie_nodes *nodes, struct event_trie_text *texts, size_t count)
{
	struct event_trie_node root = {.value = EVENT_NONE};
	uint32_t number = (uint32_t)nodes->count;
	runs waiting = {0};

	qsort(texts, count, sizeof(*texts), by_bytes);
	EVENT_APPEND(nodes, root);
	EVENT_APPEND(&waiting, (struct run){number, 0, count, 0});
	for (size_t i = 0; i < waiting.count; i++) {
		struct run run = waiting.items[i];
		struct event_trie_node *node = &nodes->items[run.node];
		size_t label = shared(texts, &run);

		node->label = texts[run.begin].text + run.depth;
		node->label_len = (uint32_t)label;
		node->first = label ? (uint8_t)node->label[0] : 0;
		run.depth += label;
		if (texts[run.begin].len == run.depth)
			node->value = texts[run.begin++].value;
		split(nodes, texts, &run, &waiting);
	}
	free(waiting.items);
	return number;
}

static const struct event_trie_node *child_at(const event_trie_nodes *nodes,
					      const struct event_trie_node *node, uint8_t byte)
{
	const struct event_trie_node *children = nodes->items + node->children;
	size_t low = 0;
	size_t high = node->child_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (children[middle].first < byte)
			low = middle + 1;
		else
			high = middle;
	}
	return low < node->child_count && children[low].first == byte ? &children[low] : NULL;
}

void event_trie_find(const event_trie_nodes *nodes, uint32_t root, const char *text, size_t len,
		     event_numbers *found)
{
	const struct event_trie_node *node = &nodes->items[root];

	while (node && node->label_len <= len &&
	       (!node->label_len || memcmp(node->label, text, node->label_len) == 0)) {
		text += node->label_len;
		len -= node->label_len;
		if (node->value != EVENT_NONE)
			EVENT_APPEND(found, node->value);
		node = len ? child_at(nodes, node, (uint8_t)*text) : NULL;
	}
}

static bool label_is_end(const struct event_trie_node *node, const char *text, size_t len)
{
	for (size_t i = 0; i < node->label_len; i++) {
		if (node->label[i] != text[len - 1 - i])
			return false;
	}
	return true;
}

void event_trie_find_back(const event_trie_nodes *nodes, uint32_t root, const char *text,
			  size_t len, event_numbers *found)
{
	const struct event_trie_node *node = &nodes->items[root];

	while (node && node->label_len <= len && label_is_end(node, text, len)) {
		len -= node->label_len;
		if (node->value != EVENT_NONE)
			EVENT_APPEND(found, node->value);
		node = len ? child_at(nodes, node, (uint8_t)text[len - 1]) : NULL;
	}
}
