/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers in JSON (see the header). jansson refuses strings that are not UTF-8,
 * so those are mended once more carefully instead of being lost.
 */
#include "gateway/json_out.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/json_write.h"

static json_t *made(json_t *value)
{
	if (!value)
		abort();
	return value;
}

json_t *out_object(void)
{
	return made(json_object());
}

json_t *out_list(void)
{
	return made(json_array());
}

json_t *out_string(const char *text)
{
	json_t *string = json_string(text);
	AUTO(freep) char *mended = NULL;

	if (string)
		return string;
	mended = xstrdup(text);
	utf8_mend(mended);
	return made(json_string(mended));
}

void out_put(json_t *object, const char *name, json_t *value)
{
	if (value && json_object_set_new(object, name, value) < 0)
		abort();
}

void out_push(json_t *list, json_t *value)
{
	if (json_array_append_new(list, value) < 0)
		abort();
}

void out_text(json_t *object, const char *name, const char *text)
{
	if (text && text[0] != '\0')
		out_put(object, name, out_string(text));
}

void out_textf(json_t *object, const char *name, const char *fmt, ...)
{
	AUTO(freep) char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	out_text(object, name, text);
}

void out_int(json_t *object, const char *name, int64_t value)
{
	out_put(object, name, made(json_integer(value)));
}

void out_bool(json_t *object, const char *name, bool value)
{
	out_put(object, name, json_boolean(value));
}

void out_time(json_t *object, const char *name, int64_t wall_ms)
{
	if (wall_ms > 0)
		out_put(object, name, made(json_real((double)wall_ms / 1000.0)));
}

json_t *out_pair(const char *name, const char *value)
{
	json_t *pair = out_object();

	out_put(pair, "name", out_string(name));
	out_put(pair, "value", out_string(value));
	return pair;
}

json_t *out_stored_object(const char *text)
{
	json_t *value = text ? json_loads(text, 0, NULL) : NULL;

	if (json_is_object(value))
		return value;
	json_decref(value);
	return out_object();
}

json_t *out_stored_list(const char *text)
{
	json_t *value = text ? json_loads(text, 0, NULL) : NULL;

	if (json_is_array(value))
		return value;
	json_decref(value);
	return out_list();
}

char *out_dump(const json_t *value)
{
	struct buf text;
	struct err err;

	buf_init(&text, SIZE_MAX / 4);
	if (json_write(&text, value, &err) < 0 || !buf_text(&text))
		abort();
	return (char *)text.data;
}
