/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena: many small allocations that end together (a request, a launch). It
 * has a maximum; when it is reached, allocation returns NULL and the caller
 * reports ERR_LIMIT. Freed memory is poisoned under ASan by being truly freed.
 */
#ifndef SLIPWAY_CORE_ARENA_H
#define SLIPWAY_CORE_ARENA_H

#include "core/common.h"

struct arena;

struct arena *arena_new(size_t max_bytes);
/* One whose memory is wiped when it is freed. */
struct arena *arena_new_secret(size_t max_bytes);
void arena_free(struct arena *arena);
void arena_freep(struct arena **arena);
size_t arena_used(const struct arena *arena); /* bytes that were asked for */

/* Zeroed, aligned for any type; NULL at the maximum. Valid until arena_free(). */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;
char *arena_strdup(struct arena *arena, const char *text) MUST_CHECK;
char *arena_strndup(struct arena *arena, const char *text, size_t len) MUST_CHECK;
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_CHECK;

#endif
