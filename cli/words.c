/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_read() stops at a word; the word is kept and reading goes on behind it.
 */
#include "cli/words.h"

#include <stdio.h>
#include <string.h>

int words_read(const char *usage, const struct option_row *rows, size_t count, int argc,
	       char **argv, struct words *ret_words)
{
	struct words words = {.count = 0};

	for (;;) {
		int next = options_read(usage, rows, count, argc, argv);

		if (next < 0)
			return next;
		if (next >= argc)
			break;
		if (words.count == WORDS_MAX) {
			fprintf(stderr, "slipway: too many words: %s\n", argv[next]);
			return -1;
		}
		words.items[words.count++] = argv[next];
		argc -= next;
		argv += next;
	}
	*ret_words = words;
	return 0;
}

bool words_are(const struct words *words, const char *verb, size_t further)
{
	return words->count == further + 1 && strcmp(words->items[0], verb) == 0;
}
