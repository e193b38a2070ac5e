/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See log_text.h.
 */
#include "gateway/logs/log_text.h"

#include <stdio.h>
#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

json_t *log_text_json(const char *bytes, size_t len)
{
	json_t *text = json_stringn(bytes, len);

	if (text != NULL)
		return text;
	char *clean = xcalloc(len, sizeof(replacement)); /* each byte may become three */
	size_t used = 0;
	for (size_t i = 0; i < len;) {
		size_t step = utf8_character(bytes + i, len - i);
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
