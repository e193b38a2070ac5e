/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name=value&name=value, each part percent-encoded, '+' for a blank. Decoding
 * never makes text longer, so one piece of memory as long as the form serves.
 */
#include "gateway/query_form.h"

#include <string.h>

#include "core/buf.h"
#include "core/digest.h"

int query_form_decode(const char *from, size_t len, bool plus, char *to, struct err *err)
{
	uint8_t byte;

	for (size_t i = 0; i < len; i++) {
		byte = plus && from[i] == '+' ? ' ' : (uint8_t)from[i];
		if (from[i] == '%') {
			if (len - i < 3 || hex_decode(from + i + 1, 2, &byte, err) < 0)
				return err_set(err, ERR_INVALID,
					       "a parameter has a broken percent-encoding");
			i += 2;
		}
		if (byte == 0)
			return err_set(err, ERR_INVALID, "a parameter has a NUL character");
		*to++ = (char)byte;
	}
	*to = '\0';
	return 0;
}

static int add(json_t *object, const char *part, size_t len, char *room, struct err *err)
{
	const char *equals = memchr(part, '=', len);
	size_t name_len = equals ? (size_t)(equals - part) : len;
	size_t value_len = equals ? len - name_len - 1 : 0;
	char *value = room + name_len + 1;

	if (query_form_decode(part, name_len, true, room, err) < 0 ||
	    query_form_decode(equals ? equals + 1 : "", value_len, true, value, err) < 0)
		return -1;
	if (json_object_get(object, room))
		return err_set(err, ERR_INVALID, "a parameter is given twice");
	if (json_object_set_new(object, room, json_string(value)) < 0)
		return err_set(err, ERR_INVALID, "a parameter is not UTF-8");
	return 0;
}

int query_form_parse(const char *text, size_t len, json_t **ret_object, struct err *err)
{
	AUTO(json_decrefp) json_t *object = json_object();
	AUTO(buf_done) struct buf decoded;
	uint8_t *room;

	/* Name, zero, value, zero: at most two bytes more than one part. */
	buf_init(&decoded, len + 2);
	if (buf_reserve(&decoded, len + 2, &room, err) < 0)
		return -1;
	if (!object)
		return err_set(err, ERR_NO_SPACE, "out of memory");
	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '&', len - at);
		size_t part = end ? (size_t)(end - (text + at)) : len - at;

		if (json_object_size(object) >= QUERY_FORM_MAX)
			return err_set(err, ERR_LIMIT, "more than %d parameters", QUERY_FORM_MAX);
		if (part > 0 && add(object, text + at, part, (char *)room, err) < 0)
			return -1;
		at += part + 1;
	}
	*ret_object = STEAL(object, NULL);
	return 0;
}
