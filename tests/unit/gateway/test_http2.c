/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peer is written by hand, frame by frame, so that it can do what no client
 * library would; only header compression comes from nghttp2.
 */
#include "tests/unit/gateway/probe.h"

#include <nghttp2/nghttp2.h>

#include "gateway/allowance.h"
#include "gateway/http2.h"

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

static void put(struct buf *buf, const void *bytes, size_t len)
{
	struct err err = ERR_INIT;

	ASSERT_OK(buf_append(buf, bytes, len, &err), &err);
}

static void put_frame(struct peer *peer, uint8_t type, uint8_t flags, int32_t stream,
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

static uint32_t read_u32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static void read_block(struct peer *peer, struct reply *reply, const uint8_t *bytes, size_t len)
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

static void read_frame(struct peer *peer, const uint8_t *frame, size_t len)
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
static void hear(struct peer *peer)
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
static void say(struct peer *peer)
{
	(void)protocol_receive(peer->probe.protocol, peer->out.data, peer->out.len);
	buf_clear(&peer->out);
	hear(peer);
}

static void peer_init(struct peer *peer)
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
static void start(struct peer *peer, int window)
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

static void finish(struct peer *peer)
{
	nghttp2_hd_deflate_del(peer->deflater);
	nghttp2_hd_inflate_del(peer->inflater);
	buf_done(&peer->out);
	probe_done(&peer->probe);
}

static nghttp2_nv field(const char *name, const char *value)
{
	return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
			    strlen(value), NGHTTP2_NV_FLAG_NO_INDEX};
}

/* HEADERS of @count fields; @flags beside END_HEADERS. */
static void put_headers(struct peer *peer, int32_t stream, uint8_t flags, nghttp2_nv *fields,
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

static void put_request(struct peer *peer, int32_t stream, const char *method, const char *path,
			uint8_t flags)
{
	nghttp2_nv fields[] = {field(":method", method), field(":scheme", "https"),
			       field(":path", path), field(":authority", "a.example:8443")};

	put_headers(peer, stream, flags, fields, ARRAY_LEN(fields));
}

START_TEST(a_request_arrives_as_it_was_sent_and_so_does_its_answer)
{
	nghttp2_nv fields[] = {
		field(":method", "POST"),
		field(":scheme", "https"),
		field(":path", "/a%20b?X=%31"),
		field(":authority", "a.example:8443"),
		field("x-amz-target", "T.Op"),
		field("content-length", "4"),
		field("x-dup", "1"),
		field("x-dup", "2"),
	};
	const struct request *request;
	struct peer peer;

	start(&peer, -1);
	put_headers(&peer, 1, 0, fields, ARRAY_LEN(fields));
	put_frame(&peer, NGHTTP2_DATA, 0, 1, "{\0", 2);
	say(&peer);
	ck_assert_uint_eq(peer.probe.asked_count, 0);
	put_frame(&peer, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "\n}", 2);
	say(&peer);
	ck_assert_uint_eq(peer.probe.asked_count, 1);
	request = &peer.probe.asked[0]->request;
	ck_assert_str_eq(request->method, "POST");
	ck_assert_str_eq(request->path, "/a%20b");
	ck_assert_str_eq(request->query, "X=%31");
	ck_assert_str_eq(request_header(request, "host"), "a.example:8443");
	ck_assert_str_eq(request_header(request, "x-amz-target"), "T.Op");
	ck_assert_uint_eq(request->header_count, 5);
	ck_assert_str_eq(request->headers[4].value, "2");
	ck_assert_int_eq(request->http_major, 2);
	ck_assert_uint_eq(request->body_len, 4);
	ck_assert_mem_eq(request->body, "{\0\n}", 4);
	probe_answer(&peer.probe, 0, "hello");
	hear(&peer);
	ck_assert_int_eq(peer.replies[1].status, 200);
	ck_assert_str_eq(peer.replies[1].body, "hello");
	ck_assert(peer.replies[1].ended && !peer.replies[1].reset);
	ck_assert(!protocol_is_finished(peer.probe.protocol));
	ck_assert(protocol_is_idle(peer.probe.protocol));
	finish(&peer);
}
END_TEST

START_TEST(bytes_may_come_one_by_one)
{
	struct peer peer;

	start(&peer, -1);
	put_request(&peer, 1, "POST", "/", 0);
	put_frame(&peer, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "{}", 2);
	for (size_t i = 0; i < peer.out.len; i++)
		ck_assert_uint_eq(protocol_receive(peer.probe.protocol, peer.out.data + i, 1), 1);
	ck_assert_uint_eq(peer.probe.asked_count, 1);
	ck_assert_uint_eq(peer.probe.asked[0]->request.body_len, 2);
	finish(&peer);
}
END_TEST

START_TEST(streams_are_answered_in_any_order_and_have_a_maximum)
{
	struct peer peer;

	/* It has not yet heard of the maximum: nothing worse than a refusal follows. */
	peer_init(&peer);
	put_frame(&peer, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
	for (int32_t i = 0; i < 101; i++)
		put_request(&peer, 2 * i + 1, "GET", "/", NGHTTP2_FLAG_END_STREAM);
	say(&peer);
	ck_assert_uint_eq(peer.probe.asked_count, 100);
	ck_assert(peer.replies[201].reset);
	ck_assert_uint_eq(peer.replies[201].code, NGHTTP2_REFUSED_STREAM);
	ck_assert_uint_eq(peer.goaways, 0);
	for (size_t i = 100; i-- > 0;)
		probe_answer(&peer.probe, i, "x");
	hear(&peer);
	for (int32_t i = 0; i < 100; i++)
		ck_assert(peer.replies[2 * i + 1].ended);
	put_request(&peer, 203, "GET", "/", NGHTTP2_FLAG_END_STREAM);
	say(&peer);
	ck_assert_uint_eq(peer.probe.asked_count, 101);
	finish(&peer);
}
END_TEST

START_TEST(head_is_answered_without_a_body)
{
	struct peer peer;

	start(&peer, -1);
	put_request(&peer, 1, "HEAD", "/", NGHTTP2_FLAG_END_STREAM);
	say(&peer);
	probe_answer(&peer.probe, 0, "hello");
	hear(&peer);
	ck_assert_int_eq(peer.replies[1].status, 200);
	ck_assert_uint_eq(peer.replies[1].body_len, 0);
	ck_assert(peer.replies[1].ended);
	ck_assert_uint_eq(protocol_backlog(peer.probe.protocol), 0);
	finish(&peer);
}
END_TEST

/* A request of these fields besides the usual four gets this status (0: a reset). */
static const struct {
	const char *name, *method, *authority, *field, *value;
	int status;
} heads[] = {
	{"plain", "GET", "a.example", "x", "y", 200},
	{"the same host twice", "GET", "a.example", "host", "A.EXAMPLE", 200},
	{"two hosts", "GET", "a.example", "host", "b.example", 400},
	{"a host with a user", "GET", "u@a.example", "x", "y", 400},
	{"a miracle", "POST", "a.example", "expect", "miracle", 417},
	{"transfer encoding", "POST", "a.example", "transfer-encoding", "chunked", 0},
	{"connection", "GET", "a.example", "connection", "close", 0},
	{"capitals", "GET", "a.example", "X-Y", "z", 0},
	{"a line break", "GET", "a.example", "x", "a\r\nb", 0},
	{"two lengths", "POST", "a.example", "content-length", "1, 1", 0},
};

START_TEST(heads_are_judged_as_the_table_says)
{
	struct peer peer;
	int32_t stream = 1;

	start(&peer, -1);
	for (size_t i = 0; i < ARRAY_LEN(heads); i++, stream += 2) {
		nghttp2_nv fields[] = {field(":method", heads[i].method), field(":scheme", "https"),
				       field(":path", "/"), field(":authority", heads[i].authority),
				       field(heads[i].field, heads[i].value)};
		size_t asked = peer.probe.asked_count;
		struct reply *reply = &peer.replies[stream];

		put_headers(&peer, stream, NGHTTP2_FLAG_END_STREAM, fields, ARRAY_LEN(fields));
		say(&peer);
		if (peer.probe.asked_count > asked) {
			probe_answer(&peer.probe, asked, "x");
			hear(&peer);
		}
		ck_assert_msg(reply->status == heads[i].status, "%s: %d", heads[i].name,
			      reply->status);
		ck_assert_msg(reply->reset == (heads[i].status == 0), "%s", heads[i].name);
		ck_assert_msg(peer.goaways == 0, "%s", heads[i].name);
	}
	finish(&peer);
}
END_TEST

START_TEST(a_length_beyond_all_is_refused_before_the_body)
{
	nghttp2_nv fields[] = {field(":method", "POST"), field(":scheme", "https"),
			       field(":path", "/"), field(":authority", "a.example"),
			       field("content-length", "99999999")};
	struct peer peer;

	start(&peer, -1);
	put_headers(&peer, 1, 0, fields, ARRAY_LEN(fields));
	say(&peer);
	ck_assert_int_eq(peer.replies[1].status, 413);
	ck_assert(peer.replies[1].ended);
	finish(&peer);
}
END_TEST

START_TEST(a_host_must_come)
{
	nghttp2_nv fields[] = {field(":method", "GET"), field(":scheme", "https"),
			       field(":path", "/")};
	nghttp2_nv with_host[] = {field(":method", "GET"), field(":scheme", "https"),
				  field(":path", "/"), field("host", "a.example")};
	struct peer peer;

	start(&peer, -1);
	put_headers(&peer, 1, NGHTTP2_FLAG_END_STREAM, fields, ARRAY_LEN(fields));
	put_headers(&peer, 3, NGHTTP2_FLAG_END_STREAM, with_host, ARRAY_LEN(with_host));
	say(&peer);
	ck_assert(peer.replies[1].reset || peer.replies[1].status == 400);
	ck_assert_uint_eq(peer.probe.asked_count, 1);
	ck_assert_str_eq(request_header(&peer.probe.asked[0]->request, "host"), "a.example");
	finish(&peer);
}
END_TEST

START_TEST(connect_and_trailers_are_refused_by_name)
{
	nghttp2_nv connect[] = {field(":method", "CONNECT"), field(":authority", "a.example")};
	nghttp2_nv trailer[] = {field("x", "y")};
	struct peer peer;

	start(&peer, -1);
	put_headers(&peer, 1, NGHTTP2_FLAG_END_STREAM, connect, ARRAY_LEN(connect));
	put_request(&peer, 3, "POST", "/", 0);
	put_frame(&peer, NGHTTP2_DATA, 0, 3, "{}", 2);
	put_headers(&peer, 3, NGHTTP2_FLAG_END_STREAM, trailer, ARRAY_LEN(trailer));
	say(&peer);
	ck_assert_int_eq(peer.replies[1].status, 400);
	ck_assert_int_eq(peer.replies[3].status, 400);
	ck_assert_ptr_nonnull(strstr(peer.replies[3].body, "Trailers"));
	ck_assert_uint_eq(peer.probe.asked_count, 0);
	finish(&peer);
}
END_TEST

START_TEST(permission_to_continue_is_given)
{
	nghttp2_nv fields[] = {field(":method", "POST"), field(":scheme", "https"),
			       field(":path", "/"), field(":authority", "a.example"),
			       field("expect", "100-continue")};
	struct peer peer;

	start(&peer, -1);
	put_headers(&peer, 1, 0, fields, ARRAY_LEN(fields));
	say(&peer);
	ck_assert_int_eq(peer.replies[1].status, 100);
	put_frame(&peer, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "{}", 2);
	say(&peer);
	probe_answer(&peer.probe, 0, "x");
	hear(&peer);
	ck_assert_int_eq(peer.replies[1].status, 200);
	finish(&peer);
}
END_TEST

/* A request with @count more fields of @len bytes each. */
static void put_big_request(struct peer *peer, int32_t stream, size_t count, size_t len)
{
	static char value[65536];
	static nghttp2_nv fields[1024];
	size_t at = 0;

	memset(value, 'v', sizeof(value));
	fields[at++] = field(":method", "GET");
	fields[at++] = field(":scheme", "https");
	fields[at++] = field(":path", "/");
	fields[at++] = field(":authority", "a.example");
	for (size_t i = 0; i < count; i++) {
		fields[at] = field("x-many", "");
		fields[at].value = (uint8_t *)value;
		fields[at++].valuelen = len;
	}
	put_headers(peer, stream, NGHTTP2_FLAG_END_STREAM, fields, at);
}

START_TEST(too_many_headers_are_refused_and_far_too_many_end_the_connection)
{
	struct peer peer;

	start(&peer, -1);
	put_big_request(&peer, 1, REQUEST_HEADERS_MAX - 1, 4);
	put_big_request(&peer, 3, REQUEST_HEADERS_MAX, 4);
	put_big_request(&peer, 5, 10, 3500);
	say(&peer);
	ck_assert_uint_eq(peer.probe.asked_count, 1);
	ck_assert_int_eq(peer.replies[3].status, 431);
	ck_assert_int_eq(peer.replies[5].status, 431);
	ck_assert_uint_eq(peer.goaways, 0);
	put_big_request(&peer, 7, 600, 4);
	say(&peer);
	ck_assert_uint_eq(peer.goaways, 1);
	ck_assert_uint_eq(peer.goaway_code, NGHTTP2_ENHANCE_YOUR_CALM);
	ck_assert(protocol_is_finished(peer.probe.protocol));
	finish(&peer);
}
END_TEST

/* One entry of 4000 bytes in the table, then a reference to it in every byte. */
START_TEST(a_header_bomb_ends_the_connection_at_the_first_bytes)
{
	static uint8_t bomb[16384];
	static char value[4000];
	nghttp2_nv fields[] = {field(":method", "GET"), field(":scheme", "https"),
			       field(":path", "/"), field(":authority", "a.example"),
			       field("x", "")};
	struct peer peer;

	start(&peer, -1);
	memset(value, 'v', sizeof(value));
	fields[4].value = (uint8_t *)value;
	fields[4].valuelen = sizeof(value);
	fields[4].flags = NGHTTP2_NV_FLAG_NONE;
	memset(bomb, 0x80 | 62, sizeof(bomb)); /* the newest entry of the dynamic table */
	put_headers(&peer, 1, NGHTTP2_FLAG_END_STREAM, fields, ARRAY_LEN(fields));
	say(&peer);
	ck_assert_uint_eq(peer.probe.asked_count, 1);
	put_frame(&peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM | NGHTTP2_FLAG_END_HEADERS, 3,
		  bomb, sizeof(bomb));
	say(&peer);
	ck_assert(protocol_is_finished(peer.probe.protocol));
	ck_assert_uint_eq(peer.goaways, 1);
	ck_assert_uint_eq(peer.probe.asked_count, 1);
	finish(&peer);
}
END_TEST

/* --- floods ------------------------------------------------------------------------ */

/* One frame that may be sent for ever. */
static const struct {
	const char *name;
	uint8_t type, flags;
	bool on_stream; /* on an open one */
	size_t len;
	uint8_t payload[16];
} floods[] = {
	{"ping", NGHTTP2_PING, 0, false, 8, {1}},
	{"settings", NGHTTP2_SETTINGS, 0, false, 0, {0}},
	{"settings with a value", NGHTTP2_SETTINGS, 0, false, 6, {0, 3, 0, 0, 0, 9}},
	{"empty data", NGHTTP2_DATA, 0, true, 0, {0}},
	{"data that is padding", NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, true, 4, {3}},
	{"priority", NGHTTP2_PRIORITY, 0, true, 5, {0, 0, 0, 0, 1}},
	{"window of the connection", NGHTTP2_WINDOW_UPDATE, 0, false, 4, {0, 0, 0, 1}},
	{"window of a stream", NGHTTP2_WINDOW_UPDATE, 0, true, 4, {0, 0, 0, 1}},
	{"reset of a closed stream", NGHTTP2_RST_STREAM, 0, false, 4, {0, 0, 0, 8}},
};

START_TEST(every_flood_ends_the_connection_before_it_costs_much)
{
	for (size_t i = 0; i < ARRAY_LEN(floods); i++) {
		struct peer peer;
		int frames = 0;

		start(&peer, -1);
		put_request(&peer, 1, "GET", "/", NGHTTP2_FLAG_END_STREAM);
		put_request(&peer, 3, "POST", "/", 0);
		say(&peer);
		probe_answer(&peer.probe, 0, "x");
		while (frames < 20000 && !protocol_is_finished(peer.probe.protocol)) {
			int32_t stream = floods[i].on_stream ? 3 : 0;

			if (floods[i].type == NGHTTP2_RST_STREAM)
				stream = 1;
			put_frame(&peer, floods[i].type, floods[i].flags, stream, floods[i].payload,
				  floods[i].len);
			say(&peer);
			frames++;
		}
		ck_assert_msg(frames >= 50 && frames <= 1100, "%s: %d frames", floods[i].name,
			      frames);
		ck_assert_msg(peer.goaway_code != NGHTTP2_NO_ERROR, "%s", floods[i].name);
		ck_assert_msg(peer.probe.refused == 1, "%s", floods[i].name);
		finish(&peer);
	}
}
END_TEST

START_TEST(a_peer_that_pings_now_and_then_is_welcome)
{
	static const uint8_t payload[8] = {0};
	struct peer peer;

	start(&peer, -1);
	put_request(&peer, 1, "GET", "/", NGHTTP2_FLAG_END_STREAM);
	for (int i = 0; i < 5000; i++) {
		put_frame(&peer, NGHTTP2_PING, 0, 0, payload, sizeof(payload));
		say(&peer);
		probe_wait(&peer.probe, 100);
	}
	ck_assert_uint_eq(peer.goaways, 0);
	ck_assert_uint_eq(peer.acks, 5001);
	finish(&peer);
}
END_TEST

START_TEST(rapid_resets_end_the_connection_and_leave_no_request)
{
	static const uint8_t cancel[4] = {0, 0, 0, 8};
	struct peer peer;
	int32_t stream = 1;

	start(&peer, -1);
	for (; stream < 4000 && !protocol_is_finished(peer.probe.protocol); stream += 2) {
		put_request(&peer, stream, "GET", "/", NGHTTP2_FLAG_END_STREAM);
		put_frame(&peer, NGHTTP2_RST_STREAM, 0, stream, cancel, 4);
		say(&peer);
		ck_assert_uint_lt(peer.probe.asked_count, PROBE_ASKED_MAX);
	}
	ck_assert_int_lt(stream, 2 * (ALLOWANCE_MAX / PRICE_RESET + 10));
	ck_assert_uint_eq(peer.goaway_code, NGHTTP2_ENHANCE_YOUR_CALM);
	ck_assert_uint_ge(peer.probe.abandoned, peer.probe.asked_count - 1);
	finish(&peer);
}
END_TEST

START_TEST(a_client_that_is_interrupted_may_take_all_its_requests_back)
{
	static const uint8_t cancel[4] = {0, 0, 0, 8};
	struct peer peer;

	start(&peer, -1);
	for (int32_t i = 0; i < 100; i++)
		put_request(&peer, 2 * i + 1, "GET", "/", NGHTTP2_FLAG_END_STREAM);
	for (int32_t i = 0; i < 100; i++)
		put_frame(&peer, NGHTTP2_RST_STREAM, 0, 2 * i + 1, cancel, 4);
	say(&peer);
	ck_assert_uint_eq(peer.probe.abandoned, 100);
	ck_assert_uint_eq(peer.goaways, 0);
	put_request(&peer, 201, "GET", "/", NGHTTP2_FLAG_END_STREAM);
	say(&peer);
	ck_assert_uint_eq(peer.probe.asked_count, 101);
	finish(&peer);
}
END_TEST

/* Not the client resets, it makes us do so: a window that overflows. */
START_TEST(provoked_resets_end_the_connection_too)
{
	static const uint8_t overflow[4] = {0x7f, 0xff, 0xff, 0xff};
	struct peer peer;
	int32_t stream = 1;

	start(&peer, -1);
	for (; stream < 4000 && !protocol_is_finished(peer.probe.protocol); stream += 2) {
		put_request(&peer, stream, "GET", "/", NGHTTP2_FLAG_END_STREAM);
		put_frame(&peer, NGHTTP2_WINDOW_UPDATE, 0, stream, overflow, 4);
		say(&peer);
	}
	ck_assert_int_lt(stream, 2 * (ALLOWANCE_MAX / PRICE_FAULT + 10));
	ck_assert_uint_eq(peer.goaway_code, NGHTTP2_ENHANCE_YOUR_CALM);
	finish(&peer);
}
END_TEST

START_TEST(a_block_in_endless_pieces_ends_the_connection)
{
	struct peer peer;
	int frames = 0;

	start(&peer, -1);
	/* A literal of "x: y", then nothing more in each piece. */
	put_frame(&peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, "\0\1x\1y", 5);
	for (; frames < 5000 && !protocol_is_finished(peer.probe.protocol); frames++) {
		put_frame(&peer, NGHTTP2_CONTINUATION, 0, 1, NULL, 0);
		say(&peer);
	}
	ck_assert_int_lt(frames, 250);
	ck_assert_uint_gt(peer.goaways, 0);
	finish(&peer);
}
END_TEST

START_TEST(stream_ids_must_grow)
{
	struct peer peer;

	start(&peer, -1);
	put_request(&peer, 5, "GET", "/", NGHTTP2_FLAG_END_STREAM);
	put_request(&peer, 3, "GET", "/", NGHTTP2_FLAG_END_STREAM);
	say(&peer);
	ck_assert_uint_eq(peer.goaways, 1);
	ck_assert_uint_eq(peer.goaway_code, NGHTTP2_PROTOCOL_ERROR);
	ck_assert(protocol_is_finished(peer.probe.protocol));
	finish(&peer);
}
END_TEST

START_TEST(another_protocol_is_told_so)
{
	static const char sent[] = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
	struct peer peer;

	peer_init(&peer);
	buf_clear(&peer.out);
	put(&peer.out, sent, sizeof(sent) - 1);
	say(&peer);
	ck_assert_uint_eq(peer.goaway_code, NGHTTP2_PROTOCOL_ERROR);
	ck_assert(protocol_is_finished(peer.probe.protocol));
	finish(&peer);
}
END_TEST

/* --- sizes and times ----------------------------------------------------------------- */

static void put_body(struct peer *peer, int32_t stream, size_t len, bool end)
{
	static const uint8_t bytes[16384];

	while (len > 0) {
		size_t run = len < sizeof(bytes) ? len : sizeof(bytes);

		len -= run;
		put_frame(peer, NGHTTP2_DATA, end && len == 0 ? NGHTTP2_FLAG_END_STREAM : 0, stream,
			  bytes, run);
		say(peer);
	}
}

START_TEST(bodies_have_a_maximum_and_others_go_on)
{
	struct peer peer;

	start(&peer, -1);
	put_request(&peer, 1, "POST", "/", 0);
	put_body(&peer, 1, REQUEST_BODY_MAX, true);
	ck_assert_uint_eq(peer.probe.asked_count, 1);
	ck_assert_uint_eq(peer.probe.asked[0]->request.body_len, REQUEST_BODY_MAX);
	put_request(&peer, 3, "POST", "/", 0);
	put_body(&peer, 3, REQUEST_BODY_MAX + 1, false);
	ck_assert_int_eq(peer.replies[3].status, 413);
	ck_assert(peer.replies[3].ended && !peer.replies[3].reset);
	ck_assert_uint_eq(peer.probe.asked_count, 1);
	put_request(&peer, 5, "GET", "/", NGHTTP2_FLAG_END_STREAM);
	say(&peer);
	ck_assert_uint_eq(peer.probe.asked_count, 2);
	/* The rest is thrown away, but not for ever. */
	put_body(&peer, 3, 3 * REQUEST_BODY_MAX, false);
	ck_assert(!peer.replies[3].reset);
	put_body(&peer, 3, 2 * REQUEST_BODY_MAX, false);
	ck_assert(peer.replies[3].reset);
	ck_assert_uint_eq(peer.replies[3].code, NGHTTP2_NO_ERROR);
	finish(&peer);
}
END_TEST

START_TEST(a_refused_request_that_does_not_end_is_ended)
{
	struct peer peer;

	start(&peer, -1);
	put_request(&peer, 1, "POST", "/", 0);
	put_body(&peer, 1, REQUEST_BODY_MAX + 1, false);
	ck_assert_int_eq(peer.replies[1].status, 413);
	probe_wait(&peer.probe, 31000);
	hear(&peer);
	ck_assert(peer.replies[1].reset);
	ck_assert_uint_eq(peer.replies[1].code, NGHTTP2_NO_ERROR);
	ck_assert_uint_eq(peer.probe.refused, 1);
	ck_assert(protocol_is_idle(peer.probe.protocol));
	finish(&peer);
}
END_TEST

START_TEST(bodies_of_a_connection_have_a_maximum)
{
	struct peer peer;

	start(&peer, -1);
	for (int32_t stream = 1; stream < 11; stream += 2) {
		put_request(&peer, stream, "POST", "/", 0);
		put_body(&peer, stream, REQUEST_BODY_MAX - 100, false);
	}
	ck_assert_int_eq(peer.replies[9].status, 400);
	ck_assert_ptr_nonnull(strstr(peer.replies[9].body, ERROR_THROTTLED));
	ck_assert_int_eq(peer.replies[7].status, 0);
	ck_assert_uint_le(peer.probe.budget.used, HTTP2_BODIES_MAX);
	finish(&peer);
}
END_TEST

START_TEST(a_body_in_drops_is_answered_with_408)
{
	struct peer peer;

	start(&peer, -1);
	put_request(&peer, 1, "POST", "/", 0);
	for (int i = 0; i < 31; i++) {
		put_frame(&peer, NGHTTP2_DATA, 0, 1, "x", 1);
		say(&peer);
		probe_wait(&peer.probe, 1000);
	}
	hear(&peer);
	ck_assert_int_eq(peer.replies[1].status, 408);
	ck_assert(peer.replies[1].ended);
	ck_assert_uint_eq(peer.goaways, 0);
	finish(&peer);
}
END_TEST

START_TEST(an_answer_that_is_not_read_is_given_up)
{
	struct peer peer;

	start(&peer, 0);
	put_request(&peer, 1, "GET", "/", NGHTTP2_FLAG_END_STREAM);
	say(&peer);
	probe_answer(&peer.probe, 0, "hello");
	hear(&peer);
	ck_assert_int_eq(peer.replies[1].status, 200);
	ck_assert_uint_eq(peer.replies[1].body_len, 0);
	ck_assert_uint_eq(protocol_backlog(peer.probe.protocol), 5);
	probe_wait(&peer.probe, 29000);
	hear(&peer);
	ck_assert(!peer.replies[1].reset);
	probe_wait(&peer.probe, 2000);
	hear(&peer);
	ck_assert(peer.replies[1].reset);
	ck_assert_uint_eq(protocol_backlog(peer.probe.protocol), 0);
	ck_assert(protocol_is_idle(peer.probe.protocol));
	finish(&peer);
}
END_TEST

/* Windows of one byte a second: progress, but not enough of it. */
START_TEST(an_answer_that_is_read_in_drops_is_given_up)
{
	static const uint8_t one[4] = {0, 0, 0, 1};
	struct peer peer;

	start(&peer, 0);
	put_request(&peer, 1, "GET", "/", NGHTTP2_FLAG_END_STREAM);
	say(&peer);
	probe_answer(&peer.probe, 0, "a body that is longer than forty bytes, by some");
	for (int i = 0; i < 31; i++) {
		put_frame(&peer, NGHTTP2_WINDOW_UPDATE, 0, 1, one, 4);
		say(&peer);
		probe_wait(&peer.probe, 1000);
	}
	hear(&peer);
	ck_assert(peer.replies[1].reset);
	finish(&peer);
}
END_TEST

START_TEST(a_large_answer_through_small_windows_arrives)
{
	static const uint8_t window[4] = {0, 0, 0x20, 0}; /* 8 KiB */
	const size_t size = 12u << 20;
	struct exchange *exchange;
	struct peer peer;
	struct err err = ERR_INIT;
	uint8_t *room;

	start(&peer, 65535);
	put_request(&peer, 1, "GET", "/", NGHTTP2_FLAG_END_STREAM);
	say(&peer);
	exchange = peer.probe.asked[0];
	ASSERT_OK(buf_reserve(&exchange->response.body, size, &room, &err), &err);
	memset(room, 'x', size);
	buf_added(&exchange->response.body, size);
	probe_answer(&peer.probe, 0, "");
	hear(&peer);
	for (int i = 0; i < 2000 && !peer.replies[1].ended; i++) {
		put_frame(&peer, NGHTTP2_WINDOW_UPDATE, 0, 1, window, 4);
		put_frame(&peer, NGHTTP2_WINDOW_UPDATE, 0, 0, window, 4);
		say(&peer);
	}
	ck_assert_uint_eq(peer.goaways, 0);
	ck_assert(peer.replies[1].ended);
	ck_assert_uint_eq(peer.replies[1].body_len, size);
	finish(&peer);
}
END_TEST

START_TEST(a_head_that_does_not_end_ends_the_connection)
{
	struct peer peer;

	start(&peer, -1);
	put_frame(&peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, "\0\1x\1y", 5);
	say(&peer);
	probe_wait(&peer.probe, 10000);
	ck_assert(!protocol_is_finished(peer.probe.protocol));
	probe_wait(&peer.probe, 1);
	hear(&peer);
	ck_assert_uint_eq(peer.goaways, 1);
	ck_assert(protocol_is_finished(peer.probe.protocol));
	finish(&peer);
}
END_TEST

START_TEST(an_idle_connection_is_told_to_go)
{
	static const uint8_t payload[8] = {0};
	struct peer peer;

	start(&peer, -1);
	probe_wait(&peer.probe, 59000);
	/* Pings are no requests. */
	put_frame(&peer, NGHTTP2_PING, 0, 0, payload, sizeof(payload));
	say(&peer);
	ck_assert_uint_eq(peer.goaways, 0);
	probe_wait(&peer.probe, 1001);
	hear(&peer);
	ck_assert_uint_eq(peer.goaways, 1);
	ck_assert_uint_eq(peer.goaway_code, NGHTTP2_NO_ERROR);
	ck_assert(protocol_is_finished(peer.probe.protocol));
	ck_assert_uint_eq(peer.probe.refused, 0);
	finish(&peer);
}
END_TEST

START_TEST(a_worker_may_take_its_time)
{
	struct peer peer;

	start(&peer, -1);
	put_request(&peer, 1, "GET", "/", NGHTTP2_FLAG_END_STREAM);
	say(&peer);
	probe_wait(&peer.probe, 3600000);
	probe_answer(&peer.probe, 0, "late");
	hear(&peer);
	ck_assert_str_eq(peer.replies[1].body, "late");
	finish(&peer);
}
END_TEST

START_TEST(draining_finishes_what_was_asked_and_says_what_was_not)
{
	struct peer peer;

	start(&peer, -1);
	put_request(&peer, 1, "GET", "/", NGHTTP2_FLAG_END_STREAM);
	say(&peer);
	protocol_drain(peer.probe.protocol);
	hear(&peer);
	/* The first word only warns: what is under way is still taken. */
	ck_assert_uint_eq(peer.goaways, 1);
	ck_assert_int_eq(peer.goaway_last, INT32_MAX);
	put_request(&peer, 3, "GET", "/", NGHTTP2_FLAG_END_STREAM);
	say(&peer);
	ck_assert_uint_eq(peer.probe.asked_count, 2);
	probe_wait(&peer.probe, 250);
	hear(&peer);
	ck_assert_uint_eq(peer.goaways, 2);
	ck_assert_int_eq(peer.goaway_last, 3);
	put_request(&peer, 5, "GET", "/", NGHTTP2_FLAG_END_STREAM);
	say(&peer);
	ck_assert_uint_eq(peer.probe.asked_count, 2);
	ck_assert(!protocol_is_finished(peer.probe.protocol));
	probe_answer(&peer.probe, 0, "x");
	probe_answer(&peer.probe, 1, "y");
	hear(&peer);
	ck_assert_str_eq(peer.replies[3].body, "y");
	ck_assert(protocol_is_finished(peer.probe.protocol));
	finish(&peer);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_request_arrives_as_it_was_sent_and_so_does_its_answer,
		bytes_may_come_one_by_one,
		streams_are_answered_in_any_order_and_have_a_maximum,
		head_is_answered_without_a_body,
		heads_are_judged_as_the_table_says,
		a_length_beyond_all_is_refused_before_the_body,
		a_host_must_come,
		connect_and_trailers_are_refused_by_name,
		permission_to_continue_is_given,
		too_many_headers_are_refused_and_far_too_many_end_the_connection,
		a_header_bomb_ends_the_connection_at_the_first_bytes,
		every_flood_ends_the_connection_before_it_costs_much,
		a_peer_that_pings_now_and_then_is_welcome,
		rapid_resets_end_the_connection_and_leave_no_request,
		a_client_that_is_interrupted_may_take_all_its_requests_back,
		provoked_resets_end_the_connection_too,
		a_block_in_endless_pieces_ends_the_connection,
		stream_ids_must_grow,
		another_protocol_is_told_so,
		bodies_have_a_maximum_and_others_go_on,
		a_refused_request_that_does_not_end_is_ended,
		bodies_of_a_connection_have_a_maximum,
		a_body_in_drops_is_answered_with_408,
		an_answer_that_is_not_read_is_given_up,
		an_answer_that_is_read_in_drops_is_given_up,
		a_large_answer_through_small_windows_arrives,
		a_head_that_does_not_end_ends_the_connection,
		an_idle_connection_is_told_to_go,
		a_worker_may_take_its_time,
		draining_finishes_what_was_asked_and_says_what_was_not,
	};

	return suite_run("gateway/http2", tests, ARRAY_LEN(tests));
}
