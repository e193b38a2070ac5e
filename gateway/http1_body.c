/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Body framing is read here and not by libhttp-parser, which skips whatever stands
 * behind a chunk's size, line feeds included: a request could be hidden there. No
 * client of these services sends chunk extensions or trailers, so both are refused
 * by name instead of being read and thrown away.
 */
#include "gateway/http1_body.h"

/* 16 MiB less one: more than any body that is accepted. */
#define SIZE_DIGITS_MAX 6

void http1_body_start_counted(struct http1_body *body, size_t content_length)
{
	*body = (struct http1_body){
		.state = content_length ? HTTP1_BODY_COUNTED : HTTP1_BODY_END,
		.left = content_length,
	};
}

void http1_body_start_chunked(struct http1_body *body)
{
	*body = (struct http1_body){.state = HTTP1_BODY_SIZE};
}

static int refuse(struct exchange *exchange, const char *message)
{
	exchange_fail(exchange, 400, ERROR_BAD_REQUEST, message);
	return -1;
}

static int hex_value(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

static int size_byte(struct http1_body *body, struct exchange *exchange, uint8_t byte)
{
	int value = hex_value(byte);

	if (value >= 0) {
		if (++body->digits > SIZE_DIGITS_MAX) {
			exchange_fail(exchange, 413, ERROR_TOO_LARGE,
				      "A chunk of the request body is too large.");
			return -1;
		}
		body->left = body->left * 16 + (size_t)value;
		return 0;
	}
	if (body->digits == 0)
		return refuse(exchange, "A chunk has no size.");
	if (byte == ';' || byte == ' ' || byte == '\t')
		return refuse(exchange, "Chunk extensions are not supported.");
	if (byte != '\r')
		return refuse(exchange, "The size of a chunk is malformed.");
	body->state = HTTP1_BODY_SIZE_LF;
	return 0;
}

/* One byte of the framing between the data. */
static int frame_byte(struct http1_body *body, struct exchange *exchange, uint8_t byte)
{
	static const struct {
		uint8_t byte;
		enum http1_body_state next;
		const char *fault;
	} steps[] = {
		[HTTP1_BODY_SIZE_LF] = {'\n', HTTP1_BODY_DATA, "The size of a chunk is malformed."},
		[HTTP1_BODY_DATA_CR] = {'\r', HTTP1_BODY_DATA_LF,
					"A chunk is longer than its size."},
		[HTTP1_BODY_DATA_LF] = {'\n', HTTP1_BODY_SIZE, "A chunk is longer than its size."},
		[HTTP1_BODY_LAST_CR] = {'\r', HTTP1_BODY_LAST_LF, "Trailers are not supported."},
		[HTTP1_BODY_LAST_LF] = {'\n', HTTP1_BODY_END, "The last chunk is malformed."},
	};

	if (body->state == HTTP1_BODY_SIZE)
		return size_byte(body, exchange, byte);
	if (byte != steps[body->state].byte)
		return refuse(exchange, steps[body->state].fault);
	if (body->state == HTTP1_BODY_DATA_LF) {
		body->digits = 0;
		body->left = 0;
	}
	body->state = steps[body->state].next;
	if (body->state == HTTP1_BODY_DATA && body->left == 0)
		body->state = HTTP1_BODY_LAST_CR;
	return 0;
}

int http1_body_add(struct http1_body *body, struct exchange *exchange, const uint8_t *bytes,
		   size_t len, size_t *ret_taken)
{
	size_t at = 0;

	while (at < len && body->state != HTTP1_BODY_END) {
		size_t run;

		if (body->state != HTTP1_BODY_COUNTED && body->state != HTTP1_BODY_DATA) {
			if (frame_byte(body, exchange, bytes[at]) < 0)
				return -1;
			at++;
			continue;
		}
		run = len - at < body->left ? len - at : body->left;
		if (exchange_add_body(exchange, bytes + at, run) < 0)
			return -1;
		at += run;
		body->left -= run;
		if (body->left == 0)
			body->state = body->state == HTTP1_BODY_COUNTED ? HTTP1_BODY_END
									: HTTP1_BODY_DATA_CR;
	}
	*ret_taken = at;
	return 0;
}
