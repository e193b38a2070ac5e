/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An nghttp2 server session, fed from memory and drained into memory. nghttp2
 * checks frames, HPACK, flow control and the rules of HTTP messages; this file
 * makes exchanges of them and adds the limits that Debian's 1.52 lacks:
 *
 *   - a header block far beyond what is accepted ends the connection. Resetting
 *     the stream would not do: the decoder has to go on to keep its table right,
 *     and a block of table references decodes to gigabytes.
 *   - every frame that moves no request forward is paid for (http2_guard.h).
 *   - a stream whose peer opens no window, or sends its body in drops, is ended.
 *   - bodies of all streams together have a maximum.
 *   - HEADERS with a stream id below the highest one is a connection error, which
 *     nghttp2 lets pass.
 *
 * A stream's exchange is its user data. It is in the list `open` while it is ours,
 * and has `with_host` set while the connection owns it.
 */
#include "gateway/http2.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "gateway/http2_guard.h"
#include "gateway/http2_head.h"

/* Receive windows: a body of the usual size comes without waiting for updates. */
#define STREAM_WINDOW	  (1 << 20)
#define CONNECTION_WINDOW (4 << 20)

/* What a client may go on to send when its request is refused already: some lose the
 * answer when their stream is reset while they send. */
#define THROWN_AWAY_MAX (4u * REQUEST_BODY_MAX)

struct http2 {
	struct protocol protocol;
	nghttp2_session *session;
	struct exchange *open; /* ours: receiving or sending */
	size_t streams;	       /* open ones, those with the host included */
	size_t bodies;	       /* bytes of request bodies of all of them */
	size_t backlog;	       /* bytes of answers that nghttp2 has not taken */
	struct http2_guard guard;
	int64_t block_since_ms; /* of the header block that is being received; 0: none */
	bool chunk_seen;	/* the DATA frame that is being received holds data */
	int64_t idle_since_ms;
	enum { DRAIN_NO, DRAIN_NOTICED, DRAIN_SENT } drain;
	bool over; /* nothing more is received */
};

/* End the connection: GOAWAY leaves, what comes in is thrown away. */
static void end(struct http2 *http2, uint32_t code, const char *why)
{
	struct protocol_host *host = &http2->protocol.host;

	if (http2->over)
		return;
	http2->over = true;
	/* Fails only for want of memory; the connection ends without GOAWAY then. */
	(void)nghttp2_session_terminate_session(http2->session, code);
	if (code != NGHTTP2_NO_ERROR)
		host->refused(host->ctx, why);
}

/* End the connection unless the guard lets it pass. */
static void obey(struct http2 *http2, enum http2_verdict verdict)
{
	static const struct {
		uint32_t code;
		const char *why;
	} ends[] = {
		[GUARD_FLOOD] = {NGHTTP2_ENHANCE_YOUR_CALM, "http2-flood"},
		[GUARD_BOMB] = {NGHTTP2_ENHANCE_YOUR_CALM, "http2-header-bomb"},
		[GUARD_STREAM_ID] = {NGHTTP2_PROTOCOL_ERROR, "http2-stream-id"},
	};

	if (verdict != GUARD_PASS)
		end(http2, ends[verdict].code, ends[verdict].why);
}

static void pay(struct http2 *http2, int64_t price)
{
	obey(http2, http2_guard_pay(&http2->guard, price, clock_boot_ms()));
}

static void list_remove(struct http2 *http2, struct exchange *exchange)
{
	for (struct exchange **at = &http2->open; *at; at = &(*at)->next) {
		if (*at == exchange) {
			*at = exchange->next;
			exchange->next = NULL;
			return;
		}
	}
}

static void list_add(struct http2 *http2, struct exchange *exchange)
{
	exchange->next = http2->open;
	http2->open = exchange;
}

static ssize_t read_answer(nghttp2_session *session, int32_t stream, uint8_t *room, size_t len,
			   uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
	struct http2 *http2 = user_data;
	struct exchange *exchange = source->ptr;
	const struct buf *body = &exchange->response.body;
	size_t run = body->len - exchange->sent;

	(void)session;
	(void)stream;
	if (run > len)
		run = len;
	if (run > 0)
		memcpy(room, body->data + exchange->sent, run);
	exchange->sent += run;
	http2->backlog -= run;
	allowance_earn(&http2->guard.allowance, run);
	if (exchange->sent == body->len)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)run;
}

/* The exchange is ours and its answer is filled in. */
static void submit_answer(struct http2 *http2, struct exchange *exchange)
{
	nghttp2_data_provider provider = {.source.ptr = exchange, .read_callback = read_answer};
	nghttp2_nv list[EXCHANGE_HEADERS_MAX + 1];
	struct exchange_headers headers;
	char status[16];
	size_t count = 0;
	bool has_body = exchange_answer_has_body(exchange) && exchange->response.body.len > 0;

	(void)snprintf(status, sizeof(status), "%d", exchange->response.status);
	exchange_answer_headers(exchange, &headers);
	list[count++] = (nghttp2_nv){(uint8_t *)(uintptr_t) ":status", (uint8_t *)status, 7,
				     strlen(status), NGHTTP2_NV_FLAG_NONE};
	for (size_t i = 0; i < headers.count; i++) {
		const struct header *header = &headers.list[i];

		list[count++] = (nghttp2_nv){
			(uint8_t *)(uintptr_t)header->name, (uint8_t *)(uintptr_t)header->value,
			strlen(header->name), strlen(header->value), NGHTTP2_NV_FLAG_NONE};
	}
	exchange->answered = true;
	exchange->phase_ms = clock_boot_ms();
	if (has_body)
		http2->backlog += exchange->response.body.len;
	if (nghttp2_submit_response(http2->session, exchange->stream, list, count,
				    has_body ? &provider : NULL) != 0)
		end(http2, NGHTTP2_INTERNAL_ERROR, "no-memory");
}

/* Answer a request that the peer got wrong, without waiting for its end. */
static void refuse(struct http2 *http2, struct exchange *exchange)
{
	struct protocol_host *host = &http2->protocol.host;

	if (exchange->answered)
		return;
	host->refused(host->ctx, exchange->response.headers[0].value);
	submit_answer(http2, exchange);
}

static struct exchange *exchange_of(nghttp2_session *session, int32_t stream)
{
	return nghttp2_session_get_stream_user_data(session, stream);
}

/* The nine bytes in front of a frame are there. */
static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *user_data)
{
	struct http2 *http2 = user_data;

	http2->chunk_seen = false;
	obey(http2,
	     http2_guard_frame(&http2->guard, hd, exchange_of(session, hd->stream_id) != NULL,
			       clock_boot_ms()));
	return 0;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	struct http2 *http2 = user_data;
	struct protocol_host *host = &http2->protocol.host;
	struct exchange *exchange;

	http2_guard_block(&http2->guard);
	http2->block_since_ms = clock_boot_ms();
	if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	exchange = exchange_new(host->budget, 2, host->peer);
	exchange->stream = frame->hd.stream_id;
	(void)nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, exchange);
	list_add(http2, exchange);
	http2->streams++;
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
		     void *user_data)
{
	struct http2 *http2 = user_data;
	struct exchange *exchange = exchange_of(session, frame->hd.stream_id);

	(void)flags;
	obey(http2, http2_guard_field(&http2->guard, name_len + value_len));
	if (http2->over)
		return NGHTTP2_ERR_PAUSE;
	if (!exchange || exchange->with_host || exchange->failed)
		return 0;
	if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		exchange_fail(exchange, 400, ERROR_BAD_REQUEST, "Trailers are not supported.");
	else
		http2_head_add(exchange, (const char *)name, name_len, (const char *)value,
			       value_len);
	return 0;
}

/* A request that waits for permission to send its body. */
static void allow_body(struct http2 *http2, const struct exchange *exchange)
{
	nghttp2_nv status = {(uint8_t *)(uintptr_t) ":status", (uint8_t *)(uintptr_t) "100", 7, 3,
			     NGHTTP2_NV_FLAG_NONE};

	(void)nghttp2_submit_headers(http2->session, NGHTTP2_FLAG_NONE, exchange->stream, NULL,
				     &status, 1, NULL);
}

static void head_complete(struct http2 *http2, struct exchange *exchange, bool ended)
{
	bool waits = false;

	exchange->phase_ms = clock_boot_ms();
	if (!exchange->failed)
		http2_head_check(exchange, &waits);
	if (waits && !ended && !exchange->failed)
		allow_body(http2, exchange);
}

static void request_complete(struct http2 *http2, struct exchange *exchange)
{
	struct protocol_host *host = &http2->protocol.host;

	list_remove(http2, exchange);
	exchange->with_host = true;
	host->request(host->ctx, exchange);
}

static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	struct http2 *http2 = user_data;
	struct exchange *exchange = exchange_of(session, frame->hd.stream_id);
	bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;

	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
		http2->block_since_ms = 0;
		if (exchange && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
			head_complete(http2, exchange, ended);
		break;
	case NGHTTP2_DATA:
		if (!http2->chunk_seen && !ended)
			pay(http2, PRICE_EMPTY);
		break;
	case NGHTTP2_RST_STREAM:
		pay(http2, PRICE_RESET);
		return 0;
	default:
		return 0;
	}
	if (!exchange || exchange->with_host || http2->over)
		return 0;
	if (ended)
		exchange_complete(exchange);
	if (exchange->failed)
		refuse(http2, exchange);
	else if (ended)
		request_complete(http2, exchange);
	return 0;
}

static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t stream,
			 const uint8_t *bytes, size_t len, void *user_data)
{
	struct http2 *http2 = user_data;
	struct exchange *exchange = exchange_of(session, stream);

	(void)flags;
	http2->chunk_seen = http2->chunk_seen || len > 0;
	if (!exchange || exchange->with_host)
		return 0;
	if (exchange->failed) {
		exchange->thrown_away += len;
		if (exchange->thrown_away > THROWN_AWAY_MAX)
			(void)nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream,
							NGHTTP2_NO_ERROR);
		return 0;
	}
	if (len > HTTP2_BODIES_MAX - http2->bodies)
		exchange_throttle(exchange);
	else if (exchange_add_body(exchange, bytes, len) == 0)
		http2->bodies += len;
	if (exchange->failed)
		refuse(http2, exchange);
	return 0;
}

static int on_frame_send(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	struct http2 *http2 = user_data;

	(void)session;
	if (frame->hd.type == NGHTTP2_RST_STREAM &&
	    frame->rst_stream.error_code != NGHTTP2_NO_ERROR)
		pay(http2, frame->rst_stream.error_code == NGHTTP2_REFUSED_STREAM ? PRICE_REFUSED
										  : PRICE_FAULT);
	return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream, uint32_t code, void *user_data)
{
	struct http2 *http2 = user_data;
	struct protocol_host *host = &http2->protocol.host;
	struct exchange *exchange = exchange_of(session, stream);

	(void)code;
	http2_guard_closed(&http2->guard, stream);
	if (!exchange)
		return 0;
	(void)nghttp2_session_set_stream_user_data(session, stream, NULL);
	http2->streams--;
	http2->bodies -= exchange->body.len;
	http2->idle_since_ms = clock_boot_ms();
	if (exchange->with_host) {
		exchange->with_host = false;
		host->abandoned(host->ctx, exchange);
		return 0;
	}
	if (exchange->answered && exchange_answer_has_body(exchange))
		http2->backlog -= exchange->response.body.len - exchange->sent;
	list_remove(http2, exchange);
	exchange_free(exchange);
	return 0;
}

static size_t http2_receive(struct protocol *protocol, const uint8_t *bytes, size_t len)
{
	struct http2 *http2 = (struct http2 *)protocol;
	ssize_t taken;

	if (http2->over)
		return len;
	taken = nghttp2_session_mem_recv(http2->session, bytes, len);
	if (taken < 0)
		end(http2, NGHTTP2_PROTOCOL_ERROR, "http2-malformed");
	return len;
}

static int http2_produce(struct protocol *protocol, struct buf *out, size_t enough, struct err *err)
{
	struct http2 *http2 = (struct http2 *)protocol;

	while (out->len < enough) {
		const uint8_t *bytes;
		ssize_t len = nghttp2_session_mem_send(http2->session, &bytes);

		if (len < 0)
			return err_set(err, ERR_SYSTEM, "http2: %s", nghttp2_strerror((int)len));
		if (len == 0)
			return 0;
		if (buf_append(out, bytes, (size_t)len, err) < 0)
			return -1;
		/* nghttp2 keeps its buffer, and the answer in it, until it is overwritten. It
		 * gives out each byte once. */
		explicit_bzero((uint8_t *)(uintptr_t)bytes, (size_t)len);
	}
	return 0;
}

static void http2_respond(struct protocol *protocol, struct exchange *exchange)
{
	struct http2 *http2 = (struct http2 *)protocol;

	exchange->with_host = false;
	list_add(http2, exchange);
	submit_answer(http2, exchange);
}

static void http2_drain(struct protocol *protocol)
{
	struct http2 *http2 = (struct http2 *)protocol;

	if (http2->drain != DRAIN_NO || http2->over)
		return;
	http2->drain = DRAIN_NOTICED;
	(void)nghttp2_submit_shutdown_notice(http2->session);
}

/* The second half of a drain: requests that were under way have come in by now. */
static void drain_further(struct http2 *http2)
{
	int32_t last = nghttp2_session_get_last_proc_stream_id(http2->session);

	http2->drain = DRAIN_SENT;
	(void)nghttp2_submit_goaway(http2->session, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, NULL,
				    0);
}

static void tick_exchange(struct http2 *http2, struct exchange *exchange, int64_t now)
{
	const struct protocol_limits *limits = http2->protocol.host.limits;
	struct protocol_host *host = &http2->protocol.host;
	size_t bytes = exchange->answered ? exchange->sent : exchange->body.len;
	bool has_answer;

	if (now - exchange->phase_ms <=
	    limits->body_ms + (int64_t)bytes * 1000 / limits->rate_bytes_s)
		return;
	if (!exchange->answered) {
		exchange_fail(exchange, 408, ERROR_TIMEOUT,
			      "The request body did not arrive in time.");
		refuse(http2, exchange);
		return;
	}
	/* It has its answer and does not end its request; or it reads too slowly, or
	 * opens no window. */
	has_answer = !exchange_answer_has_body(exchange) ||
		     exchange->sent == exchange->response.body.len;
	if (!has_answer)
		host->refused(host->ctx, "http2-stalled");
	(void)nghttp2_submit_rst_stream(http2->session, NGHTTP2_FLAG_NONE, exchange->stream,
					has_answer ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL);
	/* Not a second time before the reset is sent. */
	exchange->phase_ms = now;
}

static void http2_tick(struct protocol *protocol, int64_t now)
{
	struct http2 *http2 = (struct http2 *)protocol;
	const struct protocol_limits *limits = protocol->host.limits;
	struct exchange *next;

	if (http2->over)
		return;
	if (http2->drain == DRAIN_NOTICED)
		drain_further(http2);
	if (http2->block_since_ms != 0 && now - http2->block_since_ms > limits->header_ms)
		end(http2, NGHTTP2_ENHANCE_YOUR_CALM, "http2-slow-headers");
	for (struct exchange *at = http2->open; at; at = next) {
		next = at->next;
		tick_exchange(http2, at, now);
	}
	if (http2->streams == 0 && now - http2->idle_since_ms > limits->idle_ms)
		end(http2, NGHTTP2_NO_ERROR, "idle");
}

static bool http2_is_finished(const struct protocol *protocol)
{
	const struct http2 *http2 = (const struct http2 *)protocol;

	if (nghttp2_session_want_write(http2->session))
		return false;
	return http2->over || !nghttp2_session_want_read(http2->session);
}

static bool http2_is_idle(const struct protocol *protocol)
{
	return ((const struct http2 *)protocol)->streams == 0;
}

static size_t http2_backlog(const struct protocol *protocol)
{
	return ((const struct http2 *)protocol)->backlog;
}

static void http2_free(struct protocol *protocol)
{
	struct http2 *http2 = (struct http2 *)protocol;

	/* Does not call on_stream_close(). */
	nghttp2_session_del(http2->session);
	while (http2->open) {
		struct exchange *exchange = http2->open;

		http2->open = exchange->next;
		exchange_free(exchange);
	}
	free(http2);
}

static const struct protocol_class http2_class = {
	.receive = http2_receive,
	.produce = http2_produce,
	.respond = http2_respond,
	.drain = http2_drain,
	.tick = http2_tick,
	.is_finished = http2_is_finished,
	.is_idle = http2_is_idle,
	.backlog = http2_backlog,
	.free = http2_free,
};

static int session_new(struct http2 *http2)
{
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *option;
	int result = -1;

	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return -1;
	nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	if (nghttp2_option_new(&option) == 0) {
		/* Closed streams are kept for the old priority tree, which we do not use. */
		nghttp2_option_set_no_closed_streams(option, 1);
		result = nghttp2_session_server_new2(&http2->session, callbacks, http2, option);
		nghttp2_option_del(option);
	}
	nghttp2_session_callbacks_del(callbacks);
	return result;
}

int http2_new(const struct protocol_host *host, struct protocol **ret_protocol, struct err *err)
{
	nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, (uint32_t)host->limits->streams},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, REQUEST_HEADER_BYTES_MAX},
		{NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
	};
	struct http2 *http2 = xcalloc(1, sizeof(*http2));

	http2->protocol.class = &http2_class;
	http2->protocol.host = *host;
	http2->idle_since_ms = clock_boot_ms();
	http2_guard_init(&http2->guard, http2->idle_since_ms);
	if (session_new(http2) != 0 ||
	    nghttp2_submit_settings(http2->session, NGHTTP2_FLAG_NONE, settings,
				    ARRAY_LEN(settings)) != 0 ||
	    nghttp2_session_set_local_window_size(http2->session, NGHTTP2_FLAG_NONE, 0,
						  CONNECTION_WINDOW) != 0) {
		http2_free(&http2->protocol);
		return err_set(err, ERR_NO_SPACE, "no memory for an http2 session");
	}
	*ret_protocol = &http2->protocol;
	return 0;
}
