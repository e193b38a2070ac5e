/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of many texts does another text begin with (or end with): by walking down a tree of
 * bytes, whose cost is the length of what is found, however many texts there are.
 */
#ifndef SLIPWAY_EVENTS_BYTE_TRIE_H
#define SLIPWAY_EVENTS_BYTE_TRIE_H

#include "events/growing.h"

struct event_trie_node {
	const char *label; /* what leads here from its parent; borrowed from the texts */
	uint32_t label_len;
	uint32_t value;	   /* of the text that ends here, EVENT_NONE for none */
	uint32_t children; /* the first; they follow each other by their first bytes */
	uint16_t child_count;
	uint8_t first; /* byte of the label */
};

struct event_trie_text {
	const char *text; /* borrowed as long as the trie lives */
	size_t len;
	uint32_t value;
};

typedef EVENT_GROWING(struct event_trie_node) event_trie_nodes;
typedef EVENT_GROWING(uint32_t) event_numbers;

/* Add a trie of these texts, of which no two are equal, to @nodes; returns its root. They are
 * sorted on the way. */
uint32_t event_trie_build(event_trie_nodes *nodes, struct event_trie_text *texts, size_t count);

/* Append the values of all texts that the @len bytes begin with. */
void event_trie_find(const event_trie_nodes *nodes, uint32_t root, const char *text, size_t len,
		     event_numbers *found);

/* The same from the last byte back: for texts that were reversed. */
void event_trie_find_back(const event_trie_nodes *nodes, uint32_t root, const char *text,
			  size_t len, event_numbers *found);

#endif
