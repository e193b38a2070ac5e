/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See log_text.h.
 */
#include "gateway/logs/log_text.h"

#include <stdio.h>
#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* Length of the valid UTF-8 sequence at @at, 0 if there is none (RFC 3629, section 4). */
static size_t sequence(const unsigned char *at, size_t left)
{
	static const struct {
		unsigned char first, last, low, high;
		size_t len;
	} forms[] = {
		{0x00, 0x7f, 0, 0, 1},	     {0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (at[0] < forms[i].first || at[0] > forms[i].last)
			continue;
		if (forms[i].len > left)
			return 0;
		if (forms[i].len > 1 && (at[1] < forms[i].low || at[1] > forms[i].high))
			return 0;
		for (size_t j = 2; j < forms[i].len; j++) {
			if ((at[j] & 0xc0) != 0x80)
				return 0;
		}
		return forms[i].len;
	}
	return 0;
}

json_t *log_text_json(const char *bytes, size_t len)
{
	json_t *text = json_stringn(bytes, len);

	if (text != NULL)
		return text;
	char *clean = xcalloc(len, sizeof(replacement)); /* each byte may become three */
	size_t used = 0;
	for (size_t i = 0; i < len;) {
		size_t step = sequence((const unsigned char *)bytes + i, len - i);
		const char *from = step > 0 ? bytes + i : replacement;
		size_t take = step > 0 ? step : sizeof(replacement) - 1;
		memcpy(clean + used, from, take);
		used += take;
		i += step > 0 ? step : 1;
	}
	text = json_stringn(clean, used);
	free(clean);
	return text;
}

char *log_event_id(const struct log_event *event, char *ret)
{
	snprintf(ret, LOG_EVENT_ID_SIZE, "%020lld%036lld", (long long)event->timestamp_ms,
		 (long long)event->id);
	return ret;
}
