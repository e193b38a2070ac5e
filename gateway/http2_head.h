/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of an HTTP/2 request: fields of a header block become the method,
 * target and headers of an exchange, as if HTTP/1.1 had brought them.
 */
#ifndef SLIPWAY_GATEWAY_HTTP2_HEAD_H
#define SLIPWAY_GATEWAY_HTTP2_HEAD_H

#include "gateway/exchange.h"

/* One field; nghttp2 has checked its characters. A breach is in exchange->failed. */
void http2_head_add(struct exchange *exchange, const char *name, size_t name_len, const char *value,
		    size_t value_len);
/* All fields are there; a breach is in exchange->failed. *ret_waits: the client
 * sends its body when it is told to. */
void http2_head_check(struct exchange *exchange, bool *ret_waits);

#endif
