/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON format of CloudEvents: an object whose members are the attributes, and "data" or
 * "data_base64". It is walked over as text, so data comes out digit by digit as it went in.
 *
 * What "data" is depends on datacontenttype (absent means JSON): of a type that is not JSON a
 * string is the text itself; anything else is a JSON value.
 */
#include <stdio.h>
#include <string.h>

#include "core/base64.h"
#include "core/ident.h"
#include "core/json_write.h"
#include "events/cloudevent_private.h"

static bool is_int32(struct json_slice value)
{
	char text[12];
	char again[12];
	char *end;
	long number;

	if (value.len >= sizeof(text))
		return false;
	memcpy(text, value.text, value.len);
	text[value.len] = '\0';
	number = strtol(text, &end, 10);
	(void)snprintf(again, sizeof(again), "%d", (int)number);
	return *end == '\0' && number >= INT32_MIN && number <= INT32_MAX &&
	       strcmp(text, again) == 0;
}

/* A string's text. One with a zero inside is none that an attribute may have. */
static int take_text(struct json_slice value, struct arena *arena, const char **ret,
		     struct err *err)
{
	size_t len;

	if (json_slice_string(value, arena, ret, &len, err) < 0)
		return -1;
	return strlen(*ret) == len ? 0 : err_set(err, ERR_INVALID, "has a NUL character");
}

int cloudevent_set_json(struct cloudevent *event, struct arena *arena, struct json_slice name,
			struct json_slice value, struct err *err)
{
	enum cloudevent_kind kind = CLOUDEVENT_STRING;
	const char *name_text;
	const char *text;

	if (take_text(name, arena, &name_text, err) < 0)
		return err_wrap(err, "a name of an attribute");
	switch (json_slice_kind(value)) {
	case 'n':
		return 0;
	case '"':
		if (take_text(value, arena, &text, err) < 0)
			return err_wrap(err, "%s", name_text);
		return cloudevent_set(event, arena, name_text, kind, text, err);
	case 't':
	case 'f':
		kind = CLOUDEVENT_BOOLEAN;
		break;
	default:
		if (!is_int32(value))
			return err_set(err, ERR_INVALID,
				       "%s must be a string, true, false or an integer of 32 bits",
				       name_text);
		kind = CLOUDEVENT_INTEGER;
	}
	text = arena_strndup(arena, value.text, value.len);
	if (!text)
		return err_set(err, ERR_LIMIT, "too much text");
	return cloudevent_set(event, arena, name_text, kind, text, err);
}

int cloudevent_take_data(struct cloudevent *event, struct json_slice value, struct arena *arena,
			 struct err *err)
{
	const char *type = event->datacontenttype;

	if (json_slice_kind(value) == '"' && type && !media_type_is_json(type)) {
		event->data_kind = CLOUDEVENT_TEXT;
		return json_slice_string(value, arena, &event->data, &event->data_len, err);
	}
	event->data_kind = CLOUDEVENT_JSON;
	event->data = value.text;
	event->data_len = value.len;
	return 0;
}

int cloudevent_take_base64(struct cloudevent *event, struct json_slice value, struct arena *arena,
			   struct err *err)
{
	const char *text;
	uint8_t *bytes;

	if (take_text(value, arena, &text, err) < 0)
		return err_wrap(err, "data_base64");
	if (!base64_is_valid(text))
		return err_set(err, ERR_INVALID, "data_base64 is not base64");
	bytes = arena_alloc(arena, base64_bytes(text) + 1);
	if (!bytes)
		return err_set(err, ERR_LIMIT, "too much data");
	base64_decode(text, bytes);
	event->data_kind = CLOUDEVENT_BYTES;
	event->data = (const char *)bytes;
	event->data_len = base64_bytes(text);
	return 0;
}

static bool is_name(struct json_slice name, const char *text)
{
	return text_is(name.text + 1, name.len - 2, text);
}

int cloudevent_read_json(struct json_slice text, struct arena *arena, struct cloudevent *ret_event,
			 struct err *err)
{
	struct cloudevent event = {0};
	struct json_walk walk = json_walk_of(text);
	struct json_slice data = {NULL, 0};
	struct json_slice base64 = {NULL, 0};
	struct json_slice name;
	struct json_slice value;

	if (json_slice_kind(text) != '{')
		return err_set(err, ERR_INVALID, "a CloudEvent must be a JSON object");
	while (json_walk_next(&walk, &name, &value)) {
		struct json_slice *place = is_name(name, "data")	  ? &data
					   : is_name(name, "data_base64") ? &base64
									  : NULL;

		if (place && (data.len > 0 || base64.len > 0))
			return err_set(err, ERR_INVALID, "data is given twice");
		if (place)
			*place = value;
		else if (cloudevent_set_json(&event, arena, name, value, err) < 0)
			return -1;
	}
	if (data.len > 0 && cloudevent_take_data(&event, data, arena, err) < 0)
		return err_wrap(err, "data");
	if (base64.len > 0 && json_slice_kind(base64) != 'n' &&
	    cloudevent_take_base64(&event, base64, arena, err) < 0)
		return -1;
	if (cloudevent_complete(&event, err) < 0)
		return -1;
	*ret_event = event;
	return 0;
}

static int put(struct buf *out, const char *name, enum cloudevent_kind kind, const char *value,
	       bool first, struct err *err)
{
	if (buf_printf(out, err, "%s\"%s\":", first ? "" : ",", name) < 0)
		return -1;
	return kind == CLOUDEVENT_STRING ? json_write_text(out, value, strlen(value), err)
					 : buf_append_text(out, value, err);
}

int cloudevent_write_attributes(const struct cloudevent *event, struct buf *out, struct err *err)
{
	bool first = true;
	const struct {
		const char *name, *value;
	} core[] = {
#define AS_PAIR(name, required) {#name, event->name},
		CLOUDEVENT_ATTRIBUTES(AS_PAIR)};

	for (size_t i = 0; i < ARRAY_LEN(core); i++) {
		if (!core[i].value)
			continue;
		if (put(out, core[i].name, CLOUDEVENT_STRING, core[i].value, first, err) < 0)
			return -1;
		first = false;
	}
	for (size_t i = 0; i < event->extension_count; i++) {
		const struct cloudevent_extension *extension = &event->extensions[i];

		if (put(out, extension->name, extension->kind, extension->value, first, err) < 0)
			return -1;
	}
	return 0;
}

int cloudevent_write_data(const struct cloudevent *event, const char *before, struct buf *out,
			  struct err *err)
{
	bool bytes = event->data_kind == CLOUDEVENT_BYTES;
	uint8_t *room;

	if (event->data_kind == CLOUDEVENT_NO_DATA)
		return 0;
	if (buf_printf(out, err, "%s\"%s\":", before, bytes ? "data_base64" : "data") < 0)
		return -1;
	if (event->data_kind == CLOUDEVENT_JSON)
		return buf_append(out, event->data, event->data_len, err);
	if (event->data_kind == CLOUDEVENT_TEXT)
		return json_write_text(out, event->data, event->data_len, err);
	if (buf_append_text(out, "\"", err) < 0 ||
	    buf_reserve(out, BASE64_SIZE(event->data_len), &room, err) < 0)
		return -1;
	base64_encode(event->data, event->data_len, (char *)room);
	buf_added(out, BASE64_SIZE(event->data_len) - 1);
	return buf_append_text(out, "\"", err);
}

int cloudevent_write_json(const struct cloudevent *event, struct buf *out, struct err *err)
{
	if (buf_append_text(out, "{", err) < 0 ||
	    cloudevent_write_attributes(event, out, err) < 0 ||
	    cloudevent_write_data(event, ",", out, err) < 0)
		return -1;
	return buf_append_text(out, "}", err);
}
