/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests and answers over HTTP/1.1: a table of what clients send, right and wrong, and
 * what becomes of their connections.
 */
#include "tests/unit/gateway/http1_talk.h"

static unsigned count_text(const char *text, const char *word)
{
	unsigned count = 0;

	for (text = strstr(text, word); text; text = strstr(text + 1, word))
		count++;
	return count;
}

/* What each client sends, how many requests it is, and how the last answer begins. */
static const struct exchange_case {
	const char *name, *sent;
	unsigned requests;
	int status;	  /* of the last answer; 0: none */
	bool stays;	  /* the connection goes on */
	const char *type; /* x-amzn-errortype of a refusal */
} cases[] = {
	/* well-formed */
	{"get", "GET /a HTTP/1.1\r\n" HOST "\r\n", 1, 200, true, NULL},
	{"post", "POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", 1, 200, true, NULL},
	{"empty post", "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 1, 200, true, NULL},
	{"chunked",
	 "POST / HTTP/1.1\r\n" HOST
	 "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
	 1, 200, true, NULL},
	{"chunked in capitals",
	 "POST / HTTP/1.1\r\n" HOST
	 "TRANSFER-ENCODING: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
	 1, 200, true, NULL},
	{"pipelined", "GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n", 2, 200,
	 true, NULL},
	{"pipelined behind a body",
	 "POST /1 HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\n" HOST "\r\n",
	 2, 200, true, NULL},
	{"an empty line in front", "\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 1, 200, true, NULL},
	{"close", "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 1, 200, false, NULL},
	{"nothing behind close",
	 "GET /1 HTTP/1.1\r\n" HOST "Connection: close\r\n\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n", 1,
	 200, false, NULL},
	{"http/1.0", "GET / HTTP/1.0\r\n\r\n", 1, 200, false, NULL},
	{"absolute target", "GET http://a.example/x HTTP/1.1\r\n" HOST "\r\n", 1, 200, true, NULL},
	{"host with port", "GET / HTTP/1.1\r\nHost: localhost:8443\r\n\r\n", 1, 200, true, NULL},
	{"host is an address", "GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", 1, 200, true, NULL},
	{"space around a value", "GET / HTTP/1.1\r\nHost: \t a.example \t\r\n\r\n", 1, 200, true,
	 NULL},
	{"upgrade is ignored",
	 "GET / HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 1, 200, true,
	 NULL},
	{"options star", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 1, 200, true, NULL},
	{"half a head", "GET / HTTP/1.1\r\nHos", 0, 0, true, NULL},
	{"half a body", "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nab", 0, 0, true, NULL},
	/* hosts */
	{"no host", "GET / HTTP/1.1\r\n\r\n", 0, 400, false, ERROR_BAD_REQUEST},
	{"two hosts", "GET / HTTP/1.1\r\n" HOST "Host: b.example\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"two equal hosts", "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0, 400, false, ERROR_BAD_REQUEST},
	{"host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"hosts in one line", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"target of another host", "GET http://b.example/ HTTP/1.1\r\n" HOST "\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	/* two framings: what smuggling is made of */
	{"two lengths",
	 "POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc", 0, 400,
	 false, ERROR_BAD_REQUEST},
	{"two equal lengths",
	 "POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", 0, 400,
	 false, ERROR_BAD_REQUEST},
	{"lengths in one line", "POST / HTTP/1.1\r\n" HOST "Content-Length: 2, 2\r\n\r\nab", 0, 400,
	 false, ERROR_BAD_REQUEST},
	{"length and chunked",
	 "POST / HTTP/1.1\r\n" HOST
	 "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	 0, 400, false, ERROR_BAD_REQUEST},
	{"chunked and length",
	 "POST / HTTP/1.1\r\n" HOST
	 "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
	 0, 400, false, ERROR_BAD_REQUEST},
	{"chunked twice",
	 "POST / HTTP/1.1\r\n" HOST
	 "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	 0, 400, false, ERROR_BAD_REQUEST},
	{"identity", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n", 0, 400,
	 false, ERROR_BAD_REQUEST},
	{"gzip, chunked",
	 "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 0, 400,
	 false, ERROR_BAD_REQUEST},
	{"chunked, identity",
	 "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 0, 400,
	 false, ERROR_BAD_REQUEST},
	{"xchunked", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 0,
	 400, false, ERROR_BAD_REQUEST},
	{"chunked in http/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0,
	 400, false, ERROR_BAD_REQUEST},
	{"signed length", "POST / HTTP/1.1\r\n" HOST "Content-Length: +2\r\n\r\nab", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"negative length", "POST / HTTP/1.1\r\n" HOST "Content-Length: -2\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"hexadecimal length", "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x2\r\n\r\nab", 0, 400,
	 false, ERROR_BAD_REQUEST},
	{"empty length", "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"length with a space in it", "POST / HTTP/1.1\r\n" HOST "Content-Length: 1 2\r\n\r\n", 0,
	 400, false, ERROR_BAD_REQUEST},
	{"length of the world", "POST / HTTP/1.1\r\n" HOST "Content-Length: 9999999999\r\n\r\n", 0,
	 413, false, ERROR_TOO_LARGE},
	{"length past 64 bits",
	 "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551618\r\n\r\n", 0, -4, false,
	 NULL},
	/* lines */
	{"bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", 0, 400, false, ERROR_BAD_REQUEST},
	{"one bare line feed", "GET / HTTP/1.1\r\n" HOST "A: b\nC: d\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"bare carriage return", "GET / HTTP/1.1\r\n" HOST "A: b\rC: d\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"folded line", "GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"folded by a tab", "GET / HTTP/1.1\r\n" HOST "A: b\r\n\tc\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"folded first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"space in a name", "GET / HTTP/1.1\r\n" HOST "A B: c\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"parenthesis in a name", "GET / HTTP/1.1\r\n" HOST "A(B: c\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"high byte in a name", "GET / HTTP/1.1\r\n" HOST "A\302\240: c\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"no colon", "GET / HTTP/1.1\r\n" HOST "nonsense\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"no name", "GET / HTTP/1.1\r\n" HOST ": c\r\n\r\n", 0, 400, false, ERROR_BAD_REQUEST},
	{"control character", "GET / HTTP/1.1\r\n" HOST "A: \001\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"delete character", "GET / HTTP/1.1\r\n" HOST "A: \177\r\n\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"empty lines", "\r\n\r\n\r\n", 0, 400, false, ERROR_BAD_REQUEST},
	/* request lines */
	{"unknown method", "FLY / HTTP/1.1\r\n" HOST "\r\n", 0, 400, false, ERROR_BAD_REQUEST},
	{"connect", "CONNECT a.example:443 HTTP/1.1\r\n" HOST "\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"http/2.0", "GET / HTTP/2.0\r\n" HOST "\r\n", 0, 400, false, ERROR_BAD_REQUEST},
	{"http/1.2", "GET / HTTP/1.2\r\n" HOST "\r\n", 0, 400, false, ERROR_BAD_REQUEST},
	{"http/0.9", "GET /\r\n\r\n", 0, 400, false, ERROR_BAD_REQUEST},
	{"preface of http/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, 400, false, ERROR_BAD_REQUEST},
	{"no slash", "GET a HTTP/1.1\r\n" HOST "\r\n", 0, 400, false, ERROR_BAD_REQUEST},
	{"space in the target", "GET /a b HTTP/1.1\r\n" HOST "\r\n", 0, 400, false,
	 ERROR_BAD_REQUEST},
	{"tls in tls", "\026\003\001\002", 0, 400, false, ERROR_BAD_REQUEST},
	/* chunks */
	{"chunk extension",
	 "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1;a=b\r\n{\r\n0\r\n\r\n", 0,
	 400, false, ERROR_BAD_REQUEST},
	{"line feed in a chunk extension",
	 "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1;\nx\r\n{\r\n0\r\n\r\n", 0,
	 400, false, ERROR_BAD_REQUEST},
	{"chunk without a size",
	 "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n\r\n{\r\n0\r\n\r\n", 0, 400,
	 false, ERROR_BAD_REQUEST},
	{"signed chunk size",
	 "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n+1\r\n{\r\n0\r\n\r\n", 0,
	 400, false, ERROR_BAD_REQUEST},
	{"chunk size with 0x",
	 "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0x1\r\n{\r\n0\r\n\r\n", 0,
	 400, false, ERROR_BAD_REQUEST},
	{"bare line feed behind a chunk size",
	 "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\n{\r\n0\r\n\r\n", 0, 400,
	 false, ERROR_BAD_REQUEST},
	{"chunk longer than its size",
	 "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n", 0,
	 400, false, ERROR_BAD_REQUEST},
	{"bare line feed behind a chunk",
	 "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1\r\n{\n0\r\n\r\n", 0, 400,
	 false, ERROR_BAD_REQUEST},
	{"huge chunk",
	 "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 0,
	 413, false, ERROR_TOO_LARGE},
	{"trailer",
	 "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n", 0, 400,
	 false, ERROR_BAD_REQUEST},
	/* expectations */
	{"another expectation", "POST / HTTP/1.1\r\n" HOST "Expect: miracles\r\n\r\n", 0, 417,
	 false, ERROR_EXPECTATION},
};

static void check_case(const struct exchange_case *row, size_t step)
{
	struct probe probe;
	int status;

	start(&probe);
	converse(&probe, row->sent, strlen(row->sent), step);
	status = last_status(probe_text(&probe));
	ck_assert_msg(probe.asked_count == row->requests, "%s (step %zu): %zu requests", row->name,
		      step, probe.asked_count);
	ck_assert_msg(row->status >= 0 ? status == row->status : status / 100 == -row->status,
		      "%s (step %zu): status %d", row->name, step, status);
	ck_assert_msg(protocol_is_finished(probe.protocol) == !row->stays, "%s (step %zu): %s",
		      row->name, step, row->stays ? "closed" : "still open");
	if (row->type) {
		ck_assert_msg(strstr(probe_text(&probe), row->type), "%s: %s", row->name,
			      probe_text(&probe));
		ck_assert_ptr_nonnull(strstr(probe_text(&probe), "connection: close\r\n"));
		ck_assert_ptr_nonnull(strstr(probe_text(&probe), "{\"__type\":\""));
		ck_assert_uint_eq(probe.refused, 1);
	}
	probe_done(&probe);
}

START_TEST(every_case_ends_as_the_table_says_however_its_bytes_are_cut)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		check_case(&cases[i], SIZE_MAX);
		check_case(&cases[i], 1);
		check_case(&cases[i], 7);
	}
}
END_TEST

START_TEST(a_nul_byte_is_refused)
{
	static const char sent[] = "GET / HTTP/1.1\r\n" HOST "A: b\0c\r\n\r\n";
	struct probe probe;

	start(&probe);
	converse(&probe, sent, sizeof(sent) - 1, SIZE_MAX);
	ck_assert_int_eq(last_status(probe_text(&probe)), 400);
	ck_assert_uint_eq(probe.asked_count, 0);
	probe_done(&probe);
}
END_TEST

START_TEST(a_request_arrives_as_it_was_sent)
{
	static const char sent[] = "POST /a%20b?X=%31&y HTTP/1.1\r\nHOST: a.example\r\n"
				   "X-Amz-Target:  T.Op \r\nx-dup: 1\r\nX-Dup: 2\r\n"
				   "Empty:\r\nContent-Length: 4\r\n\r\n{\0\n}";
	const struct request *request;
	struct probe probe;

	start(&probe);
	(void)protocol_receive(probe.protocol, (const uint8_t *)sent, sizeof(sent) - 1);
	ck_assert_uint_eq(probe.asked_count, 1);
	request = &probe.asked[0]->request;
	ck_assert_str_eq(request->method, "POST");
	ck_assert_str_eq(request->path, "/a%20b");
	ck_assert_str_eq(request->query, "X=%31&y");
	ck_assert_str_eq(request_header(request, "x-amz-target"), "T.Op");
	ck_assert_str_eq(request_header(request, "x-dup"), "1");
	ck_assert_str_eq(request_header(request, "empty"), "");
	ck_assert_ptr_null(request_header(request, "absent"));
	ck_assert_uint_eq(request->header_count, 6);
	ck_assert_str_eq(request->headers[3].value, "2");
	ck_assert_uint_eq(request->body_len, 4);
	ck_assert_mem_eq(request->body, "{\0\n}", 4);
	ck_assert_int_eq(request->http_major, 1);
	ck_assert_str_eq(request->peer, "192.0.2.1:40000");
	ck_assert_uint_eq(strlen(request->id), 36);
	probe_done(&probe);
}
END_TEST

START_TEST(an_answer_has_its_headers)
{
	static const char sent[] = "GET /x HTTP/1.1\r\n" HOST "\r\n";
	char id[64];
	struct probe probe;

	start(&probe);
	(void)protocol_receive(probe.protocol, (const uint8_t *)sent, sizeof(sent) - 1);
	(void)snprintf(id, sizeof(id), "x-amzn-requestid: %s\r\n", probe.asked[0]->request.id);
	probe.asked[0]->response.headers[0] = (struct header){"x-extra", "1"};
	probe.asked[0]->response.headers[1] = (struct header){"x-bad", "1\r\nx-forged: 1"};
	probe.asked[0]->response.header_count = 2;
	probe_answer(&probe, 0, "hello");
	ck_assert_int_eq(strncmp(probe_text(&probe), "HTTP/1.1 200 OK\r\n", 17), 0);
	ck_assert_ptr_nonnull(
		strstr(probe_text(&probe), "date: Sun, 30 Aug 2015 12:36:00 GMT\r\n"));
	ck_assert_ptr_nonnull(strstr(probe_text(&probe), "content-length: 5\r\n"));
	ck_assert_ptr_nonnull(strstr(probe_text(&probe), "content-type: text/plain\r\n"));
	ck_assert_ptr_nonnull(strstr(probe_text(&probe), "x-extra: 1\r\n"));
	ck_assert_ptr_null(strstr(probe_text(&probe), "forged"));
	ck_assert_ptr_nonnull(strstr(probe_text(&probe), id));
	ck_assert_ptr_nonnull(strstr(probe_text(&probe), "\r\n\r\nhello"));
	probe_done(&probe);
}
END_TEST

START_TEST(head_is_answered_without_a_body)
{
	static const char sent[] = "HEAD /x HTTP/1.1\r\n" HOST "\r\n";
	struct probe probe;

	start(&probe);
	converse(&probe, sent, sizeof(sent) - 1, SIZE_MAX);
	ck_assert_ptr_nonnull(strstr(probe_text(&probe), "content-length: 2\r\n"));
	ck_assert_str_eq(strstr(probe_text(&probe), "\r\n\r\n"), "\r\n\r\n");
	ck_assert(!protocol_is_finished(probe.protocol));
	probe_done(&probe);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
	static const char sent[] = "GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n";
	const size_t len = sizeof(sent) - 1;
	struct probe probe;
	size_t taken;

	start(&probe);
	taken = protocol_receive(probe.protocol, (const uint8_t *)sent, len);
	/* The second one is not even read before the first is answered. */
	ck_assert_uint_eq(taken, len / 2);
	ck_assert_uint_eq(protocol_receive(probe.protocol, (const uint8_t *)sent + taken, 5), 0);
	ck_assert_uint_eq(probe.asked_count, 1);
	probe_answer(&probe, 0, "first");
	(void)protocol_receive(probe.protocol, (const uint8_t *)sent + taken, len - taken);
	ck_assert_uint_eq(probe.asked_count, 2);
	probe_answer(&probe, 1, "second");
	ck_assert(strstr(probe_text(&probe), "first") < strstr(probe_text(&probe), "second"));
	probe_done(&probe);
}
END_TEST

START_TEST(permission_to_continue_is_given_once_and_only_if_it_is_waited_for)
{
	static const char head[] =
		"POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
	static const char whole[] =
		"POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}";
	static const char too_long[] = "POST / HTTP/1.1\r\n" HOST
				       "Expect: 100-continue\r\nContent-Length: 9000000\r\n\r\n";
	struct probe probe;

	start(&probe);
	converse(&probe, head, sizeof(head) - 1, SIZE_MAX);
	ck_assert_str_eq(probe_text(&probe), "HTTP/1.1 100 Continue\r\n\r\n");
	converse(&probe, "{}", 2, 1);
	ck_assert_uint_eq(count_text(probe_text(&probe), "100 Continue"), 1);
	ck_assert_int_eq(last_status(probe_text(&probe)), 200);
	buf_clear(&probe.sent);
	(void)protocol_receive(probe.protocol, (const uint8_t *)whole, sizeof(whole) - 1);
	probe_answer(&probe, 1, "x");
	ck_assert_uint_eq(count_text(probe_text(&probe), "100 Continue"), 0);
	buf_clear(&probe.sent);
	converse(&probe, too_long, sizeof(too_long) - 1, SIZE_MAX);
	ck_assert_uint_eq(count_text(probe_text(&probe), "100 Continue"), 0);
	ck_assert_int_eq(last_status(probe_text(&probe)), 413);
	probe_done(&probe);
}
END_TEST

START_TEST(draining_finishes_the_open_request_and_no_other)
{
	static const char one[] = "GET /1 HTTP/1.1\r\n" HOST "\r\n";
	struct probe probe;

	start(&probe);
	converse(&probe, one, 10, SIZE_MAX);
	protocol_drain(probe.protocol);
	ck_assert(!protocol_is_finished(probe.protocol));
	converse(&probe, one + 10, sizeof(one) - 11, SIZE_MAX);
	ck_assert_int_eq(last_status(probe_text(&probe)), 200);
	ck_assert_ptr_nonnull(strstr(probe_text(&probe), "connection: close\r\n"));
	ck_assert(protocol_is_finished(probe.protocol));
	converse(&probe, one, sizeof(one) - 1, SIZE_MAX);
	ck_assert_uint_eq(probe.asked_count, 1);
	probe_done(&probe);
	start(&probe);
	protocol_drain(probe.protocol);
	ck_assert(protocol_is_finished(probe.protocol));
	probe_done(&probe);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_case_ends_as_the_table_says_however_its_bytes_are_cut,
		a_nul_byte_is_refused,
		a_request_arrives_as_it_was_sent,
		an_answer_has_its_headers,
		head_is_answered_without_a_body,
		pipelined_requests_are_answered_in_order,
		permission_to_continue_is_given_once_and_only_if_it_is_waited_for,
		draining_finishes_the_open_request_and_no_other,
	};

	return suite_run("gateway/http1", tests, ARRAY_LEN(tests));
}
