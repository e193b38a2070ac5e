/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an HTTP/2 peer may not do although every single frame of it is well-formed.
 */
#ifndef SLIPWAY_GATEWAY_HTTP2_GUARD_H
#define SLIPWAY_GATEWAY_HTTP2_GUARD_H

#include <nghttp2/nghttp2.h>

#include "gateway/allowance.h"

/* Ids of streams that were closed lately: frames for them may still be under way. */
#define GUARD_CLOSED_MAX 128

struct http2_guard {
	struct allowance allowance;
	size_t block_fields, block_bytes; /* of the header block that is being decoded */
	int32_t last_id;		  /* the highest stream that was begun */
	int32_t closed[GUARD_CLOSED_MAX];
	size_t closed_at;
};

/* GUARD_PASS, or why the connection must end. */
enum http2_verdict { GUARD_PASS, GUARD_FLOOD, GUARD_BOMB, GUARD_STREAM_ID };

void http2_guard_init(struct http2_guard *guard, int64_t now_ms);
/* A frame begins; @stream_open: its stream is one that is under way. */
enum http2_verdict http2_guard_frame(struct http2_guard *guard, const nghttp2_frame_hd *hd,
				     bool stream_open, int64_t now_ms) MUST_CHECK;
/* Something happened that has a price (allowance.h). */
enum http2_verdict http2_guard_pay(struct http2_guard *guard, int64_t price, int64_t now_ms)
	MUST_CHECK;
/* A header block begins; a field of @bytes was decoded. */
void http2_guard_block(struct http2_guard *guard);
enum http2_verdict http2_guard_field(struct http2_guard *guard, size_t bytes) MUST_CHECK;
void http2_guard_closed(struct http2_guard *guard, int32_t stream);

#endif
