/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few words that every file uses: ownership by cleanup attributes, checked
 * results, checked formats.
 */
#ifndef SLIPWAY_CORE_COMMON_H
#define SLIPWAY_CORE_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* The result of a function that may fail must be looked at. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* Argument number @fmt is a printf format, its arguments begin at @first. */
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

/* AUTO(x_freep) struct x *p = NULL;  calls x_freep(&p) at the end of the scope. */
#define AUTO(fn) __attribute__((cleanup(fn)))

/* Hand over what @v holds and leave @empty in its place. */
#define STEAL(v, empty)                                                                            \
	({                                                                                         \
		__typeof__(v) steal_held = (v);                                                    \
		(v) = (empty);                                                                     \
		steal_held;                                                                        \
	})

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* For AUTO on memory of malloc(): char *, uint8_t *, ... */
static inline void freep(void *pointer)
{
	free(*(void **)pointer);
}

/* For AUTO on a file descriptor; a negative one is left alone. */
static inline void fd_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/*
 * Allocation of small, fixed sizes: aborts when memory is gone (see the house
 * style: a size that a peer can choose goes through buf or arena instead).
 * Memory is zeroed; free() it.
 */
void *xcalloc(size_t count, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t len);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* How much of @text's first @len bytes to keep when it is cut there, so that the
 * rest ends between two UTF-8 characters (the last one may be dropped whole). */
size_t utf8_cut(const char *text, size_t len);
/* Bytes of the character at @text, of which there are @len (1 or more); 0 if what is there is
 * not UTF-8 (RFC 3629, section 4). */
size_t utf8_character(const char *text, size_t len);
/* Put a question mark for each byte that is not UTF-8. */
void utf8_mend(char *text);

#endif
