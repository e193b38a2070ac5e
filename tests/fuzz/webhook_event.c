/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A webhook that is no CloudEvent: the first byte is its style, then come lines "name: value", an
 * empty one, and the body. What becomes an event has an envelope that can be read again.
 */
#include <string.h>

#include "events/event_cloud.h"
#include "events/webhook_event.h"

#define HEADERS_MAX    16
#define FUZZ_ARENA_MAX (32u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* @text is cut up. Returns where the body begins. */
static char *split(char *text, struct header *headers, size_t *ret_count)
{
	*ret_count = 0;
	while (*text && *text != '\n') {
		char *end = strchr(text, '\n');
		char *colon;

		if (!end)
			break;
		*end = '\0';
		colon = strstr(text, ": ");
		if (colon && *ret_count < HEADERS_MAX) {
			*colon = '\0';
			headers[(*ret_count)++] = (struct header){text, colon + 2};
		}
		text = end + 1;
	}
	return *text == '\n' ? text + 1 : text;
}

static void make_envelope(const struct cloudevent *cloudevent, struct arena *arena)
{
	const struct event_place place = {.account = "1", .region = "r", .now_ms = 1764000000000};
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf text;
	struct event event;

	buf_init(&text, EVENT_TEXT_MAX);
	if (event_from_cloudevent(cloudevent, &place, arena, &text, &err) < 0)
		return;
	if (event_read((const char *)text.data, text.len, arena, &event, &err) < 0 ||
	    strcmp(event.source, cloudevent->source) != 0 || event.cloudevent.len == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new(FUZZ_ARENA_MAX);
	AUTO(freep) char *text = NULL;
	struct webhook_origin origin = {.source = "its-source", .type = NULL};
	struct header headers[HEADERS_MAX];
	struct webhook_message message = {.headers = headers, .now_s = 1764000000};
	struct cloudevent event;
	struct err err = ERR_INIT;

	if (size < 1)
		return 0;
	text = xstrndup((const char *)data + 1, size - 1);
	origin.style = (enum webhook_style)(data[0] % WEBHOOK_STYLE_COUNT);
	if (data[0] & 0x80)
		origin.type = "its-type";
	message.body = (const uint8_t *)split(text, headers, &message.header_count);
	message.body_len = strlen((const char *)message.body);
	if (webhook_event_read(&origin, &message, arena, &event, &err) == 0)
		make_envelope(&event, arena);
	return 0;
}
