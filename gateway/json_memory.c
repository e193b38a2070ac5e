/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document of one task is some 250 small allocations, made and freed within a fraction of a
 * millisecond, again and again. malloc() keeps only a few of each size at hand for a thread;
 * what goes beyond was a sixth of the time of a read. So freed blocks are kept here, by size,
 * on the thread that freed them, for the next document.
 *
 * A block has its class in front of it, so it may be freed by another thread than made it: it
 * just changes its home. What is kept has a limit, and large blocks are not kept at all.
 *
 * What a document held, a secret's value perhaps, is wiped when its memory comes back.
 *
 * In sanitizer builds nothing is kept, so that ASan sees each use after the end; the unit test
 * is built with JSON_MEMORY_KEEP.
 */
#include "gateway/json_memory.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STEP_BYTES  32
#define CLASSES	    9	/* 1 to 8 steps, up to 256 bytes; 0: not kept */
#define KEPT_BLOCKS 512 /* of each class: four documents; 640 KiB a thread at the most */

struct block {
	union {
		struct block *next; /* while it is kept */
		size_t size;	    /* while it is used */
	};
	size_t class;
	_Alignas(max_align_t) unsigned char bytes[];
};

#if defined(JSON_MEMORY_KEEP) || (!defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__))
static _Thread_local struct {
	struct block *first;
	unsigned count;
} kept[CLASSES];

static struct block *take_kept(size_t class)
{
	struct block *block = kept[class].first;

	if (block) {
		kept[class].first = block->next;
		kept[class].count--;
	}
	return block;
}

static int keep(struct block *block)
{
	if (block->class == 0 || kept[block->class].count == KEPT_BLOCKS)
		return 0;
	block->next = kept[block->class].first;
	kept[block->class].first = block;
	kept[block->class].count++;
	return 1;
}
#else
static struct block *take_kept(size_t class)
{
	(void)class;
	return NULL;
}

static int keep(struct block *block)
{
	(void)block;
	return 0;
}
#endif

/* The block is found again from what is given out: gcc's analyzer does not see through that. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
void *json_memory_take(size_t size)
{
	size_t class = (size + STEP_BYTES - 1) / STEP_BYTES;
	struct block *block;

	if (size > SIZE_MAX - sizeof(*block))
		return NULL;
	if (class >= CLASSES)
		class = 0;
	block = class > 0 ? take_kept(class) : NULL;
	if (!block) {
		block = malloc(sizeof(*block) + (class > 0 ? class * STEP_BYTES : size));
		if (!block)
			return NULL;
		block->class = class;
	}
	block->size = size;
	return block->bytes;
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

void json_memory_give(void *memory)
{
	struct block *block;

	if (!memory)
		return;
	block = (struct block *)(void *)((unsigned char *)memory - offsetof(struct block, bytes));
	explicit_bzero(block->bytes, block->size);
	if (!keep(block))
		free(block);
}

void json_memory_use(void)
{
	json_set_alloc_funcs(json_memory_take, json_memory_give);
}
