/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits of heads, bodies and patience: what is too large or too slow.
 */
#include "gateway/http1_head.h"
#include "tests/unit/gateway/http1_talk.h"

/* A head of @count fields, each value of @len bytes. */
static void make_head(struct buf *head, unsigned count, unsigned len)
{
	struct err err = ERR_INIT;

	ASSERT_OK(buf_printf(head, &err, "GET / HTTP/1.1\r\n" HOST), &err);
	for (unsigned i = 0; i < count; i++)
		ASSERT_OK(buf_printf(head, &err, "h%u: %0*d\r\n", i, (int)len, 0), &err);
	ASSERT_OK(buf_append_text(head, "\r\n", &err), &err);
}

static int status_of_head(unsigned count, unsigned len)
{
	struct probe probe;
	struct buf head;
	int status;

	buf_init(&head, 1 << 20);
	make_head(&head, count, len);
	start(&probe);
	converse(&probe, (const char *)head.data, head.len, SIZE_MAX);
	status = last_status(probe_text(&probe));
	probe_done(&probe);
	buf_done(&head);
	return status;
}

START_TEST(headers_have_a_maximum_in_number_and_bytes)
{
	ck_assert_int_eq(status_of_head(REQUEST_HEADERS_MAX - 1, 10), 200);
	ck_assert_int_eq(status_of_head(REQUEST_HEADERS_MAX, 10), 431);
	ck_assert_int_eq(status_of_head(1, REQUEST_HEADER_BYTES_MAX - 100), 200);
	ck_assert_int_eq(status_of_head(1, REQUEST_HEADER_BYTES_MAX), 431);
	ck_assert_int_eq(status_of_head(60, 4000), 431);
}
END_TEST

START_TEST(a_target_has_a_maximum)
{
	struct probe probe;
	struct buf head;
	struct err err = ERR_INIT;

	buf_init(&head, 1 << 20);
	ASSERT_OK(buf_printf(&head, &err, "GET /?%0*d HTTP/1.1\r\n" HOST "\r\n",
			     REQUEST_HEADER_BYTES_MAX + 1, 0),
		  &err);
	start(&probe);
	converse(&probe, (const char *)head.data, head.len, SIZE_MAX);
	ck_assert_int_eq(last_status(probe_text(&probe)), 414);
	probe_done(&probe);
	buf_done(&head);
}
END_TEST

START_TEST(an_endless_line_is_not_collected)
{
	struct probe probe;
	char bytes[4096];

	memset(bytes, 'A', sizeof(bytes));
	start(&probe);
	for (size_t i = 0; i <= HTTP1_HEAD_MAX; i += sizeof(bytes))
		converse(&probe, bytes, sizeof(bytes), SIZE_MAX);
	ck_assert_int_eq(last_status(probe_text(&probe)), 431);
	ck_assert(protocol_is_finished(probe.protocol));
	probe_done(&probe);
}
END_TEST

/* Send a body of @len bytes in @chunk pieces (0: counted); the status. */
static int status_of_body(size_t len, size_t chunk)
{
	static char bytes[65536];
	struct probe probe;
	struct buf head;
	struct err err = ERR_INIT;
	int status;

	buf_init(&head, 4096);
	start(&probe);
	if (chunk == 0)
		ASSERT_OK(buf_printf(&head, &err,
				     "POST / HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", len),
			  &err);
	else
		ASSERT_OK(buf_append_text(&head,
					  "POST / HTTP/1.1\r\n" HOST
					  "Transfer-Encoding: chunked\r\n\r\n",
					  &err),
			  &err);
	converse(&probe, (const char *)head.data, head.len, SIZE_MAX);
	for (size_t at = 0; at < len && probe.sent.len == 0;) {
		size_t max = chunk ? chunk : sizeof(bytes);
		size_t run = len - at < max ? len - at : max;

		if (chunk) {
			buf_clear(&head);
			ASSERT_OK(buf_printf(&head, &err, "%zx\r\n", run), &err);
			converse(&probe, (const char *)head.data, head.len, SIZE_MAX);
		}
		converse(&probe, bytes, run, SIZE_MAX);
		if (chunk)
			converse(&probe, "\r\n", 2, SIZE_MAX);
		at += run;
	}
	if (chunk)
		converse(&probe, "0\r\n\r\n", 5, SIZE_MAX);
	status = last_status(probe_text(&probe));
	probe_done(&probe);
	buf_done(&head);
	return status;
}

START_TEST(bodies_have_a_maximum)
{
	ck_assert_int_eq(status_of_body(REQUEST_BODY_MAX, 0), 200);
	ck_assert_int_eq(status_of_body(REQUEST_BODY_MAX + 1, 0), 413);
	ck_assert_int_eq(status_of_body(REQUEST_BODY_MAX, 60000), 200);
	ck_assert_int_eq(status_of_body(REQUEST_BODY_MAX + 1, 60000), 413);
}
END_TEST

START_TEST(bodies_of_all_connections_have_a_maximum)
{
	static const char sent[] =
		"POST / HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\n0123456789";
	struct probe probe;

	start(&probe);
	probe.budget.max = 10;
	converse(&probe, sent, sizeof(sent) - 1, SIZE_MAX);
	ck_assert_uint_eq(probe.budget.used, 10);
	converse(&probe, "x", 1, 1);
	ck_assert_ptr_nonnull(strstr(probe_text(&probe), ERROR_THROTTLED));
	ck_assert_int_eq(last_status(probe_text(&probe)), 400);
	probe_done(&probe);
}
END_TEST

START_TEST(a_head_in_drops_is_answered_with_408)
{
	struct probe probe;

	start(&probe);
	converse(&probe, "GET / HT", 8, SIZE_MAX);
	probe_wait(&probe, 9000);
	converse(&probe, "TP", 2, SIZE_MAX);
	probe_drain(&probe);
	ck_assert_str_eq(probe_text(&probe), "");
	probe_wait(&probe, 1001); /* from the first byte, not from the last */
	probe_drain(&probe);
	ck_assert_int_eq(last_status(probe_text(&probe)), 408);
	ck_assert(protocol_is_finished(probe.protocol));
	probe_done(&probe);
}
END_TEST

START_TEST(a_body_in_drops_is_answered_with_408)
{
	static const char head[] = "POST / HTTP/1.1\r\n" HOST "Content-Length: 200000\r\n\r\n";
	static const char part[82000];
	struct probe probe;

	start(&probe);
	converse(&probe, head, sizeof(head) - 1, SIZE_MAX);
	for (int i = 0; i < 30; i++) {
		converse(&probe, "x", 1, 1);
		probe_wait(&probe, 1000);
	}
	/* Bytes buy time: 82000 of them ten seconds. */
	converse(&probe, part, sizeof(part), SIZE_MAX);
	probe_wait(&probe, 9000);
	probe_drain(&probe);
	ck_assert_str_eq(probe_text(&probe), "");
	probe_wait(&probe, 1500);
	probe_drain(&probe);
	ck_assert_int_eq(last_status(probe_text(&probe)), 408);
	probe_done(&probe);
}
END_TEST

START_TEST(an_idle_connection_ends_without_a_word)
{
	struct probe probe;

	start(&probe);
	probe_wait(&probe, 60000);
	ck_assert(!protocol_is_finished(probe.protocol));
	ck_assert(protocol_is_idle(probe.protocol));
	probe_wait(&probe, 1);
	probe_drain(&probe);
	ck_assert(protocol_is_finished(probe.protocol));
	ck_assert_str_eq(probe_text(&probe), "");
	probe_done(&probe);
}
END_TEST

START_TEST(a_worker_may_take_its_time)
{
	static const char sent[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
	struct probe probe;

	start(&probe);
	(void)protocol_receive(probe.protocol, (const uint8_t *)sent, sizeof(sent) - 1);
	probe_wait(&probe, 3600000);
	ck_assert(!protocol_is_finished(probe.protocol));
	ck_assert(!protocol_is_idle(probe.protocol));
	probe_answer(&probe, 0, "late");
	ck_assert_int_eq(last_status(probe_text(&probe)), 200);
	ck_assert(!protocol_is_finished(probe.protocol));
	probe_done(&probe);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		headers_have_a_maximum_in_number_and_bytes,
		a_target_has_a_maximum,
		an_endless_line_is_not_collected,
		bodies_have_a_maximum,
		bodies_of_all_connections_have_a_maximum,
		a_head_in_drops_is_answered_with_408,
		a_body_in_drops_is_answered_with_408,
		an_idle_connection_ends_without_a_word,
		a_worker_may_take_its_time,
	};

	return suite_run("gateway/http1_limits", tests, ARRAY_LEN(tests));
}
