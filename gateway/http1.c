/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request at a time, in order:
 *
 *     HEAD -> BODY -> WAITING -> SENDING -> HEAD ...
 *
 * A pipelined request waits unread until the answer before it is produced, so
 * answers cannot change places and a peer cannot pile up requests. After a fault
 * of the peer nothing behind it can be trusted to be a request: the fault is
 * answered and the connection ends. So it does when an answer leaves before the
 * request's body was read to its end.
 */
#include "gateway/http1.h"

#include <string.h>

#include "core/clock.h"
#include "gateway/exec_stream.h"
#include "gateway/http1_body.h"
#include "gateway/http1_head.h"

/* Status lines, headers and "100 Continue" that wait to be produced. */
#define HEAD_OUT_MAX 65536

enum http1_state {
	HTTP1_HEAD,    /* receiving a head, or idle before its first byte (no exchange yet) */
	HTTP1_BODY,    /* receiving a body */
	HTTP1_WAITING, /* the host works on the request */
	HTTP1_SENDING, /* the answer is being produced */
	HTTP1_CHANGED, /* what follows is another protocol's */
	HTTP1_OVER,    /* nothing follows */
};

struct http1 {
	struct protocol protocol;
	enum http1_state state;
	struct http1_scan scan;
	struct http1_head head;
	struct http1_body body;
	struct buf out;		   /* heads of answers */
	struct exchange *exchange; /* ours while receiving and sending */
	bool draining;
	int64_t idle_since_ms;
};

static const struct {
	int status;
	const char *phrase;
} phrases[] = {
	{200, "OK"},
	{400, "Bad Request"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{408, "Request Timeout"},
	{413, "Content Too Large"},
	{414, "URI Too Long"},
	{417, "Expectation Failed"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{503, "Service Unavailable"},
};

/* The phrase means nothing to a client: an unlisted status may go without. */
static const char *phrase_of(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(phrases); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "";
}

/* Begin the answer of the exchange that we own. */
static void start_sending(struct http1 *http1)
{
	const struct exchange *exchange = http1->exchange;
	struct exchange_headers headers;
	struct err err;
	int failed;

	if (http1->draining || !exchange->complete || exchange->failed)
		http1->head.keep_alive = false;
	exchange_answer_headers(exchange, &headers);
	failed = buf_printf(&http1->out, &err, "HTTP/1.1 %d %s\r\n", exchange->response.status,
			    phrase_of(exchange->response.status));
	for (size_t i = 0; i < headers.count; i++)
		failed |= buf_printf(&http1->out, &err, "%s: %s\r\n", headers.list[i].name,
				     headers.list[i].value);
	failed |= buf_printf(&http1->out, &err, "%s\r\n",
			     http1->head.keep_alive ? "" : "connection: close\r\n");
	http1->state = HTTP1_SENDING;
	http1->exchange->phase_ms = clock_boot_ms();
	if (failed) {
		/* Out of memory: half an answer would be worse than none. */
		buf_clear(&http1->out);
		http1->state = HTTP1_OVER;
	}
}

/* The peer broke a rule; the exchange holds the answer already. */
static void refuse(struct http1 *http1)
{
	struct protocol_host *host = &http1->protocol.host;

	host->refused(host->ctx, http1->exchange->response.headers[0].value);
	start_sending(http1);
}

static void hand_over(struct http1 *http1)
{
	struct protocol_host *host = &http1->protocol.host;
	struct exchange *exchange = STEAL(http1->exchange, NULL);

	exchange_complete(exchange);
	http1->state = HTTP1_WAITING;
	host->request(host->ctx, exchange);
}

/* A head without a body that asks for a command's session. */
static bool change_protocol(struct http1 *http1)
{
	struct protocol_host *host = &http1->protocol.host;
	struct protocol *next = NULL;

	if (!http1->head.chunked && http1->head.content_length == 0)
		next = exec_stream_new(host, &http1->exchange->request);
	if (!next)
		return false;
	http1->state = HTTP1_CHANGED;
	host->upgrade(host->ctx, next);
	return true;
}

static void head_complete(struct http1 *http1, bool more_follows)
{
	struct err err;

	if (http1_head_parse(&http1->scan, http1->exchange, &http1->head) < 0) {
		refuse(http1);
		return;
	}
	http1_scan_clear(&http1->scan);
	if (change_protocol(http1))
		return;
	if (http1->head.chunked)
		http1_body_start_chunked(&http1->body);
	else
		http1_body_start_counted(&http1->body, http1->head.content_length);
	http1->state = HTTP1_BODY;
	http1->exchange->phase_ms = clock_boot_ms();
	/* A client that does not wait for permission needs none. */
	if (http1->head.expects_continue && http1->body.state != HTTP1_BODY_END && !more_follows &&
	    buf_append_text(&http1->out, "HTTP/1.1 100 Continue\r\n\r\n", &err) < 0) {
		exchange_throttle(http1->exchange);
		refuse(http1);
	}
}

static size_t receive_head(struct http1 *http1, const uint8_t *bytes, size_t len)
{
	struct protocol_host *host = &http1->protocol.host;
	const char *why = "";
	size_t taken = len;

	if (!http1->exchange) {
		http1->head = (struct http1_head){.keep_alive = false};
		http1->exchange = exchange_new(host->budget, 1, host->peer);
	}
	switch (http1_scan_add(&http1->scan, bytes, len, &taken, &why)) {
	case HTTP1_SCAN_MORE:
		break;
	case HTTP1_SCAN_COMPLETE:
		head_complete(http1, taken < len);
		break;
	case HTTP1_SCAN_BAD:
		exchange_fail(http1->exchange, 400, ERROR_BAD_REQUEST, why);
		refuse(http1);
		break;
	case HTTP1_SCAN_LONG:
		exchange_fail(http1->exchange, 431, ERROR_HEADERS_TOO_BIG,
			      "The request head is too long.");
		refuse(http1);
		break;
	}
	return taken;
}

static size_t http1_receive(struct protocol *protocol, const uint8_t *bytes, size_t len)
{
	struct http1 *http1 = (struct http1 *)protocol;
	size_t at = 0;

	while (at < len || http1->state == HTTP1_BODY) {
		size_t taken = 0;

		if (http1->state == HTTP1_HEAD && (http1->exchange || !http1->draining)) {
			at += receive_head(http1, bytes + at, len - at);
			continue;
		}
		if (http1->state != HTTP1_BODY)
			break;
		if (http1_body_add(&http1->body, http1->exchange, bytes + at, len - at, &taken) < 0)
			refuse(http1);
		at += taken;
		if (http1->state == HTTP1_BODY && http1->body.state == HTTP1_BODY_END)
			hand_over(http1);
		else if (at == len)
			break;
	}
	/* Behind the last request nothing is read any more. */
	if (http1->state == HTTP1_OVER ||
	    (http1->state == HTTP1_SENDING && !http1->head.keep_alive))
		return len;
	return at;
}

static void answer_produced(struct http1 *http1)
{
	exchange_free(STEAL(http1->exchange, NULL));
	http1_scan_clear(&http1->scan);
	http1->idle_since_ms = clock_boot_ms();
	http1->state = http1->head.keep_alive && !http1->draining ? HTTP1_HEAD : HTTP1_OVER;
}

static int http1_produce(struct protocol *protocol, struct buf *out, size_t enough, struct err *err)
{
	struct http1 *http1 = (struct http1 *)protocol;
	struct exchange *exchange = http1->exchange;
	const struct buf *body;
	size_t run;

	if (http1->out.len > 0) {
		if (buf_append(out, http1->out.data, http1->out.len, err) < 0)
			return -1;
		buf_done(&http1->out);
	}
	if (http1->state != HTTP1_SENDING)
		return 0;
	body = &exchange->response.body;
	run = exchange_answer_has_body(exchange) ? body->len - exchange->sent : 0;
	if (out->len >= enough)
		return 0;
	if (run > enough - out->len)
		run = enough - out->len;
	if (run > 0 && buf_append(out, body->data + exchange->sent, run, err) < 0)
		return -1;
	exchange->sent += run;
	if (exchange->sent == body->len || !exchange_answer_has_body(exchange))
		answer_produced(http1);
	return 0;
}

static void http1_respond(struct protocol *protocol, struct exchange *exchange)
{
	struct http1 *http1 = (struct http1 *)protocol;

	http1->exchange = exchange;
	start_sending(http1);
}

static void http1_drain(struct protocol *protocol)
{
	struct http1 *http1 = (struct http1 *)protocol;

	/* A request that has begun is still taken. */
	if (http1->state == HTTP1_HEAD && !http1->exchange)
		http1->state = HTTP1_OVER;
	http1->draining = true;
}

static void time_out(struct http1 *http1, const char *message)
{
	exchange_fail(http1->exchange, 408, ERROR_TIMEOUT, message);
	refuse(http1);
}

static void http1_tick(struct protocol *protocol, int64_t now)
{
	struct http1 *http1 = (struct http1 *)protocol;
	const struct protocol_limits *limits = protocol->host.limits;
	const struct exchange *exchange = http1->exchange;
	int64_t bytes;

	if (http1->state == HTTP1_HEAD && !exchange) {
		if (now - http1->idle_since_ms > limits->idle_ms)
			http1->state = HTTP1_OVER;
	} else if (http1->state == HTTP1_HEAD) {
		if (now - exchange->started_ms > limits->header_ms)
			time_out(http1, "The request head did not arrive in time.");
	} else if (http1->state == HTTP1_BODY) {
		bytes = (int64_t)exchange->body.len;
		if (now - exchange->phase_ms >
		    limits->body_ms + bytes * 1000 / limits->rate_bytes_s)
			time_out(http1, "The request body did not arrive in time.");
	}
	/* An answer that is not read fills the connection's queue, which has its own limit. */
}

static bool http1_is_finished(const struct protocol *protocol)
{
	const struct http1 *http1 = (const struct http1 *)protocol;

	return http1->state == HTTP1_OVER && http1->out.len == 0;
}

static bool http1_is_idle(const struct protocol *protocol)
{
	const struct http1 *http1 = (const struct http1 *)protocol;

	return http1->state == HTTP1_OVER || (http1->state == HTTP1_HEAD && !http1->exchange);
}

static size_t http1_backlog(const struct protocol *protocol)
{
	const struct http1 *http1 = (const struct http1 *)protocol;

	if (http1->state != HTTP1_SENDING)
		return 0;
	return http1->exchange->response.body.len - http1->exchange->sent;
}

static void http1_free(struct protocol *protocol)
{
	struct http1 *http1 = (struct http1 *)protocol;

	exchange_free(http1->exchange);
	http1_scan_done(&http1->scan);
	buf_done(&http1->out);
	free(http1);
}

static const struct protocol_class http1_class = {
	.receive = http1_receive,
	.produce = http1_produce,
	.respond = http1_respond,
	.drain = http1_drain,
	.tick = http1_tick,
	.is_finished = http1_is_finished,
	.is_idle = http1_is_idle,
	.backlog = http1_backlog,
	.free = http1_free,
};

struct protocol *http1_new(const struct protocol_host *host)
{
	struct http1 *http1 = xcalloc(1, sizeof(*http1));

	http1->protocol.class = &http1_class;
	http1->protocol.host = *host;
	http1->idle_since_ms = clock_boot_ms();
	http1_scan_init(&http1->scan);
	buf_init(&http1->out, HEAD_OUT_MAX);
	return &http1->protocol;
}
