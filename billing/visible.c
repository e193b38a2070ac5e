/* SPDX-License-Identifier: Apache-2.0 */
/* Controls of ASCII and of Latin-1 (U+0080 to U+009F), and of direction (U+202A.., U+2066..). */
#include "billing/visible.h"

#include <string.h>

#define CHARACTER_MAX 4

static bool is_control(const uint8_t *text, size_t len)
{
	if (len == 1)
		return text[0] < 0x20 || text[0] == 0x7f;
	if (len == 2)
		return text[0] == 0xc2 && text[1] < 0xa0;
	return len == 3 && text[0] == 0xe2 &&
	       ((text[1] == 0x80 && text[2] >= 0xaa && text[2] <= 0xae) ||
		(text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9));
}

size_t visible_character(const char *text, bool *ret_visible)
{
	size_t len = utf8_character(text, strnlen(text, CHARACTER_MAX));

	*ret_visible = len > 0 && !is_control((const uint8_t *)text, len);
	return len > 0 ? len : 1;
}
