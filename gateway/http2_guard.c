/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks of http2.c that need a memory of what came before.
 */
#include "gateway/http2_guard.h"

#include "gateway/request.h"

/* A block up to this is answered with 431; beyond it the connection ends. */
#define BLOCK_FIELDS_MAX (4 * REQUEST_HEADERS_MAX)
#define BLOCK_BYTES_MAX	 (4 * REQUEST_HEADER_BYTES_MAX)

void http2_guard_init(struct http2_guard *guard, int64_t now_ms)
{
	*guard = (struct http2_guard){.last_id = 0};
	allowance_init(&guard->allowance, now_ms);
}

enum http2_verdict http2_guard_pay(struct http2_guard *guard, int64_t price, int64_t now_ms)
{
	return allowance_spend(&guard->allowance, price, now_ms) ? GUARD_PASS : GUARD_FLOOD;
}

static bool was_closed(const struct http2_guard *guard, int32_t stream)
{
	for (size_t i = 0; i < GUARD_CLOSED_MAX; i++) {
		if (guard->closed[i] == stream)
			return true;
	}
	return false;
}

static enum http2_verdict headers_frame(struct http2_guard *guard, int32_t stream, bool stream_open,
					int64_t now_ms)
{
	if (stream > guard->last_id) {
		guard->last_id = stream;
		return GUARD_PASS;
	}
	if (stream_open)
		return GUARD_PASS; /* trailers */
	if (was_closed(guard, stream))
		return http2_guard_pay(guard, PRICE_FAULT, now_ms);
	return GUARD_STREAM_ID;
}

enum http2_verdict http2_guard_frame(struct http2_guard *guard, const nghttp2_frame_hd *hd,
				     bool stream_open, int64_t now_ms)
{
	bool ack = (hd->flags & NGHTTP2_FLAG_ACK) != 0;

	switch (hd->type) {
	case NGHTTP2_HEADERS:
		return headers_frame(guard, hd->stream_id, stream_open, now_ms);
	case NGHTTP2_DATA:
	case NGHTTP2_RST_STREAM:
		return GUARD_PASS; /* judged when they are whole */
	case NGHTTP2_SETTINGS:
		return ack ? GUARD_PASS : http2_guard_pay(guard, PRICE_SETTINGS, now_ms);
	case NGHTTP2_PING:
		return ack ? GUARD_PASS : http2_guard_pay(guard, PRICE_PING, now_ms);
	case NGHTTP2_WINDOW_UPDATE:
		return http2_guard_pay(guard, PRICE_WINDOW, now_ms);
	case NGHTTP2_CONTINUATION:
		return http2_guard_pay(guard, PRICE_RESET, now_ms);
	default:
		return http2_guard_pay(guard, PRICE_PRIORITY, now_ms);
	}
}

void http2_guard_block(struct http2_guard *guard)
{
	guard->block_fields = 0;
	guard->block_bytes = 0;
}

enum http2_verdict http2_guard_field(struct http2_guard *guard, size_t bytes)
{
	guard->block_bytes += bytes;
	if (++guard->block_fields > BLOCK_FIELDS_MAX || guard->block_bytes > BLOCK_BYTES_MAX)
		return GUARD_BOMB;
	return GUARD_PASS;
}

void http2_guard_closed(struct http2_guard *guard, int32_t stream)
{
	guard->closed[guard->closed_at++ % GUARD_CLOSED_MAX] = stream;
}
