/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content-Type says which mode a request has: application/cloudevents-batch and
 * application/cloudevents are the family's own, anything else is the data's type and the attributes
 * are headers ("ce-id").
 *
 * A header's value is unquoted, then decoded once from percents, and must be UTF-8 then; a percent
 * sign without two digits is an error. On the way out space, quote, percent and all that is not
 * printable ASCII is encoded.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/digest.h"
#include "events/cloudevent_private.h"
#include "events/json_text.h"

#define BATCH_TYPE	"application/cloudevents-batch"
#define STRUCTURED_TYPE "application/cloudevents"

/* Without the quotes and backslashes of a quoted string (RFC 7230, section 3.2.6); in place. */
static int unquote(char *value, struct err *err)
{
	size_t len = strlen(value);
	size_t to = 0;

	if (value[0] != '"')
		return 0;
	if (len < 2 || value[len - 1] != '"')
		return err_set(err, ERR_INVALID, "has a quote that is not closed");
	for (size_t from = 1; from < len - 1; from++) {
		if (value[from] == '"')
			return err_set(err, ERR_INVALID, "has a quote inside of quotes");
		if (value[from] == '\\' && ++from == len - 1)
			return err_set(err, ERR_INVALID, "has a quote that is not closed");
		value[to++] = value[from];
	}
	value[to] = '\0';
	return 0;
}

static int percent_decode(char *value, struct err *err)
{
	size_t to = 0;

	for (size_t from = 0; value[from] != '\0'; from++) {
		uint8_t byte = (uint8_t)value[from];

		if (byte == '%') {
			if (strnlen(value + from, 3) < 3 ||
			    hex_decode(value + from + 1, 2, &byte, err) < 0)
				return err_set(err, ERR_INVALID, "has a broken percent-encoding");
			if (byte == 0)
				return err_set(err, ERR_INVALID, "has a NUL character");
			from += 2;
		}
		value[to++] = (char)byte;
	}
	value[to] = '\0';
	return 0;
}

/* A copy without blanks at the ends. */
static char *trimmed(const char *value, struct arena *arena)
{
	size_t len;

	value += strspn(value, " \t");
	len = strlen(value);
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	return arena_strndup(arena, value, len);
}

static int set_header(struct cloudevent *event, const char *name, const char *value,
		      struct arena *arena, struct err *err)
{
	char *kept = trimmed(value, arena);
	const char *name_kept = arena_strdup(arena, name);

	if (!kept || !name_kept)
		return err_set(err, ERR_LIMIT, "too many headers");
	if (strcmp(name, "datacontenttype") == 0)
		return err_set(err, ERR_INVALID,
			       "datacontenttype is the header content-type, not one of its own");
	if (unquote(kept, err) < 0 || percent_decode(kept, err) < 0)
		return err_wrap(err, "%s", name);
	return cloudevent_set(event, arena, name_kept, CLOUDEVENT_STRING, kept, err);
}

static bool is_utf8(const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t character = utf8_character(text + at, len - at);

		if (character == 0)
			return false;
		at += character;
	}
	return true;
}

static int take_body(struct cloudevent *event, const uint8_t *body, size_t len, struct arena *arena,
		     struct err *err)
{
	const char *type = event->datacontenttype;
	AUTO(buf_done) struct buf minified = {0};

	event->data = (const char *)body;
	event->data_len = len;
	if (len == 0)
		return 0;
	event->data_kind = CLOUDEVENT_BYTES;
	if (!type || !media_type_is_utf8(type))
		return 0;
	if (!media_type_is_json(type)) {
		if (media_type_is_text(type) && is_utf8(event->data, len))
			event->data_kind = CLOUDEVENT_TEXT;
		return 0;
	}
	buf_init(&minified, len);
	if (json_text_minify((const char *)body, len, &minified, err) < 0)
		return err_wrap(err, "the body is not what its content-type says");
	event->data_kind = CLOUDEVENT_JSON;
	event->data = arena_strndup(arena, (const char *)minified.data, minified.len);
	event->data_len = minified.len;
	return event->data ? 0 : err_set(err, ERR_LIMIT, "too much data");
}

static int read_binary(const struct header *headers, size_t count, const char *type,
		       const uint8_t *body, size_t len, struct arena *arena,
		       struct cloudevent *ret_event, struct err *err)
{
	struct cloudevent event = {0};

	if (type &&
	    cloudevent_set(&event, arena, "datacontenttype", CLOUDEVENT_STRING, type, err) < 0)
		return err_wrap(err, "content-type");
	for (size_t i = 0; i < count; i++) {
		if (strncmp(headers[i].name, "ce-", 3) == 0 &&
		    set_header(&event, headers[i].name + 3, headers[i].value, arena, err) < 0)
			return -1;
	}
	if (take_body(&event, body, len, arena, err) < 0 || cloudevent_complete(&event, err) < 0)
		return -1;
	*ret_event = event;
	return 0;
}

/* The one content-type, NULL if there is none. */
static int find_type(const struct header *headers, size_t count, struct arena *arena,
		     const char **ret_type, struct err *err)
{
	*ret_type = NULL;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(headers[i].name, "content-type") != 0)
			continue;
		if (*ret_type)
			return err_set(err, ERR_INVALID, "content-type is given twice");
		*ret_type = trimmed(headers[i].value, arena);
		if (!*ret_type)
			return err_set(err, ERR_LIMIT, "too many headers");
	}
	return 0;
}

static bool is_family(const char *type, const char *family)
{
	return type && strncasecmp(type, family, strlen(family)) == 0;
}

static int read_batch(struct json_slice text, struct arena *arena, struct cloudevents *events,
		      struct err *err)
{
	struct json_walk walk = json_walk_of(text);
	struct json_slice name;
	struct json_slice value;
	size_t count = 0;

	if (json_slice_kind(text) != '[')
		return err_set(err, ERR_INVALID, "a batch must be a JSON array");
	while (json_walk_next(&walk, &name, &value))
		count++;
	if (count > CLOUDEVENT_BATCH_MAX)
		return err_set(err, ERR_LIMIT, "a batch has more than %d events",
			       CLOUDEVENT_BATCH_MAX);
	events->events = arena_alloc(arena, (count + 1) * sizeof(events->events[0]));
	if (!events->events)
		return err_set(err, ERR_LIMIT, "too many events");
	for (walk = json_walk_of(text); json_walk_next(&walk, &name, &value); events->count++) {
		if (cloudevent_read_json(value, arena, &events->events[events->count], err) < 0)
			return err_wrap(err, "event %zu of the batch", events->count + 1);
	}
	return 0;
}

/* Structured and batched: the body is JSON, and nothing else counts. */
static int read_format(const char *type, const uint8_t *body, size_t len, struct arena *arena,
		       struct cloudevents *events, struct err *err)
{
	bool batched = is_family(type, BATCH_TYPE);
	AUTO(buf_done) struct buf minified = {0};
	struct json_slice text;

	if (!media_type_is(type, batched ? BATCH_TYPE "+json" : STRUCTURED_TYPE "+json"))
		return err_set(err, ERR_UNSUPPORTED,
			       "of the event formats only JSON is understood");
	if (!media_type_is_utf8(type))
		return err_set(err, ERR_UNSUPPORTED, "JSON is UTF-8");
	buf_init(&minified, len);
	if (json_text_minify((const char *)body, len, &minified, err) < 0)
		return err_wrap(err, "the body");
	text.len = minified.len;
	text.text = arena_strndup(arena, (const char *)minified.data, minified.len);
	if (!text.text)
		return err_set(err, ERR_LIMIT, "too much data");
	events->mode = batched ? CLOUDEVENT_BATCHED : CLOUDEVENT_STRUCTURED;
	if (batched)
		return read_batch(text, arena, events, err);
	events->count = 1;
	events->events = arena_alloc(arena, sizeof(events->events[0]));
	if (!events->events)
		return err_set(err, ERR_LIMIT, "too many events");
	return cloudevent_read_json(text, arena, events->events, err);
}

static bool has_attributes(const struct header *headers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strncmp(headers[i].name, "ce-", 3) == 0)
			return true;
	}
	return false;
}

int cloudevents_read(const struct header *headers, size_t header_count, const uint8_t *body,
		     size_t body_len, struct arena *arena, struct cloudevents *ret_events,
		     struct err *err)
{
	struct cloudevents events = {.mode = CLOUDEVENT_BINARY, .count = 1};
	const char *type;

	if (find_type(headers, header_count, arena, &type, err) < 0)
		return -1;
	if (is_family(type, STRUCTURED_TYPE)) {
		events.count = 0;
		if (read_format(type, body, body_len, arena, &events, err) < 0)
			return -1;
	} else if (!has_attributes(headers, header_count)) {
		return err_set(err, ERR_INVALID,
			       "this is no CloudEvent: neither has it headers such as "
			       "ce-specversion, nor is its content-type " STRUCTURED_TYPE "+json");
	} else {
		events.events = arena_alloc(arena, sizeof(events.events[0]));
		if (!events.events)
			return err_set(err, ERR_LIMIT, "too many events");
		if (read_binary(headers, header_count, type, body, body_len, arena, events.events,
				err) < 0)
			return -1;
	}
	*ret_events = events;
	return 0;
}

/* @value as a header has it; NULL at the arena's maximum. */
static char *encoded(const char *value, struct arena *arena)
{
	char *text = arena_alloc(arena, strlen(value) * 3 + 1);
	char *to = text;

	if (!text)
		return NULL;
	for (; *value; value++) {
		bool plain = *value > ' ' && *value < 0x7f && *value != '"' && *value != '%';

		if (plain)
			*to++ = *value;
		else
			to += snprintf(to, 4, "%%%02X", (unsigned)(uint8_t)*value);
	}
	return text;
}

static int add_header(struct header *headers, size_t *count, const char *name, const char *value,
		      struct arena *arena, struct err *err)
{
	struct header *header = &headers[*count];

	if (!value)
		return 0;
	header->name = arena_printf(arena, "ce-%s", name);
	header->value = encoded(value, arena);
	if (!header->name || !header->value)
		return err_set(err, ERR_LIMIT, "an event's attributes are too long");
	(*count)++;
	return 0;
}

int cloudevent_write_binary(const struct cloudevent *event, struct arena *arena,
			    struct header ret_headers[CLOUDEVENT_HEADERS_MAX],
			    size_t *ret_header_count, struct buf *body, struct err *err)
{
	const char *type = event->datacontenttype;
	size_t count = 0;

	/* Without a type "data" of the JSON format is JSON; a body has to say so. */
	if (!type && event->data_kind == CLOUDEVENT_JSON)
		type = "application/json";
	if (type)
		ret_headers[count++] = (struct header){"content-type", type};
#define ADD(member, required)                                                                      \
	if (strcmp(#member, "datacontenttype") != 0 &&                                             \
	    add_header(ret_headers, &count, #member, event->member, arena, err) < 0)               \
		return -1;
	CLOUDEVENT_ATTRIBUTES(ADD)
	for (size_t i = 0; i < event->extension_count; i++) {
		if (add_header(ret_headers, &count, event->extensions[i].name,
			       event->extensions[i].value, arena, err) < 0)
			return -1;
	}
	if (buf_append(body, event->data, event->data_len, err) < 0)
		return -1;
	*ret_header_count = count;
	return 0;
}
