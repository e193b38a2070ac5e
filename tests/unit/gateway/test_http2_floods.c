/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What costs a peer little and would cost us much: each flood ends its connection, and
 * peers that only look like one do not.
 */
#include "gateway/allowance.h"
#include "tests/unit/gateway/http2_peer.h"

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

int main(void)
{
	const TTest *const tests[] = {
		too_many_headers_are_refused_and_far_too_many_end_the_connection,
		a_header_bomb_ends_the_connection_at_the_first_bytes,
		every_flood_ends_the_connection_before_it_costs_much,
		a_peer_that_pings_now_and_then_is_welcome,
		rapid_resets_end_the_connection_and_leave_no_request,
		a_client_that_is_interrupted_may_take_all_its_requests_back,
		provoked_resets_end_the_connection_too,
		a_block_in_endless_pieces_ends_the_connection,
		stream_ids_must_grow,
	};

	return suite_run("gateway/http2_floods", tests, ARRAY_LEN(tests));
}
