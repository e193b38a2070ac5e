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

size_t utf8_character(const char *text, size_t len)
{
	static const struct {
		unsigned char first, last, low, high; /* of the first byte, and of the second */
		size_t len;
	} forms[] = {
		{0x00, 0x7f, 0, 0, 1},	     {0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	const unsigned char *at = (const unsigned char *)text;

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (at[0] < forms[i].first || at[0] > forms[i].last)
			continue;
		if (forms[i].len > len ||
		    (forms[i].len > 1 && (at[1] < forms[i].low || at[1] > forms[i].high)))
			return 0;
		for (size_t j = 2; j < forms[i].len; j++) {
			if ((at[j] & 0xc0) != 0x80)
				return 0;
		}
		return forms[i].len;
	}
	return 0;
}

void utf8_mend(char *text)
{
	size_t len = strlen(text);

	for (size_t at = 0; at < len;) {
		size_t step = utf8_character(text + at, len - at);

		if (step == 0)
			text[at] = '?';
		at += step > 0 ? step : 1;
	}
}
