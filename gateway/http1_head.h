/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of an HTTP/1.1 request: request line and header fields up to the empty
 * line. Strict where leniency would let two readers see two requests.
 */
#ifndef SLIPWAY_GATEWAY_HTTP1_HEAD_H
#define SLIPWAY_GATEWAY_HTTP1_HEAD_H

#include "gateway/exchange.h"

/* What is limited in an exchange, and room for line ends, colons and spaces. */
#define HTTP1_HEAD_MAX (REQUEST_HEADER_BYTES_MAX + 4096u)

/* Bytes of a head as they come in. */
struct http1_scan {
	struct buf bytes;
	size_t line_start; /* offset of the line that is being received */
	unsigned empty;	   /* empty lines in front of the request line */
};

void http1_scan_init(struct http1_scan *scan);
void http1_scan_done(struct http1_scan *scan);
void http1_scan_clear(struct http1_scan *scan); /* ready for the next head */

enum http1_scan_result {
	HTTP1_SCAN_MORE,     /* all bytes were taken, the head goes on */
	HTTP1_SCAN_COMPLETE, /* the empty line was the last byte taken */
	HTTP1_SCAN_BAD,	     /* a line breaks the grammar */
	HTTP1_SCAN_LONG,     /* past HTTP1_HEAD_MAX */
};

/* Take bytes up to the end of the head; *ret_taken of them. *ret_why says what is bad. */
enum http1_scan_result http1_scan_add(struct http1_scan *scan, const uint8_t *bytes, size_t len,
				      size_t *ret_taken, const char **ret_why);

/* How the body is framed and what becomes of the connection. */
struct http1_head {
	bool chunked;
	size_t content_length;
	bool keep_alive;
	bool expects_continue;
};

/* Parse a complete head into @exchange. -1: exchange_fail() has been called. */
int http1_head_parse(const struct http1_scan *scan, struct exchange *exchange,
		     struct http1_head *ret_head) MUST_CHECK;

#endif
