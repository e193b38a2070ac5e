/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CloudEvents: any headers and body. What is taken can be written in both forms and on a bus, and
 * is the same when it is read from there. The input is lines "name: value", an empty line, the
 * body.
 */
#include <string.h>

#include "events/event_cloud.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADERS_MAX 64

/* Headers of @text, which is cut to pieces; *ret_body is what is left. */
static size_t read_head(char *text, struct header *headers, char **ret_body)
{
	size_t count = 0;

	while (*text != '\0' && *text != '\n' && count < HEADERS_MAX) {
		size_t len = strcspn(text, "\n");
		bool last = text[len] == '\0';
		char *colon;

		text[len] = '\0';
		colon = strstr(text, ": ");
		if (colon) {
			*colon = '\0';
			headers[count++] = (struct header){text, colon + 2};
		}
		text += len + (last ? 0 : 1);
	}
	*ret_body = text + (*text == '\n');
	return count;
}

static struct buf json_of(const struct cloudevent *event)
{
	struct err err = ERR_INIT;
	struct buf json;

	buf_init(&json, 16u << 20);
	if (cloudevent_write_json(event, &json, &err) < 0)
		abort();
	return json;
}

/* Read again from @headers and @body it must be @json. */
static void check_same(const struct header *headers, size_t count, const struct buf *body,
		       const struct buf *json, struct arena *arena)
{
	struct cloudevents events;
	struct err err = ERR_INIT;
	AUTO(buf_done) struct buf again;

	buf_init(&again, 0);
	if (cloudevents_read(headers, count, body->data, body->len, arena, &events, &err) < 0) {
		if (err.code == ERR_LIMIT)
			return;
		abort();
	}
	again = json_of(events.events);
	if (again.len != json->len || memcmp(again.data, json->data, json->len) != 0)
		abort();
}

static void check_bus(const struct cloudevent *event, const struct buf *json, struct arena *arena)
{
	static const struct event_place place = {"", "1", "r", 0};
	struct cloudevent again;
	struct err err = ERR_INIT;
	struct event read;
	AUTO(buf_done) struct buf envelope;
	AUTO(buf_done) struct buf back;

	buf_init(&envelope, 16u << 20);
	buf_init(&back, 0);
	if (event_from_cloudevent(event, &place, arena, &envelope, &err) < 0)
		return; /* a reserved source, data nested too deep for one level more */
	if (event_read((const char *)envelope.data, envelope.len, arena, &read, &err) < 0 ||
	    cloudevent_from_event(&read, arena, &again, &err) < 0)
		abort();
	back = json_of(&again);
	if (back.len != json->len || memcmp(back.data, json->data, json->len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct header structured = {"content-type", CLOUDEVENT_JSON_TYPE};
	AUTO(arena_freep) struct arena *arena = arena_new(64u << 20);
	AUTO(freep) char *text = xcalloc(1, size + 1);
	struct header headers[HEADERS_MAX];
	struct cloudevents events;
	struct err err = ERR_INIT;
	char *body;
	size_t count;

	for (size_t i = 0; i < size; i++)
		text[i] = (char)data[i];
	count = read_head(text, headers, &body);
	if (cloudevents_read(headers, count, (const uint8_t *)body,
			     size - (size_t)(body < text + size ? body - text : (long)size), arena,
			     &events, &err) < 0)
		return 0;
	for (size_t i = 0; i < events.count; i++) {
		AUTO(buf_done) struct buf json = json_of(&events.events[i]);
		struct header written[CLOUDEVENT_HEADERS_MAX];
		AUTO(buf_done) struct buf binary;

		check_same(&structured, 1, &json, &json, arena);
		check_bus(&events.events[i], &json, arena);
		buf_init(&binary, 16u << 20);
		if (cloudevent_write_binary(&events.events[i], arena, written, &count, &binary,
					    &err) < 0 &&
		    err.code != ERR_LIMIT)
			abort();
	}
	return 0;
}
