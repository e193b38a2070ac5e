/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parser that makes numbers out of digits cannot give them back: jansson refuses integers above
 * 64 bits and keeps fifteen digits of a fraction. An event belongs to who sent it, so it is never
 * taken apart: it is checked once and written without blanks, and whoever needs a part of it walks
 * over that text, which is known to be good.
 *
 * The check keeps what is open in a stack of its own, so depth costs a byte and no frame.
 */
#include "events/json_text.h"

#include <string.h>

#include "core/digest.h"

enum expect { VALUE, FIRST_VALUE, NAME, FIRST_NAME, AFTER, BROKEN };

struct reader {
	const char *begin, *at, *end;
	struct buf *out; /* NULL: only look */
	size_t depth;
	char closer[JSON_TEXT_DEPTH_MAX];
};

static int broken(const struct reader *r, struct err *err)
{
	return err_set(err, ERR_INVALID, "not JSON at byte %zu", (size_t)(r->at - r->begin));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && is_blank(*r->at))
		r->at++;
}

/* What stands at the reader, 0 at the end (a zero inside is no JSON either). */
static char peek(const struct reader *r)
{
	if (r->at == r->end)
		return '\0';
	return *r->at;
}

static int emit(struct reader *r, const char *from, struct err *err)
{
	if (!r->out)
		return 0;
	return buf_append(r->out, from, (size_t)(r->at - from), err);
}

static bool read_digits(struct reader *r)
{
	const char *from = r->at;

	while (is_digit(peek(r)))
		r->at++;
	return r->at > from;
}

static bool read_number(struct reader *r)
{
	if (peek(r) == '-')
		r->at++;
	if (peek(r) == '0')
		r->at++;
	else if (!read_digits(r))
		return false;
	if (peek(r) == '.') {
		r->at++;
		if (!read_digits(r))
			return false;
	}
	if (peek(r) == 'e' || peek(r) == 'E') {
		r->at++;
		if (peek(r) == '+' || peek(r) == '-')
			r->at++;
		return read_digits(r);
	}
	return true;
}

/* The four hex digits at @at, or -1. */
static int hex4(const char *at, const char *end)
{
	struct err ignored = ERR_INIT;
	uint8_t bytes[2];

	if (end - at < 4 || hex_decode(at, 4, bytes, &ignored) < 0)
		return -1;
	return bytes[0] << 8 | bytes[1];
}

#define IS_HIGH(unit) ((unit) >= 0xd800 && (unit) < 0xdc00)
#define IS_LOW(unit)  ((unit) >= 0xdc00 && (unit) < 0xe000)

/* Behind a backslash. */
static bool read_escape(struct reader *r)
{
	int unit;

	if (peek(r) != 'u') {
		if (peek(r) == '\0' || !strchr("\"\\/bfnrt", peek(r)))
			return false;
		r->at++;
		return true;
	}
	unit = hex4(r->at + 1, r->end);
	if (unit < 0 || IS_LOW(unit))
		return false;
	r->at += 5;
	if (!IS_HIGH(unit))
		return true;
	if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
		return false;
	unit = hex4(r->at + 2, r->end);
	if (!IS_LOW(unit))
		return false;
	r->at += 6;
	return true;
}

static bool read_string(struct reader *r)
{
	r->at++;
	while (r->at < r->end && *r->at != '"') {
		size_t len;

		if ((unsigned char)*r->at < ' ')
			return false;
		if (*r->at == '\\') {
			r->at++;
			if (!read_escape(r))
				return false;
			continue;
		}
		len = utf8_character(r->at, (size_t)(r->end - r->at));
		if (len == 0)
			return false;
		r->at += len;
	}
	if (r->at == r->end)
		return false;
	r->at++;
	return true;
}

static bool read_word(struct reader *r, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
		return false;
	r->at += len;
	return true;
}

static bool read_scalar(struct reader *r)
{
	switch (peek(r)) {
	case '"':
		return read_string(r);
	case 't':
		return read_word(r, "true");
	case 'f':
		return read_word(r, "false");
	case 'n':
		return read_word(r, "null");
	default:
		return read_number(r);
	}
}

static enum expect take_value(struct reader *r, struct err *err)
{
	const char *from = r->at;
	char c = peek(r);

	if (c != '{' && c != '[') {
		if (!read_scalar(r))
			(void)broken(r, err);
		else if (emit(r, from, err) == 0)
			return AFTER;
		return BROKEN;
	}
	if (r->depth == JSON_TEXT_DEPTH_MAX) {
		(void)err_set(err, ERR_LIMIT, "nested deeper than %d levels", JSON_TEXT_DEPTH_MAX);
		return BROKEN;
	}
	r->closer[r->depth++] = c == '{' ? '}' : ']';
	r->at++;
	if (emit(r, from, err) < 0)
		return BROKEN;
	return c == '{' ? FIRST_NAME : FIRST_VALUE;
}

static enum expect take_name(struct reader *r, struct err *err)
{
	const char *from = r->at;

	if (peek(r) != '"' || !read_string(r)) {
		(void)broken(r, err);
		return BROKEN;
	}
	if (emit(r, from, err) < 0)
		return BROKEN;
	skip_blanks(r);
	from = r->at;
	if (peek(r) != ':') {
		(void)broken(r, err);
		return BROKEN;
	}
	r->at++;
	return emit(r, from, err) < 0 ? BROKEN : VALUE;
}

/* A comma, or what closes the innermost container. */
static enum expect take_end(struct reader *r, struct err *err)
{
	const char *from = r->at;
	char closer = '\0';
	enum expect next;

	if (r->depth > 0)
		closer = r->closer[r->depth - 1];
	next = closer == '}' ? NAME : VALUE;
	if (closer != '\0' && peek(r) == closer) {
		r->depth--;
		next = AFTER;
	} else if (closer == '\0' || peek(r) != ',') {
		(void)broken(r, err);
		return BROKEN;
	}
	r->at++;
	return emit(r, from, err) < 0 ? BROKEN : next;
}

static enum expect step(struct reader *r, enum expect expect, struct err *err)
{
	bool closes = r->depth > 0 && peek(r) == r->closer[r->depth - 1];

	switch (expect) {
	case FIRST_VALUE:
	case FIRST_NAME:
		if (closes)
			return take_end(r, err);
		return expect == FIRST_VALUE ? take_value(r, err) : take_name(r, err);
	case VALUE:
		return take_value(r, err);
	case NAME:
		return take_name(r, err);
	default:
		return take_end(r, err);
	}
}

static int read_all(struct reader *r, struct err *err)
{
	enum expect expect = VALUE;

	skip_blanks(r);
	while (expect != AFTER || r->depth > 0) {
		expect = step(r, expect, err);
		if (expect == BROKEN)
			return -1;
		skip_blanks(r);
	}
	return r->at == r->end ? 0 : broken(r, err);
}

static struct reader reader_of(const char *text, size_t len, struct buf *out)
{
	struct reader r;

	r.begin = r.at = text;
	r.end = text + len;
	r.out = out;
	r.depth = 0;
	return r;
}

int json_text_minify(const char *text, size_t len, struct buf *out, struct err *err)
{
	struct reader r = reader_of(text, len, out);

	return read_all(&r, err);
}

int json_text_check(const char *text, size_t len, size_t *ret_at, struct err *err)
{
	struct reader r = reader_of(text, len, NULL);

	if (read_all(&r, err) == 0)
		return 0;
	*ret_at = (size_t)(r.at - r.begin);
	return -1;
}
