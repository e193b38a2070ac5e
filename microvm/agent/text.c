/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts come from our own tables, the kernel and the task's JSON, and may name a file of
 * an image, whose bytes are anything: messages are UTF-8.
 */
#include "microvm/agent/text.h"

#include <stdio.h>
#include <string.h>

const char *text_fit(const char *begin, const char *text, const char *end, char ret[TEXT_SIZE])
{
	size_t frame = strlen(begin) + strlen(end);
	size_t room = frame < WIRE_TEXT_MAX ? WIRE_TEXT_MAX - frame : 0;
	size_t len = strlen(text);

	if (len > room) {
		len = room;
		while (len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80)
			len--;
	}
	(void)snprintf(ret, TEXT_SIZE, "%s%.*s%s", begin, (int)len, text, end);
	utf8_mend(ret);
	return ret;
}
