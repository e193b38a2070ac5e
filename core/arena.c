/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arena is a list of blocks, newest first; allocations are cut from the
 * newest and a large one gets a block of its own. In sanitizer builds every
 * allocation gets a block of its own, so that ASan sees each overrun and each
 * use after the end. The maximum counts what was asked for (rounded up to the
 * alignment), so both kinds of build refuse at the same point.
 */
#include "core/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ARENA_ALIGN 16 /* max_align_t on the 64-bit machines that we build for */
_Static_assert(ARENA_ALIGN >= _Alignof(max_align_t), "arena alignment");

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_BLOCK 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_BLOCK 0
#endif
#endif
#ifndef ARENA_BLOCK
#define ARENA_BLOCK 4000 /* with the header and malloc's, about a page */
#endif

struct block {
	struct block *next;
	size_t used, size;
	_Alignas(ARENA_ALIGN) uint8_t bytes[];
};

struct arena {
	struct block *blocks;
	size_t used, max;
	bool secret;
};

struct arena *arena_new(size_t max_bytes)
{
	struct arena *arena = xcalloc(1, sizeof(*arena));

	arena->max = max_bytes;
	return arena;
}

struct arena *arena_new_secret(size_t max_bytes)
{
	struct arena *arena = arena_new(max_bytes);

	arena->secret = true;
	return arena;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	while (arena->blocks) {
		struct block *block = arena->blocks;

		arena->blocks = block->next;
		if (arena->secret)
			explicit_bzero(block->bytes, block->used);
		free(block);
	}
	free(arena);
}

void arena_freep(struct arena **arena)
{
	arena_free(*arena);
	*arena = NULL;
}

/* A block with room for @size bytes, in the list; NULL if memory is gone. */
static struct block *block_for(struct arena *arena, size_t size)
{
	struct block *newest = arena->blocks;
	struct block *block;
	size_t room = size > ARENA_BLOCK ? size : ARENA_BLOCK;

	if (newest && size <= newest->size - newest->used)
		return newest;
	if (room > SIZE_MAX - sizeof(*block))
		return NULL;
	block = calloc(1, sizeof(*block) + room);
	if (!block)
		return NULL;
	block->size = room;
	/* A block for one large thing goes second: the newest still has room to cut. */
	if (newest && size > ARENA_BLOCK) {
		block->next = newest->next;
		newest->next = block;
	} else {
		block->next = newest;
		arena->blocks = block;
	}
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct block *block;
	void *memory;

	if (size == 0)
		size = 1;
	if (size > SIZE_MAX - ARENA_ALIGN)
		return NULL;
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (size > arena->max - arena->used)
		return NULL;
	block = block_for(arena, size);
	if (!block)
		return NULL;
	memory = block->bytes + block->used;
	block->used += size;
	arena->used += size;
	return memory;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy;

	if (len == SIZE_MAX)
		return NULL;
	copy = arena_alloc(arena, len + 1);
	if (copy && len > 0)
		memcpy(copy, text, len);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	va_list again;
	int len;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	if (len >= 0)
		text = arena_alloc(arena, (size_t)len + 1);
	if (text)
		(void)vsnprintf(text, (size_t)len + 1, fmt, again);
	va_end(again);
	va_end(args);
	return text;
}
