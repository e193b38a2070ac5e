/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line has at most WIRE_LINE_MAX bytes before its newline; a longer one is cut
 * there, at the begin of a character where the text is UTF-8, and all but its last
 * part travel alone, marked partial. Otherwise as many whole lines as fit into
 * LINES_BATCH go together: a chatty container costs a frame a batch, not a frame a line.
 */
#include "microvm/agent/lines.h"

#include <string.h>

#define UTF8_MAX 4 /* bytes of the longest character */

uint8_t *lines_room(struct lines *lines, size_t *ret_len)
{
	if (lines->start > 0) {
		memmove(lines->bytes, lines->bytes + lines->start, lines->len);
		lines->start = 0;
	}
	*ret_len = LINES_SIZE - lines->len;
	return lines->bytes + lines->len;
}

void lines_added(struct lines *lines, size_t len)
{
	lines->len += len;
}

/* How long the first line is without its newline; *ret_whole: it has one. Looks
 * no further than one byte behind the longest line. */
static size_t first_line(const uint8_t *bytes, size_t len, bool *ret_whole)
{
	size_t seen = len <= WIRE_LINE_MAX ? len : WIRE_LINE_MAX + 1;
	const uint8_t *newline = seen > 0 ? memchr(bytes, '\n', seen) : NULL;

	*ret_whole = newline != NULL;
	return newline ? (size_t)(newline - bytes) : seen;
}

/* Where to cut a line that has more than @len bytes. */
static size_t cut_at(const uint8_t *bytes, size_t len)
{
	for (size_t back = 0; back < UTF8_MAX; back++) {
		if ((bytes[len - back] & 0xc0) != 0x80)
			return len - back;
	}
	return len; /* not UTF-8 */
}

bool lines_next(const struct lines *lines, bool ended, struct lines_piece *ret_piece)
{
	const uint8_t *bytes = lines->bytes + lines->start;
	size_t taken = 0;
	size_t line;
	bool whole;

	while ((line = first_line(bytes + taken, lines->len - taken, &whole)), whole) {
		if (taken > 0 && taken + line + 1 > LINES_BATCH)
			break;
		taken += line + 1;
	}
	if (taken > 0) {
		*ret_piece = (struct lines_piece){bytes, taken, 0};
		return true;
	}
	if (line > WIRE_LINE_MAX) {
		*ret_piece = (struct lines_piece){bytes, cut_at(bytes, WIRE_LINE_MAX),
						  WIRE_OUTPUT_PARTIAL};
		return true;
	}
	if (!ended || line == 0)
		return false;
	*ret_piece = (struct lines_piece){bytes, line, WIRE_OUTPUT_NO_NEWLINE};
	return true;
}

void lines_taken(struct lines *lines, size_t len)
{
	lines->start += len;
	lines->len -= len;
}
