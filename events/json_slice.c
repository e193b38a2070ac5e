/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text is good JSON without blanks, so a value ends where its brackets do, and between values
 * stands one character. A name is found by going over all members: objects of events are small, and
 * most of them are looked into once.
 */
#include "events/json_slice.h"

#include <string.h>

#include "core/digest.h"

const char *json_string_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++) {
		if (*at == '\\' && at + 1 < end)
			at++;
	}
	return at < end ? at + 1 : end;
}

const char *json_value_end(const char *at, const char *end)
{
	size_t depth = 0;

	while (at < end) {
		char c = *at;

		if (c == '"') {
			at = json_string_end(at, end);
		} else if (c == ',' || c == '}' || c == ']') {
			if (depth == 0)
				return at;
			depth -= c != ',';
			at++;
		} else {
			depth += c == '{' || c == '[';
			at++;
		}
		if (depth == 0 && (c == '"' || c == '}' || c == ']'))
			return at;
	}
	return end;
}

struct json_walk json_walk_of(struct json_slice container)
{
	char kind = json_slice_kind(container);
	struct json_walk walk = {.at = container.text, .end = container.text};

	if (kind == '{' || kind == '[') {
		walk.at = container.text + 1;
		walk.end = container.text + container.len - 1;
		walk.object = kind == '{';
	}
	return walk;
}

bool json_walk_next(struct json_walk *walk, struct json_slice *ret_name,
		    struct json_slice *ret_value)
{
	const char *from = walk->at;

	if (from >= walk->end)
		return false;
	*ret_name = (struct json_slice){from, 0};
	if (walk->object) {
		const char *end = json_string_end(from, walk->end);

		ret_name->len = (size_t)(end - from);
		from = end < walk->end ? end + 1 : end; /* the colon */
	}
	walk->at = json_value_end(from, walk->end);
	*ret_value = (struct json_slice){from, (size_t)(walk->at - from)};
	if (walk->at < walk->end)
		walk->at++; /* the comma */
	return true;
}

/* The unit that the four hex digits at @at are. */
static uint32_t unit_at(const char *at)
{
	struct err ignored = ERR_INIT;
	uint8_t bytes[2] = {0};

	(void)(hex_decode(at, 4, bytes, &ignored) < 0); /* they are some, or the text is not good */
	return (uint32_t)bytes[0] << 8 | bytes[1];
}

#define IS_HIGH(unit) ((unit) >= 0xd800 && (unit) < 0xdc00)

/* @point as UTF-8; returns its bytes. */
static size_t encode(uint32_t point, char ret[4])
{
	if (point < 0x80) {
		ret[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		ret[0] = (char)(0xc0 | point >> 6);
		ret[1] = (char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		ret[0] = (char)(0xe0 | point >> 12);
		ret[1] = (char)(0x80 | (point >> 6 & 0x3f));
		ret[2] = (char)(0x80 | (point & 0x3f));
		return 3;
	}
	ret[0] = (char)(0xf0 | point >> 18);
	ret[1] = (char)(0x80 | (point >> 12 & 0x3f));
	ret[2] = (char)(0x80 | (point >> 6 & 0x3f));
	ret[3] = (char)(0x80 | (point & 0x3f));
	return 4;
}

/* The character at *at of a string's inside, without its escape, as UTF-8; moves behind it. */
static size_t next_character(const char **at, const char *end, char ret[4])
{
	static const char escapes[] = "bfnrt", meant[] = "\b\f\n\r\t";
	const char *from = *at;
	const char *escape;
	uint32_t point;

	if (*from != '\\' || end - from < 2) {
		ret[0] = *from;
		*at = from + 1;
		return 1;
	}
	if (from[1] != 'u') {
		escape = strchr(escapes, from[1]);
		ret[0] = from[1];
		if (escape)
			ret[0] = meant[escape - escapes];
		*at = from + 2;
		return 1;
	}
	point = unit_at(from + 2);
	*at = from + 6;
	if (IS_HIGH(point)) {
		point = 0x10000 + ((point - 0xd800) << 10) + (unit_at(from + 8) - 0xdc00);
		*at = from + 12;
	}
	return encode(point, ret);
}

bool json_slice_says(struct json_slice string, const char *text, size_t len)
{
	const char *at = string.text + 1;
	const char *end = string.text + string.len - 1;
	size_t same = 0;

	/* Nearly all names are written as they are. */
	if (!memchr(string.text, '\\', string.len))
		return (size_t)(end - at) == len && memcmp(at, text, len) == 0;
	while (at < end) {
		char character[4];
		size_t size = next_character(&at, end, character);

		if (len - same < size || memcmp(text + same, character, size) != 0)
			return false;
		same += size;
	}
	return same == len;
}

bool json_slice_member_n(struct json_slice object, const char *name, size_t name_len,
			 struct json_slice *ret_value)
{
	struct json_walk walk = json_walk_of(object);
	struct json_slice at;
	struct json_slice value;
	bool found = false;

	if (!walk.object)
		return false;
	while (json_walk_next(&walk, &at, &value)) {
		if (!json_slice_says(at, name, name_len))
			continue;
		*ret_value = value;
		found = true;
	}
	return found;
}

bool json_slice_member(struct json_slice object, const char *name, struct json_slice *ret_value)
{
	return json_slice_member_n(object, name, strlen(name), ret_value);
}

int json_slice_string(struct json_slice value, struct arena *arena, const char **ret_text,
		      size_t *ret_len, struct err *err)
{
	const char *at = value.text + 1;
	const char *end;
	size_t len = 0;
	char *text;

	if (json_slice_kind(value) != '"')
		return err_set(err, ERR_INVALID, "is no string");
	end = value.text + value.len - 1;
	text = arena_alloc(arena,
			   value.len); /* an escape is never shorter than what it stands for */
	if (!text)
		return err_set(err, ERR_LIMIT, "too much text");
	while (at < end)
		len += next_character(&at, end, text + len);
	text[len] = '\0';
	*ret_text = text;
	*ret_len = len;
	return 0;
}
