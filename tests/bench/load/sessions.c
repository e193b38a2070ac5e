/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections of one thread on one epoll. Each keeps the asked number of streams open: the
 * end of one begins the next. What TLS cannot send at once waits in `out`; requests are
 * small, so that is rare.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "tests/bench/load/load.h"

#define EVENTS	 64
#define IN_BYTES 65536
#define OUT_MAX	 (1u << 20)

struct session {
	struct sessions *all;
	int fd;
	SSL *ssl;
	nghttp2_session *http2;
	struct buf out;
	bool waits_to_write;
	unsigned idle; /* streams that wait until the next request is due */
};

struct stream {
	struct session *session;
	struct request_text text;
	size_t body_sent;
	int64_t since_ns;
	int status;
	char answer[256]; /* its beginning, when it is not a success */
	size_t answer_len;
};

static ssize_t read_body(nghttp2_session *http2, int32_t id, uint8_t *room, size_t len,
			 uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
	struct stream *stream = source->ptr;
	size_t left = stream->text.body_len - stream->body_sent;

	(void)http2;
	(void)id;
	(void)user_data;
	if (left > len)
		left = len;
	memcpy(room, stream->text.body + stream->body_sent, left);
	stream->body_sent += left;
	if (stream->body_sent == stream->text.body_len)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)left;
}

static nghttp2_nv header(const char *name, const char *value)
{
	return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
			    strlen(value), NGHTTP2_NV_FLAG_NONE};
}

/* Begin the next request, if there is one. @since_ns: when it is, or was to be, sent. */
static void submit(struct session *session, int64_t since_ns)
{
	struct sessions *all = session->all;
	struct stream *stream;
	nghttp2_data_provider provider = {.read_callback = read_body};
	nghttp2_nv list[8];

	if (clock_boot_ns() >= all->measure_until_ns)
		return;
	stream = xcalloc(1, sizeof(*stream));
	if (!requests_next(all->requests, &stream->text)) {
		free(stream);
		return;
	}
	list[0] = header(":method", "POST");
	list[1] = header(":scheme", "https");
	list[2] = header(":authority", requests_authority(all->requests));
	list[3] = header(":path", "/");
	list[4] = header("content-type", "application/x-amz-json-1.1");
	list[5] = header("x-amz-date", requests_date(all->requests));
	list[6] = header("x-amz-target", all->options->target);
	list[7] = header("authorization", stream->text.authorization);
	provider.source.ptr = stream;
	all->open++;
	stream->session = session;
	stream->since_ns = since_ns;
	if (nghttp2_submit_request(session->http2, NULL, list, ARRAY_LEN(list), &provider, stream) <
	    0)
		abort();
}

/* A stream is free: with a rate it waits, and a request that is sent late began when it was due. */
static void go_on(struct session *session)
{
	if (session->all->step_ns > 0)
		session->idle++;
	else
		submit(session, clock_boot_ns());
}

static int on_header(nghttp2_session *http2, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
		     void *user_data)
{
	struct stream *stream = nghttp2_session_get_stream_user_data(http2, frame->hd.stream_id);

	(void)flags;
	(void)user_data;
	(void)value_len;
	if (stream && name_len == 7 && memcmp(name, ":status", 7) == 0)
		stream->status = (int)strtol((const char *)value, NULL, 10);
	return 0;
}

static int on_data(nghttp2_session *http2, uint8_t flags, int32_t id, const uint8_t *bytes,
		   size_t len, void *user_data)
{
	struct session *session = user_data;
	struct stream *stream = nghttp2_session_get_stream_user_data(http2, id);

	(void)flags;
	session->all->tally.bytes += len;
	if (!stream || stream->status == 200)
		return 0;
	if (len > sizeof(stream->answer) - 1 - stream->answer_len)
		len = sizeof(stream->answer) - 1 - stream->answer_len;
	memcpy(stream->answer + stream->answer_len, bytes, len);
	stream->answer_len += len;
	return 0;
}

static void count(struct sessions *all, const struct stream *stream, uint32_t code)
{
	bool ok = code == NGHTTP2_NO_ERROR && stream->status == 200;
	int64_t now = clock_boot_ns();
	int64_t step = (now - stream->since_ns) / 1000 / LATENCY_STEP_US;

	all->answered_ok += ok;
	if (!ok && all->tally.first_failure[0] == '\0')
		(void)snprintf(all->tally.first_failure, sizeof(all->tally.first_failure),
			       "http2 %u status %d %s", code, stream->status, stream->answer);
	if (now < all->measure_from_ns || now >= all->measure_until_ns)
		return;
	all->last_ns = now;
	all->tally.ok += ok;
	all->tally.failed += !ok;
	all->tally.latency[step < LATENCY_STEPS ? step : LATENCY_STEPS - 1]++;
}

static int on_stream_close(nghttp2_session *http2, int32_t id, uint32_t code, void *user_data)
{
	struct session *session = user_data;
	struct stream *stream = nghttp2_session_get_stream_user_data(http2, id);

	if (!stream)
		return 0;
	count(session->all, stream, code);
	session->all->open--;
	free(stream);
	go_on(session);
	return 0;
}

static nghttp2_session *new_http2(struct session *session)
{
	const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
		{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20},
	};
	nghttp2_session_callbacks *callbacks;
	nghttp2_session *http2;

	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		abort();
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	if (nghttp2_session_client_new(&http2, callbacks, session) != 0 ||
	    nghttp2_submit_settings(http2, NGHTTP2_FLAG_NONE, settings, ARRAY_LEN(settings)) != 0 ||
	    nghttp2_session_set_local_window_size(http2, NGHTTP2_FLAG_NONE, 0, 1 << 24) != 0)
		abort();
	nghttp2_session_callbacks_del(callbacks);
	return http2;
}

static int fail_tls(struct err *err, const char *what)
{
	char text[256];

	ERR_error_string_n(ERR_get_error(), text, sizeof(text));
	return err_set(err, ERR_SYSTEM, "%s: %s", what, text);
}

static int connect_to(const struct load_options *options, int *ret_fd, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
	AUTO(fd_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct addrinfo *info;
	int on = 1;
	int result;

	if (getaddrinfo(options->host, options->port, &hints, &info) != 0)
		return err_set(err, ERR_INVALID, "address %s is no number", options->host);
	result = fd < 0 ? -1 : connect(fd, info->ai_addr, info->ai_addrlen);
	freeaddrinfo(info);
	if (result < 0)
		return err_sys(err, errno, "connect to %s:%s", options->host, options->port);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	*ret_fd = STEAL(fd, -1);
	return 0;
}

static int open_session(struct sessions *all, SSL_CTX *ctx, struct session *session,
			struct err *err)
{
	static const unsigned char alpn[] = "\x02h2";

	session->all = all;
	buf_init(&session->out, OUT_MAX);
	if (connect_to(all->options, &session->fd, err) < 0)
		return -1;
	session->ssl = SSL_new(ctx);
	if (!session->ssl || SSL_set_fd(session->ssl, session->fd) != 1 ||
	    SSL_set_alpn_protos(session->ssl, alpn, sizeof(alpn) - 1) != 0 ||
	    SSL_connect(session->ssl) != 1)
		return fail_tls(err, "handshake");
	if (fcntl(session->fd, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, errno, "set up socket");
	session->http2 = new_http2(session);
	for (unsigned i = 0; i < all->options->streams; i++)
		go_on(session);
	return 0;
}

/* Give TLS what HTTP/2 has to send. */
static int put(struct session *session, struct err *err)
{
	session->waits_to_write = false;
	for (;;) {
		const uint8_t *bytes;
		ssize_t len;
		size_t wrote;

		while (session->out.len < IN_BYTES &&
		       (len = nghttp2_session_mem_send(session->http2, &bytes)) > 0) {
			if (buf_append(&session->out, bytes, (size_t)len, err) < 0)
				return -1;
		}
		if (session->out.len == 0)
			return 0;
		ERR_clear_error();
		if (SSL_write_ex(session->ssl, session->out.data, session->out.len, &wrote) != 1) {
			session->waits_to_write = true;
			return SSL_get_error(session->ssl, 0) == SSL_ERROR_WANT_WRITE
				       ? 0
				       : fail_tls(err, "write");
		}
		buf_consume(&session->out, wrote);
	}
}

static int take(struct session *session, struct err *err)
{
	uint8_t bytes[IN_BYTES];
	size_t len;

	for (;;) {
		ERR_clear_error();
		if (SSL_read_ex(session->ssl, bytes, sizeof(bytes), &len) != 1)
			return SSL_get_error(session->ssl, 0) == SSL_ERROR_WANT_READ
				       ? 0
				       : fail_tls(err, "read");
		if (nghttp2_session_mem_recv(session->http2, bytes, len) < 0)
			return err_set(err, ERR_CORRUPT, "the server's HTTP/2 is malformed");
	}
}

static int serve(int epoll, struct session *session, struct err *err)
{
	struct epoll_event event = {.data.ptr = session};
	bool waited = session->waits_to_write;

	if (take(session, err) < 0 || put(session, err) < 0)
		return -1;
	if (waited == session->waits_to_write)
		return 0;
	event.events = EPOLLIN | (session->waits_to_write ? (unsigned)EPOLLOUT : 0u);
	if (epoll_ctl(epoll, EPOLL_CTL_MOD, session->fd, &event) < 0)
		return err_sys(err, errno, "watch socket");
	return 0;
}

#define DRAIN_NS 5000000000LL /* for answers that are under way when time is over */

/* With a rate: send what is due on connections that have a stream free, in turns. */
static int send_due(struct sessions *all, int epoll, struct session *list, struct err *err)
{
	unsigned tried = 0;

	if (all->step_ns == 0)
		return 0;
	while (tried < all->connections && clock_boot_ns() >= all->due_ns) {
		struct session *session = &list[all->turn++ % all->connections];

		tried++;
		if (session->idle == 0)
			continue;
		tried = 0;
		session->idle--;
		submit(session, all->due_ns);
		all->due_ns += all->step_ns;
		if (serve(epoll, session, err) < 0)
			return -1;
	}
	return 0;
}

static int wait_some(const struct sessions *all, int epoll, struct epoll_event *events)
{
	struct timespec time = {.tv_nsec = 200000000};
	int64_t left = all->due_ns - clock_boot_ns();

	if (all->step_ns > 0 && left < time.tv_nsec)
		time.tv_nsec = left > 0 ? left : 100000; /* late: all streams are busy */
	return epoll_pwait2(epoll, events, EVENTS, &time, NULL);
}

static int drive(struct sessions *all, int epoll, struct session *list, struct err *err)
{
	for (;;) {
		struct epoll_event events[EVENTS];
		int count_ = wait_some(all, epoll, events);
		int64_t now = clock_boot_ns();

		if (send_due(all, epoll, list, err) < 0)
			return -1;
		for (int i = 0; i < count_; i++) {
			if (serve(epoll, events[i].data.ptr, err) < 0)
				return -1;
		}
		if (all->open == 0 && (all->step_ns == 0 || now > all->measure_until_ns))
			return 0; /* all is answered, and nothing more is begun */
		if (now > all->measure_until_ns + DRAIN_NS)
			return err_set(err, ERR_TIMEOUT, "answers are missing");
	}
}

static double thread_cpu_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int sessions_run(struct sessions *sessions, struct err *err)
{
	struct session *list = xcalloc(sessions->connections, sizeof(*list));
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	AUTO(fd_closep) int epoll = epoll_create1(EPOLL_CLOEXEC);
	double cpu_s = thread_cpu_s();
	int result = 0;

	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	for (unsigned i = 0; i < sessions->connections; i++)
		list[i].fd = -1;
	for (unsigned i = 0; i < sessions->connections && result == 0; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = &list[i]};

		result = open_session(sessions, ctx, &list[i], err);
		if (result == 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, list[i].fd, &event) < 0)
			result = err_sys(err, errno, "watch socket");
		if (result == 0)
			result = serve(epoll, &list[i], err);
	}
	sessions->due_ns = clock_boot_ns();
	if (result == 0)
		result = drive(sessions, epoll, list, err);
	sessions->cpu_s = thread_cpu_s() - cpu_s;
	for (unsigned i = 0; i < sessions->connections; i++) {
		nghttp2_session_del(list[i].http2);
		SSL_free(list[i].ssl);
		fd_closep(&list[i].fd);
		buf_done(&list[i].out);
	}
	SSL_CTX_free(ctx);
	free(list);
	return result;
}
