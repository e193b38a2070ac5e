/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service reads patterns by a parser (Jackson) whose habits show in its messages, so this
 * one has them: the place is the first character that was not read; of a string that nobody
 * asked for only the quote was; and with a member's name the beginning of its value was read:
 * a whole number or word, one character of all else. Columns count as UTF-16 does.
 */
#include "events/json_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "events/json_escape.h"

#define REASON		 "Event pattern is not valid. Reason: "
#define SOURCE_SHOWN_MAX 500 /* characters of the text that a message repeats */
#define REASON_MAX	 512 /* bytes of what is wrong, with the name of the member */

void event_reader_init(struct event_reader *reader, struct arena *arena, const char *bytes,
		       size_t len)
{
	*reader = (struct event_reader){.arena = arena, .bytes = bytes, .len = len};
	reader->token = EVENT_END;
}

/* UTF-16 units of @len bytes. */
static size_t units(const char *bytes, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)bytes[i];

		count += (byte & 0xc0) != 0x80;
		count += byte >= 0xf0;
	}
	return count;
}

/* How many bytes the first SOURCE_SHOWN_MAX characters have. */
static size_t shown_bytes(const char *bytes, size_t len)
{
	size_t characters = 0;

	for (size_t i = 0; i < len; i++) {
		if (((uint8_t)bytes[i] & 0xc0) != 0x80 && characters++ == SOURCE_SHOWN_MAX)
			return i;
	}
	return len;
}

int event_reader_fail(const struct event_reader *reader, struct err *err, const char *fmt, ...)
{
	size_t shown = shown_bytes(reader->bytes, reader->len);
	char reason[REASON_MAX];
	char rest[64] = "";
	size_t line_begin = 0;
	int line = 1;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	for (size_t i = 0; i < reader->at; i++) {
		if (reader->bytes[i] == '\n') {
			line++;
			line_begin = i + 1;
		}
	}
	if (shown < reader->len)
		(void)snprintf(rest, sizeof(rest), "[truncated %zu chars]",
			       units(reader->bytes + shown, reader->len - shown));
	return err_set(err, ERR_INVALID,
		       REASON "%s\n at [Source: (String)\"%.*s\"%s; line: %d, column: %zu]", reason,
		       (int)shown, reader->bytes, rest, line,
		       units(reader->bytes + line_begin, reader->at - line_begin) + 1);
}

static void skip_space(struct event_reader *reader)
{
	while (reader->at < reader->len && strchr(" \t\r\n", reader->bytes[reader->at]) &&
	       reader->bytes[reader->at])
		reader->at++;
}

/* The next character was @wanted instead of what is there. */
static int unexpected(struct event_reader *reader, const char *wanted, struct err *err)
{
	uint8_t byte;

	if (reader->at >= reader->len)
		return event_reader_fail(reader, err, "Unexpected end-of-input: %s", wanted);
	byte = (uint8_t)reader->bytes[reader->at++];
	if (byte < 0x20 || byte >= 0x7f)
		return event_reader_fail(reader, err, "Unexpected character (code %d): %s", byte,
					 wanted);
	return event_reader_fail(reader, err, "Unexpected character ('%c' (code %d)): %s", byte,
				 byte, wanted);
}

/* From behind the opening quote to behind the closing one. */
static int read_string(struct event_reader *reader, struct err *err)
{
	size_t begin = reader->at;
	char *text;

	while (reader->at < reader->len && reader->bytes[reader->at] != '"') {
		if ((uint8_t)reader->bytes[reader->at] < 0x20) {
			reader->at++;
			return event_reader_fail(reader, err,
						 "Illegal unquoted character (CTRL-CHAR, code %d): "
						 "has to be escaped using backslash to be included "
						 "in string value",
						 reader->bytes[reader->at - 1]);
		}
		reader->at += reader->bytes[reader->at] == '\\' ? 2 : 1;
	}
	if (reader->at >= reader->len) {
		reader->at = reader->len;
		return event_reader_fail(reader, err,
					 "Unexpected end-of-input: was expecting closing quote for "
					 "a string value");
	}
	text = arena_strndup(reader->arena, reader->bytes + begin, reader->at - begin);
	if (!text)
		return err_set(err, ERR_LIMIT, REASON "Rule is too complex");
	reader->text_len = event_json_unescape(text, reader->at - begin, text);
	if (reader->text_len == SIZE_MAX)
		return event_reader_fail(reader, err, "Unrecognized character escape");
	text[reader->text_len] = '\0';
	reader->text = text;
	reader->at++;
	return 0;
}

int event_reader_text(struct event_reader *reader, struct err *err)
{
	if (!reader->string_open)
		return 0;
	reader->string_open = false;
	return read_string(reader, err);
}

static size_t digits(const struct event_reader *reader, size_t at)
{
	size_t begin = at;

	while (at < reader->len && reader->bytes[at] >= '0' && reader->bytes[at] <= '9')
		at++;
	return at - begin;
}

static int bad_number(struct event_reader *reader, size_t at, struct err *err)
{
	reader->at = at;
	return unexpected(reader, "Expected digit (0-9) in numeric value", err);
}

static int read_number(struct event_reader *reader, struct err *err)
{
	size_t at = reader->at + (reader->bytes[reader->at] == '-');
	size_t count = digits(reader, at);

	if (count == 0)
		return bad_number(reader, at, err);
	if (count > 1 && reader->bytes[at] == '0')
		return event_reader_fail(reader, err,
					 "Invalid numeric value: Leading zeroes not allowed");
	at += count;
	if (at < reader->len && reader->bytes[at] == '.') {
		count = digits(reader, ++at);
		if (count == 0)
			return bad_number(reader, at, err);
		at += count;
	}
	if (at < reader->len && (reader->bytes[at] | 0x20) == 'e') {
		at++;
		at += at < reader->len && (reader->bytes[at] == '-' || reader->bytes[at] == '+');
		count = digits(reader, at);
		if (count == 0)
			return bad_number(reader, at, err);
		at += count;
	}
	reader->number_at = reader->at;
	reader->at = at;
	return 0;
}

static bool is_word_byte(char c)
{
	return (c | 0x20) >= 'a' ? (c | 0x20) <= 'z' : (c >= '0' && c <= '9');
}

static int read_word(struct event_reader *reader, enum event_token *ret, struct err *err)
{
	static const struct {
		const char *text;
		enum event_token token;
	} words[] = {{"true", EVENT_TRUE}, {"false", EVENT_FALSE}, {"null", EVENT_NULL}};
	size_t begin = reader->at;
	size_t len;

	while (reader->at < reader->len && is_word_byte(reader->bytes[reader->at]))
		reader->at++;
	len = reader->at - begin;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (len == strlen(words[i].text) &&
		    memcmp(reader->bytes + begin, words[i].text, len) == 0) {
			reader->number_at = begin;
			*ret = words[i].token;
			return 0;
		}
	}
	if (len == 0)
		return unexpected(reader,
				  "expected a valid value (JSON String, Number, Array, Object or "
				  "token 'null', 'true' or 'false')",
				  err);
	return event_reader_fail(reader, err,
				 "Unrecognized token '%.*s': was expecting (JSON String, Number, "
				 "Array, Object or token 'null', 'true' or 'false')",
				 (int)(len > 256 ? 256 : len), reader->bytes + begin);
}

/* Begin a value: *ret is what it is. */
static int begin_value(struct event_reader *reader, enum event_token *ret, struct err *err)
{
	int c;

	skip_space(reader);
	c = reader->at < reader->len ? (uint8_t)reader->bytes[reader->at] : 0;
	if (c == '"' || c == '{' || c == '[') {
		reader->at++;
		*ret = c == '"' ? EVENT_STRING : c == '{' ? EVENT_OBJECT_BEGIN : EVENT_ARRAY_BEGIN;
		return 0;
	}
	if (c == '-' || (c >= '0' && c <= '9')) {
		*ret = EVENT_NUMBER;
		return read_number(reader, err);
	}
	return read_word(reader, ret, err);
}

/* Make the value that was begun the present token. */
static int take_value(struct event_reader *reader, enum event_token token, struct err *err)
{
	reader->token = token;
	reader->string_open = token == EVENT_STRING;
	if (token == EVENT_OBJECT_BEGIN || token == EVENT_ARRAY_BEGIN) {
		if (reader->depth == EVENT_READER_DEPTH_MAX)
			return event_reader_fail(reader, err,
						 "Document nesting depth (%d) exceeds the maximum "
						 "allowed (%d)",
						 EVENT_READER_DEPTH_MAX + 1,
						 EVENT_READER_DEPTH_MAX);
		reader->in_array[reader->depth] = token == EVENT_ARRAY_BEGIN;
		reader->first[reader->depth++] = true;
		reader->text = token == EVENT_ARRAY_BEGIN ? "[" : "{";
		reader->text_len = 1;
	} else if (token != EVENT_STRING) {
		reader->text = reader->bytes + reader->number_at;
		reader->text_len = reader->at - reader->number_at;
	}
	return 0;
}

static int next_name(struct event_reader *reader, struct err *err)
{
	if (reader->at >= reader->len || reader->bytes[reader->at] != '"')
		return unexpected(reader, "was expecting double-quote to start field name", err);
	reader->at++;
	if (read_string(reader, err) < 0)
		return -1;
	skip_space(reader);
	if (reader->at >= reader->len || reader->bytes[reader->at] != ':')
		return unexpected(reader, "was expecting a colon to separate field name and value",
				  err);
	reader->at++;
	reader->token = EVENT_NAME;
	reader->value_ready = true;
	return begin_value(reader, &reader->value, err);
}

static int next_outside(struct event_reader *reader, struct err *err)
{
	enum event_token token = EVENT_END;

	if (reader->at >= reader->len) {
		reader->token = EVENT_END;
		return 0;
	}
	return begin_value(reader, &token, err) < 0 ? -1 : take_value(reader, token, err);
}

int event_reader_next(struct event_reader *reader, struct err *err)
{
	size_t top = reader->depth - 1;
	enum event_token token = EVENT_END;
	bool in_array;

	if (event_reader_text(reader, err) < 0)
		return -1;
	if (reader->value_ready) {
		reader->value_ready = false;
		return take_value(reader, reader->value, err);
	}
	skip_space(reader);
	if (reader->depth == 0)
		return next_outside(reader, err);
	in_array = reader->in_array[top];
	if (reader->at < reader->len && reader->bytes[reader->at] == (in_array ? ']' : '}')) {
		reader->at++;
		reader->depth--;
		reader->token = in_array ? EVENT_ARRAY_END : EVENT_OBJECT_END;
		reader->text = in_array ? "]" : "}";
		reader->text_len = 1;
		return 0;
	}
	if (!reader->first[top]) {
		if (reader->at >= reader->len || reader->bytes[reader->at] != ',')
			return unexpected(
				reader,
				in_array ? "was expecting comma to separate Array entries"
					 : "was expecting comma to separate Object entries",
				err);
		reader->at++;
		skip_space(reader);
	}
	reader->first[top] = false;
	if (!in_array)
		return next_name(reader, err);
	return begin_value(reader, &token, err) < 0 ? -1 : take_value(reader, token, err);
}
