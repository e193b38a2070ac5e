/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pattern, a newline, and a line: what is a pattern answers for any line, twice the same.
 */
#include <assert.h>
#include <string.h>

#include "core/line_pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(line_pattern_freep) struct line_pattern *pattern = NULL;
	const uint8_t *newline = memchr(data, '\n', size);
	size_t len = newline ? (size_t)(newline - data) : size;
	const uint8_t *line = newline ? newline + 1 : data + size;
	AUTO(freep) char *text = xstrndup((const char *)data, len);
	struct err err = ERR_INIT;
	enum line_match match;

	if (line_pattern_new(text, &pattern, &err) < 0) {
		assert(err.code == ERR_INVALID && err.text[0]);
		return 0;
	}
	match = line_pattern_match(pattern, line, size - (size_t)(line - data));
	assert(match == line_pattern_match(pattern, line, size - (size_t)(line - data)));
	return 0;
}
