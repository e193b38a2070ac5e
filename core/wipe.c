/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocator knows how much it gave, so callers need not.
 */
#include "core/wipe.h"

#include <jansson.h>
#include <malloc.h>
#include <string.h>

void wipe_free(void *memory)
{
	if (memory)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

void wipe_freep(void *pointer)
{
	wipe_free(*(void **)pointer);
}

void wipe_documents(void)
{
	json_set_alloc_funcs(malloc, wipe_free);
}
