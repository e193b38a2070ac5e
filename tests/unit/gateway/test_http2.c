/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests and answers over HTTP/2: what arrives, in which order, how heads are judged.
 */
#include "tests/unit/gateway/http2_peer.h"

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
		another_protocol_is_told_so,
		a_large_answer_through_small_windows_arrives,
		a_worker_may_take_its_time,
		draining_finishes_what_was_asked_and_says_what_was_not,
	};

	return suite_run("gateway/http2", tests, ARRAY_LEN(tests));
}
