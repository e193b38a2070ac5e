/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a command line: what can be split and joined is split into the same.
 */
#include <string.h>

#include "core/shell_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	AUTO(freep) char *text = xstrndup((const char *)data, size);
	AUTO(freep) char *joined = NULL;
	struct err err = ERR_INIT;
	const char **words, **again;
	size_t count, count_again;

	if (shell_words_split(text, arena, &words, &count, &err) < 0)
		return 0;
	joined = shell_words_join(words, count);
	if (shell_words_split(joined, arena, &again, &count_again, &err) < 0) {
		if (err.code != ERR_LIMIT)
			abort();
		return 0;
	}
	if (count != count_again)
		abort();
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], again[i]) != 0)
			abort();
	}
	return 0;
}
