/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation of small, fixed sizes. A program that cannot get a few bytes cannot
 * do anything useful either, and every program of this project recovers by being
 * started again, so running out ends the process here instead of adding an error
 * path that nobody could test to every caller.
 */
#include "core/common.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void *xcalloc(size_t count, size_t size)
{
	/* One byte at least: NULL must never mean success. */
	void *memory = calloc(count ? count : 1, size ? size : 1);

	if (!memory)
		abort();
	return memory;
}

char *xstrdup(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	return copy;
}

char *xstrndup(const char *text, size_t len)
{
	char *copy = strndup(text, len);

	if (!copy)
		abort();
	return copy;
}

char *xasprintf(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		abort();
	return text;
}

size_t utf8_cut(const char *text, size_t len)
{
	size_t at = len;

	/* Step back over what may be part of a character that was cut, and drop that one. */
	while (at > 0 && ((unsigned char)text[at - 1] & 0xc0u) == 0x80u)
		at--;
	if (at > 0 && ((unsigned char)text[at - 1] & 0xc0u) == 0xc0u)
		return at - 1;
	/* The last byte is a character by itself, or this is not UTF-8 at all. */
	return len;
}
