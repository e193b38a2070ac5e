/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of an HTTP/1.1 request: a counted run of bytes, or chunks.
 */
#ifndef SLIPWAY_GATEWAY_HTTP1_BODY_H
#define SLIPWAY_GATEWAY_HTTP1_BODY_H

#include "gateway/exchange.h"

enum http1_body_state {
	HTTP1_BODY_END,	    /* the body is complete */
	HTTP1_BODY_COUNTED, /* @left bytes are to come */
	HTTP1_BODY_SIZE,    /* digits of a chunk's size */
	HTTP1_BODY_SIZE_LF, /* behind the CR of the size */
	HTTP1_BODY_DATA,    /* @left bytes of the chunk are to come */
	HTTP1_BODY_DATA_CR, /* behind the data of a chunk */
	HTTP1_BODY_DATA_LF,
	HTTP1_BODY_LAST_CR, /* behind the chunk of size 0 */
	HTTP1_BODY_LAST_LF,
};

struct http1_body {
	enum http1_body_state state;
	size_t left;
	unsigned digits; /* of the size so far */
};

void http1_body_start_counted(struct http1_body *body, size_t content_length);
void http1_body_start_chunked(struct http1_body *body);

/* Take bytes up to the end of the body into @exchange; *ret_taken of them. -1:
 * exchange_fail() has been called. */
int http1_body_add(struct http1_body *body, struct exchange *exchange, const uint8_t *bytes,
		   size_t len, size_t *ret_taken) MUST_CHECK;

#endif
