/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers are most of the work of a read, and jansson's own printer took a sixth of it: it
 * gathers text in a buffer of its own, which is then copied, and prints each number through
 * printf. Here text goes where it is sent from. What comes out is the same to the byte (a
 * test compares), so it may be read wherever jansson's was.
 *
 * Times are the numbers with a fraction in answers: seconds with three decimals, below 10^10,
 * so that thirteen digits hold them exactly. These are printed here, others by printf.
 */
#include "core/json_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define DIGITS	     13	  /* ten of seconds and three decimals, for the next two centuries */
#define SECONDS_MAX  1e10 /* more of them have eleven digits */
#define NUMBER_SIZE  48
#define ESCAPED_SIZE 8

static int put(struct buf *out, const char *text, size_t len, struct err *err)
{
	return buf_append(out, text, len, err);
}

/* One byte that may not stand as it is. */
static size_t escape(unsigned char byte, char ret[ESCAPED_SIZE])
{
	static const char letters[] = "btn?fr"; /* of 8 to 13; 11 has none */

	ret[0] = '\\';
	if (byte == '"' || byte == '\\') {
		ret[1] = (char)byte;
		return 2;
	}
	if (byte >= 8 && byte <= 13 && byte != 11) {
		ret[1] = letters[byte - 8];
		return 2;
	}
	return (size_t)snprintf(ret, ESCAPED_SIZE, "\\u%04X", byte);
}

int json_write_text(struct buf *out, const char *text, size_t len, struct err *err)
{
	size_t from = 0;

	if (put(out, "\"", 1, err) < 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)text[i];
		char escaped[ESCAPED_SIZE];

		if (byte >= ' ' && byte != '"' && byte != '\\')
			continue;
		if (put(out, text + from, i - from, err) < 0 ||
		    put(out, escaped, escape(byte, escaped), err) < 0)
			return -1;
		from = i + 1;
	}
	if (put(out, text + from, len - from, err) < 0)
		return -1;
	return put(out, "\"", 1, err);
}

/* @number from behind into @ret, at least @least digits; returns their number. */
static size_t print_digits(uint64_t number, size_t least, char ret[NUMBER_SIZE])
{
	char turned[NUMBER_SIZE];
	size_t len = 0;

	while (number > 0 || len < least) {
		turned[len++] = (char)('0' + number % 10);
		number /= 10;
	}
	for (size_t i = 0; i < len; i++)
		ret[i] = turned[len - 1 - i];
	return len;
}

static int put_integer(struct buf *out, int64_t number, struct err *err)
{
	char text[NUMBER_SIZE];
	size_t sign = number < 0;

	text[0] = '-';
	return put(
		out, text,
		sign + print_digits(sign ? 0 - (uint64_t)number : (uint64_t)number, 1, text + sign),
		err);
}

/* As jansson prints it: with a fraction or an exponent, the latter without needless signs. */
static int put_any_real(struct buf *out, const json_t *value, struct err *err)
{
	char text[NUMBER_SIZE];
	size_t len = json_dumpb(value, text, sizeof(text),
				JSON_ENCODE_ANY | JSON_REAL_PRECISION(DIGITS));

	if (len == 0 || len > sizeof(text))
		abort(); /* jansson holds no number that it cannot print */
	return put(out, text, len, err);
}

static int put_real(struct buf *out, const json_t *value, struct err *err)
{
	double number = json_real_value(value);
	char text[NUMBER_SIZE];
	uint64_t ms;
	size_t len;

	if (!(number >= 0.001 && number < SECONDS_MAX))
		return put_any_real(out, value, err);
	ms = (uint64_t)llround(number * 1000);
	if ((double)ms / 1000 != number)
		return put_any_real(out, value, err);
	len = print_digits(ms / 1000, 1, text);
	text[len++] = '.';
	len += print_digits(ms % 1000, 3, text + len);
	while (text[len - 1] == '0' && text[len - 2] != '.')
		len--;
	return put(out, text, len, err);
}

static int put_list(struct buf *out, const json_t *list, struct err *err)
{
	size_t count = json_array_size(list);

	if (put(out, "[", 1, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if ((i > 0 && put(out, ",", 1, err) < 0) ||
		    json_write(out, json_array_get(list, i), err) < 0)
			return -1;
	}
	return put(out, "]", 1, err);
}

static int put_object(struct buf *out, const json_t *value, struct err *err)
{
	/* jansson's iteration takes no const; nothing is changed. */
	json_t *object = (json_t *)(uintptr_t)value;
	bool first = true;

	if (put(out, "{", 1, err) < 0)
		return -1;
	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
		const char *name = json_object_iter_key(at);

		if ((!first && put(out, ",", 1, err) < 0) ||
		    json_write_text(out, name, strlen(name), err) < 0 ||
		    put(out, ":", 1, err) < 0 ||
		    json_write(out, json_object_iter_value(at), err) < 0)
			return -1;
		first = false;
	}
	return put(out, "}", 1, err);
}

int json_write(struct buf *out, const json_t *value, struct err *err)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return put_object(out, value, err);
	case JSON_ARRAY:
		return put_list(out, value, err);
	case JSON_STRING:
		return json_write_text(out, json_string_value(value), json_string_length(value),
				       err);
	case JSON_INTEGER:
		return put_integer(out, json_integer_value(value), err);
	case JSON_REAL:
		return put_real(out, value, err);
	case JSON_TRUE:
		return put(out, "true", 4, err);
	case JSON_FALSE:
		return put(out, "false", 5, err);
	default:
		return put(out, "null", 4, err);
	}
}
