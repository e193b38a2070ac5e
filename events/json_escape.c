/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Escapes of RFC 8259, section 7. No escape is shorter than what it stands for, so the
 * result never overtakes what is still to be read.
 */
#include "events/json_escape.h"

#include <string.h>

static const char MEANT[256] = {
	['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
	['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

/* The four hex digits at @from as a number; -1 if they are not. */
static int32_t hex4(const char *from)
{
	int32_t value = 0;

	for (int i = 0; i < 4; i++) {
		char c = from[i];

		value <<= 4;
		if (c >= '0' && c <= '9')
			value |= c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value |= (c | 0x20) - 'a' + 10;
		else
			return -1;
	}
	return value;
}

size_t event_utf8_put(uint32_t number, char *to)
{
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t count = number < 0x80 ? 1 : number < 0x800 ? 2 : number < 0x10000 ? 3 : 4;

	if (count == 1) {
		to[0] = (char)number;
		return 1;
	}
	for (size_t i = count - 1; i > 0; i--, number >>= 6)
		to[i] = (char)(0x80 | (number & 0x3f));
	to[0] = (char)(lead[count] | number);
	return count;
}

/* The escape \uXXXX at @from, of @len bytes, and the second half if it has one. Returns the
 * bytes read, 0 for none. */
static size_t unicode_escape(const char *from, size_t len, uint32_t *ret_number)
{
	int32_t first = len >= 6 ? hex4(from + 2) : -1;
	int32_t second;

	if (first < 0)
		return 0;
	*ret_number = (uint32_t)first;
	if (first < 0xd800 || first > 0xdbff || len < 12 || from[6] != '\\' || from[7] != 'u')
		return 6;
	second = hex4(from + 8);
	if (second < 0xdc00 || second > 0xdfff)
		return 6;
	*ret_number = 0x10000 + (((uint32_t)first & 0x3ff) << 10) + ((uint32_t)second & 0x3ff);
	return 12;
}

size_t event_json_unescape(const char *from, size_t len, char *to)
{
	size_t written = 0;
	size_t at = 0;

	while (at < len) {
		uint32_t number;
		size_t taken;

		if (from[at] != '\\') {
			to[written++] = from[at++];
			continue;
		}
		if (at + 1 < len && MEANT[(uint8_t)from[at + 1]]) {
			to[written++] = MEANT[(uint8_t)from[at + 1]];
			at += 2;
			continue;
		}
		if (at + 1 >= len || from[at + 1] != 'u')
			return SIZE_MAX;
		taken = unicode_escape(from + at, len - at, &number);
		if (!taken)
			return SIZE_MAX;
		written += event_utf8_put(number, to + written);
		at += taken;
	}
	return written;
}
