/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP/2 peer written by hand, frame by frame, so that it can do what no client
 * library would; only header compression comes from nghttp2.
 */
#ifndef SLIPWAY_TESTS_UNIT_GATEWAY_HTTP2_PEER_H
#define SLIPWAY_TESTS_UNIT_GATEWAY_HTTP2_PEER_H

#include <nghttp2/nghttp2.h>

#include "gateway/http2.h"
#include "tests/unit/gateway/probe.h"

#define STREAMS_MAX 4096

struct reply {
	int status;
	size_t body_len;
	char body[256]; /* its beginning */
	bool ended, reset;
	uint32_t code; /* of the reset */
};

struct peer {
	struct probe probe;
	nghttp2_hd_deflater *deflater;
	nghttp2_hd_inflater *inflater;
	struct buf out; /* frames to be sent to the server */
	struct reply replies[STREAMS_MAX];
	unsigned goaways, acks, windows;
	uint32_t goaway_code;
	int32_t goaway_last;
};

static inline void put(struct buf *buf, const void *bytes, size_t len)
{
	struct err err = ERR_INIT;

	ASSERT_OK(buf_append(buf, bytes, len, &err), &err);
}

static inline void put_frame(struct peer *peer, uint8_t type, uint8_t flags, int32_t stream,
			     const void *payload, size_t len)
{
	const uint8_t head[9] = {(uint8_t)(len >> 16),
				 (uint8_t)(len >> 8),
				 (uint8_t)len,
				 type,
				 flags,
				 (uint8_t)(stream >> 24),
				 (uint8_t)(stream >> 16),
				 (uint8_t)(stream >> 8),
				 (uint8_t)stream};

	put(&peer->out, head, sizeof(head));
	if (len > 0)
		put(&peer->out, payload, len);
}

static inline uint32_t read_u32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static inline void read_block(struct peer *peer, struct reply *reply, const uint8_t *bytes,
			      size_t len)
{
	int flags = 0;

	while (!(flags & NGHTTP2_HD_INFLATE_FINAL)) {
		nghttp2_nv nv;
		ssize_t used;

		flags = 0;
		used = nghttp2_hd_inflate_hd2(peer->inflater, &nv, &flags, bytes, len, 1);
		ck_assert_int_ge(used, 0);
		bytes += used;
		len -= (size_t)used;
		if ((flags & NGHTTP2_HD_INFLATE_EMIT) && nv.namelen == 7 &&
		    memcmp(nv.name, ":status", 7) == 0)
			reply->status = (int)strtol((const char *)nv.value, NULL, 10);
	}
	(void)nghttp2_hd_inflate_end_headers(peer->inflater);
}

static inline void read_frame(struct peer *peer, const uint8_t *frame, size_t len)
{
	int32_t stream = (int32_t)(read_u32(frame + 5) & 0x7fffffff);
	struct reply *reply = &peer->replies[stream % STREAMS_MAX];
	const uint8_t *payload = frame + 9;

	switch (frame[3]) {
	case NGHTTP2_DATA:
		for (size_t i = 0; i < len && reply->body_len + i < sizeof(reply->body) - 1; i++)
			reply->body[reply->body_len + i] = (char)payload[i];
		reply->body_len += len;
		reply->ended |= frame[4] & NGHTTP2_FLAG_END_STREAM;
		break;
	case NGHTTP2_HEADERS:
		read_block(peer, reply, payload, len);
		reply->ended |= frame[4] & NGHTTP2_FLAG_END_STREAM;
		break;
	case NGHTTP2_RST_STREAM:
		reply->reset = true;
		reply->code = read_u32(payload);
		break;
	case NGHTTP2_GOAWAY:
		peer->goaways++;
		peer->goaway_last = (int32_t)read_u32(payload);
		peer->goaway_code = read_u32(payload + 4);
		break;
	case NGHTTP2_PING:
	case NGHTTP2_SETTINGS:
		peer->acks += frame[4] & NGHTTP2_FLAG_ACK;
		break;
	case NGHTTP2_WINDOW_UPDATE:
		peer->windows++;
		break;
	default:
		break;
	}
}

/* Read what the server has to say. */
static inline void hear(struct peer *peer)
{
	struct buf *sent = &peer->probe.sent;
	size_t at = 0;

	probe_drain(&peer->probe);
	while (sent->len - at >= 9) {
		const uint8_t *frame = sent->data + at;
		size_t len = (size_t)frame[0] << 16 | (size_t)frame[1] << 8 | frame[2];

		ck_assert_uint_le(at + 9 + len, sent->len);
		read_frame(peer, frame, len);
		at += 9 + len;
	}
	buf_clear(sent);
}

/* Send what was put, and read what comes back. */
static inline void say(struct peer *peer)
{
	(void)protocol_receive(peer->probe.protocol, peer->out.data, peer->out.len);
	buf_clear(&peer->out);
	hear(peer);
}

static inline void peer_init(struct peer *peer)
{
	struct err err = ERR_INIT;

	memset(peer, 0, sizeof(*peer));
	probe_init(&peer->probe);
	buf_init(&peer->out, 64u << 20);
	ck_assert_int_eq(nghttp2_hd_deflate_new(&peer->deflater, 4096), 0);
	ck_assert_int_eq(nghttp2_hd_inflate_new(&peer->inflater), 0);
	ASSERT_OK(http2_new(&peer->probe.host, &peer->probe.protocol, &err), &err);
	put(&peer->out, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
}

/* A peer that has greeted; @window: its SETTINGS_INITIAL_WINDOW_SIZE, or -1. */
static inline void start(struct peer *peer, int window)
{
	uint32_t value = window < 0 ? 0 : (uint32_t)window;
	const uint8_t setting[6] = {0,
				    4,
				    (uint8_t)(value >> 24),
				    (uint8_t)(value >> 16),
				    (uint8_t)(value >> 8),
				    (uint8_t)value};

	peer_init(peer);
	put_frame(peer, NGHTTP2_SETTINGS, 0, 0, setting, window < 0 ? 0 : 6);
	put_frame(peer, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, NULL, 0);
	say(peer);
	ck_assert_uint_eq(peer->acks, 1);
	ck_assert_uint_eq(peer->goaways, 0);
}

static inline void finish(struct peer *peer)
{
	nghttp2_hd_deflate_del(peer->deflater);
	nghttp2_hd_inflate_del(peer->inflater);
	buf_done(&peer->out);
	probe_done(&peer->probe);
}

static inline nghttp2_nv field(const char *name, const char *value)
{
	return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
			    strlen(value), NGHTTP2_NV_FLAG_NO_INDEX};
}

/* HEADERS of @count fields; @flags beside END_HEADERS. */
static inline void put_headers(struct peer *peer, int32_t stream, uint8_t flags, nghttp2_nv *fields,
			       size_t count)
{
	static uint8_t block[1 << 20];
	ssize_t len = nghttp2_hd_deflate_hd(peer->deflater, block, sizeof(block), fields, count);
	size_t at = 0;

	ck_assert_int_gt(len, 0);
	/* The first frame may have to go on in CONTINUATIONs. */
	for (uint8_t type = NGHTTP2_HEADERS; at < (size_t)len; type = NGHTTP2_CONTINUATION) {
		size_t run = (size_t)len - at < 16384 ? (size_t)len - at : 16384;
		uint8_t last = at + run == (size_t)len ? NGHTTP2_FLAG_END_HEADERS : 0;

		put_frame(peer, type, (type == NGHTTP2_HEADERS ? flags : 0) | last, stream,
			  block + at, run);
		at += run;
	}
}

static inline void put_request(struct peer *peer, int32_t stream, const char *method,
			       const char *path, uint8_t flags)
{
	nghttp2_nv fields[] = {field(":method", method), field(":scheme", "https"),
			       field(":path", path), field(":authority", "a.example:8443")};

	put_headers(peer, stream, flags, fields, ARRAY_LEN(fields));
}

#endif
