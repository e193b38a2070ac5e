/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filter patterns of FilterLogEvents and page tokens of GetLogEvents: whatever a
 * client sends, parsing ends, and a parsed pattern can be matched.
 */
#include <string.h>

#include "gateway/logs/log_filter.h"
#include "gateway/logs/log_place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new(1 << 20);
	AUTO(freep) char *text = xstrndup((const char *)data, size);
	struct log_filter filter;
	struct log_place place;
	struct err err = ERR_INIT;
	char direction;

	if (log_filter_parse(text, arena, &filter, &err) == 0)
		(void)log_filter_matches(&filter, (const char *)data, size);
	if (log_place_read(text, &direction, &place, &err) == 0) {
		char again[LOG_PLACE_SIZE];
		if (strcmp(log_place_token(direction, place, again), text) != 0)
			abort();
	}
	return 0;
}
