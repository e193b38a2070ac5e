/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever a source brings becomes an envelope or is refused, and one that was made is one.
 * The first byte says whether the headers of a CloudEvent stand beside it.
 */
#include <stdlib.h>
#include <string.h>

#include "events/event.h"
#include "relay/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct source_options source = {
	.name = "fuzz",
	.account = "111122223333",
	.region = "us-east-1",
	.bus = "default",
	.source = "fuzz",
	.type = "t",
};
static const struct header headers[] = {
	{"ce-specversion", "1.0"},	{"ce-id", "a"}, {"ce-source", "/s"}, {"ce-type", "t"},
	{"content-type", "text/plain"},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new(16u << 20);
	AUTO(buf_done) struct buf body;
	struct source_item item = {.name = "i", .value = "v"};
	struct err err = ERR_INIT;
	char id[IDENT_UUID_SIZE];
	struct event event;

	buf_init(&body, EVENT_TEXT_MAX);
	if (size == 0)
		return 0;
	item.data = arena_strndup(arena, (const char *)data + 1, size - 1);
	item.len = size - 1;
	if (data[0] & 1) {
		item.headers = headers;
		item.header_count = ARRAY_LEN(headers);
	}
	if (!item.data ||
	    (payload_event(&source, &item, 1764000000000, arena, id, &body, &err) < 0 &&
	     payload_dead(&source, &item, 1764000000000, id, &body, &err) < 0))
		return 0;
	if (event_read((const char *)body.data, body.len, arena, &event, &err) < 0 ||
	    strcmp(event.id, id) != 0)
		abort();
	return 0;
}
