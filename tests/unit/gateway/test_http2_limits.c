/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits of bodies and of patience: what is too large, too slow or not read.
 */
#include "tests/unit/gateway/http2_peer.h"

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

int main(void)
{
	const TTest *const tests[] = {
		bodies_have_a_maximum_and_others_go_on,
		a_refused_request_that_does_not_end_is_ended,
		bodies_of_a_connection_have_a_maximum,
		a_body_in_drops_is_answered_with_408,
		an_answer_that_is_not_read_is_given_up,
		an_answer_that_is_read_in_drops_is_given_up,
		a_head_that_does_not_end_ends_the_connection,
		an_idle_connection_is_told_to_go,
	};

	return suite_run("gateway/http2_limits", tests, ARRAY_LEN(tests));
}
