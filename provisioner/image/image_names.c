/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table with chains, doubled when there are as many names as chains. The
 * hash has a random key: who makes an image cannot make names that collide.
 */
#include <string.h>

#include "core/ident.h"
#include "provisioner/image/image_tree_private.h"

#define BUCKETS_FIRST 1024

void image_names_init(struct image_names *names)
{
	names->buckets = xcalloc(BUCKETS_FIRST, sizeof(struct image_node *));
	names->bucket_count = BUCKETS_FIRST;
	names->node_count = 0;
	ident_random(names->key, sizeof(names->key));
}

void image_names_done(struct image_names *names)
{
	free(names->buckets);
	names->buckets = NULL;
}

/* Multiply and fold eight bytes at a time, keyed at both ends. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_of(const struct image_names *names, const struct image_node *parent,
			const char *name, size_t len)
{
	uint64_t hash = mix((uint64_t)(uintptr_t)parent ^ names->key[0], names->key[1] | 1);

	for (size_t at = 0; at < len; at += 8) {
		uint64_t word = 0;

		memcpy(&word, name + at, len - at < 8 ? len - at : 8);
		hash = mix(hash ^ word ^ names->key[1], names->key[0] | 1);
	}
	return mix(hash ^ len, names->key[1] | 1);
}

struct image_node *image_names_find(const struct image_names *names,
				    const struct image_node *parent, const char *name, size_t len)
{
	uint64_t hash = hash_of(names, parent, name, len);
	struct image_node *node = names->buckets[hash & (names->bucket_count - 1)];

	while (node && (node->hash != hash || node->parent != parent || node->name_len != len ||
			memcmp(node->name, name, len) != 0))
		node = node->next_in_bucket;
	return node;
}

static void put_in_bucket(struct image_names *names, struct image_node *node)
{
	struct image_node **bucket = &names->buckets[node->hash & (names->bucket_count - 1)];

	node->next_in_bucket = *bucket;
	*bucket = node;
}

static int grow_buckets(struct image_names *names, struct err *err)
{
	struct image_node **old = names->buckets;
	size_t old_count = names->bucket_count;
	struct image_node **buckets = calloc(old_count * 2, sizeof(struct image_node *));

	if (!buckets)
		return err_set(err, ERR_LIMIT, "no memory for the names of the image");
	names->buckets = buckets;
	names->bucket_count = old_count * 2;
	for (size_t i = 0; i < old_count; i++) {
		struct image_node *node = old[i];

		while (node) {
			struct image_node *next = node->next_in_bucket;

			put_in_bucket(names, node);
			node = next;
		}
	}
	free(old);
	return 0;
}

int image_names_add(struct image_names *names, struct image_node *node, struct err *err)
{
	if (names->node_count >= names->bucket_count && grow_buckets(names, err) < 0)
		return -1;
	node->hash = hash_of(names, node->parent, node->name, node->name_len);
	put_in_bucket(names, node);
	names->node_count++;
	return 0;
}

void image_names_remove(struct image_names *names, struct image_node *node)
{
	struct image_node **link = &names->buckets[node->hash & (names->bucket_count - 1)];

	while (*link != node)
		link = &(*link)->next_in_bucket;
	*link = node->next_in_bucket;
	names->node_count--;
}
