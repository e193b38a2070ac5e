/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes go through a connection like this, and each arrow has a bound:
 *
 *     socket -> tls -> in -> protocol -> waiting -> jobs -> protocol -> tls -> out -> socket
 *
 * `in` holds decrypted bytes that the protocol has not taken (HTTP/1.1 takes one
 * request at a time). `out` holds encrypted bytes that the socket has not taken.
 * While either is full nothing is read, so a peer that sends without reading
 * stops itself. A request waits in `waiting` while its connection has enough of
 * them in work (work.h), or enough answers that the peer has not read.
 *
 *     HANDSHAKE -> OPEN -> CLOSING -> LINGER -> CLOSED
 *
 * CLOSING sends what is left. After a refusal LINGER has said "nothing follows" and
 * throws away what still comes in: closing a socket with unread bytes resets it,
 * and the peer would lose the answer that explains why it was refused.
 *
 * Every way into this file ends with settle(), the only place where a connection
 * can end, so no function works on a freed one.
 */
#include "gateway/conn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/log.h"
#include "gateway/http1.h"
#include "gateway/http2.h"
#include "gateway/metrics.h"
#include "gateway/work.h"

#define READ_BYTES   16384	 /* a TLS record; also what one read() takes */
#define READS_A_TURN 4		 /* then others have their turn */
#define IN_MAX	     65536	 /* decrypted bytes that wait for HTTP/1.1 */
#define PLAIN_BYTES  65536	 /* produced at a time */
#define OUT_ENOUGH   (256 << 10) /* encrypted bytes that keep a fast socket busy */
#define BACKLOG_MAX  (4u << 20)	 /* answers of a connection that wait; then requests do */
#define PACED_MS     3600000	 /* without a byte taken, where a person may read slowly */
#define LINGER_MS    5000	 /* for an upload to notice that it was refused */
#define LINGER_BYTES (8u << 20)	 /* what an upload has under way; a flood has more */

enum conn_state { CONN_HANDSHAKE, CONN_OPEN, CONN_CLOSING, CONN_LINGER, CONN_CLOSED };

struct conn {
	struct server *server;
	int fd;
	struct loop_fd *watch;
	enum conn_state state;
	struct tls *tls;
	struct protocol *protocol; /* from OPEN on */
	struct protocol *next;	   /* that it asked to be replaced by */
	struct buf in, out;
	bool peer_ended;  /* nothing more comes from the peer */
	bool refused;	  /* the peer may be sending what nobody reads */
	bool said_close;  /* our close was given to TLS */
	bool drain;	  /* was asked for before the protocol was known */
	bool pumping;	  /* guards against the protocol calling us while we call it */
	struct work work; /* requests that are complete and not answered */
	int64_t opened_ms, active_ms, state_ms;
	int64_t out_since_ms; /* `out` is not empty, or was judged last; else meaningless */
	size_t thrown_away;   /* received bytes, from CLOSING on */
	size_t out_sent;      /* bytes that the peer took since then */
	char peer[64];
	conn_closed_fn *closed;
	void *closed_ctx;
};

static void enter_state(struct conn *conn, enum conn_state state, const char *why)
{
	static const char *const names[] = {"HANDSHAKE", "OPEN", "CLOSING", "LINGER", "CLOSED"};

	if (conn->state == state)
		return;
	log_debug("conn=%s %s -> %s %s", conn->peer, names[conn->state], names[state], why);
	/* What the peer sends from here on is thrown away. */
	if (state >= CONN_CLOSING)
		buf_done(&conn->in);
	conn->state = state;
	conn->state_ms = clock_boot_ms();
}

/* --- requests --------------------------------------------------------------------- */

static void pump(struct conn *conn);
static void settle(struct conn *conn);

static void on_answer(void *ctx, struct exchange *exchange)
{
	struct conn *conn = ctx;

	if (conn->state != CONN_OPEN)
		exchange_free(exchange);
	else if (exchange)
		protocol_respond(conn->protocol, exchange);
	/* While pumping this is the answer of a request that found no worker. */
	if (conn->pumping)
		return;
	pump(conn);
	settle(conn);
}

static void on_request(void *ctx, struct exchange *exchange)
{
	struct conn *conn = ctx;

	work_add(&conn->work, exchange);
}

static void on_upgrade(void *ctx, struct protocol *next)
{
	struct conn *conn = ctx;

	conn->next = next;
}

static void on_wake(void *ctx)
{
	struct conn *conn = ctx;

	pump(conn);
	settle(conn);
}

static void on_abandoned(void *ctx, struct exchange *exchange)
{
	struct conn *conn = ctx;

	work_abandon(&conn->work, exchange);
}

static void on_refused(void *ctx, const char *why)
{
	struct conn *conn = ctx;

	conn->refused = true;
	metric_add(METRIC_refused_total, 1);
	if (server_may_log(conn->server))
		log_info("conn=%s refused=%s", conn->peer, why);
}

/* --- bytes ------------------------------------------------------------------------ */

static void fail(struct conn *conn, const char *what, const struct err *err)
{
	log_debug("conn=%s failed=%s error=%s", conn->peer, what, err->text);
	enter_state(conn, CONN_CLOSED, what);
}

static int open_protocol(struct conn *conn, struct err *err)
{
	struct protocol_host host = {
		.ctx = conn,
		.budget = &conn->server->budget,
		.limits = &conn->server->limits.protocol,
		.peer = conn->peer,
		.request = on_request,
		.abandoned = on_abandoned,
		.refused = on_refused,
		.upgrade = on_upgrade,
		.wake = on_wake,
		.loop = conn->server->loop,
		.exec_socket = conn->server->exec_socket,
	};

	if (tls_is_h2(conn->tls)) {
		if (http2_new(&host, &conn->protocol, err) < 0)
			return -1;
	} else {
		conn->protocol = http1_new(&host);
	}
	if (conn->drain)
		protocol_drain(conn->protocol);
	return 0;
}

/* Somebody speaks HTTP to the TLS port: tell them in their language. */
static void answer_plain(struct conn *conn)
{
	AUTO(exchange_freep)
	struct exchange *exchange = exchange_new(&conn->server->budget, 1, conn->peer);
	struct exchange_headers headers;
	struct err err;
	int failed;

	exchange_fail(exchange, 400, ERROR_BAD_REQUEST,
		      "This port speaks TLS: use https instead of http.");
	exchange_answer_headers(exchange, &headers);
	failed = buf_append_text(&conn->out, "HTTP/1.1 400 Bad Request\r\n", &err);
	for (size_t i = 0; i < headers.count; i++)
		failed |= buf_printf(&conn->out, &err, "%s: %s\r\n", headers.list[i].name,
				     headers.list[i].value);
	failed |= buf_append_text(&conn->out, "connection: close\r\n\r\n", &err);
	failed |= buf_append(&conn->out, exchange->response.body.data, exchange->response.body.len,
			     &err);
	if (failed)
		fail(conn, "no-memory", &err);
}

static void handshake(struct conn *conn)
{
	struct err err;
	int done = tls_handshake(conn->tls, &err);

	if (done == 0)
		return;
	if (done == 1 && open_protocol(conn, &err) == 0) {
		enter_state(conn, CONN_OPEN, tls_version(conn->tls));
		return;
	}
	metric_add(METRIC_handshakes_failed_total, 1);
	if (server_may_log(conn->server))
		log_info("conn=%s refused=tls error=%s", conn->peer, err.text);
	conn->said_close = conn->refused = true;
	if (tls_saw_plain_http(conn->tls)) {
		answer_plain(conn);
	} else if (tls_take(conn->tls, &conn->out, &err) < 0) {
		fail(conn, "alert", &err);
	}
	if (conn->state == CONN_HANDSHAKE)
		enter_state(conn, CONN_CLOSING, "handshake failed");
}

static void change_protocol(struct conn *conn)
{
	if (!conn->next)
		return;
	protocol_free(conn->protocol);
	conn->protocol = STEAL(conn->next, NULL);
	if (conn->drain)
		protocol_drain(conn->protocol);
}

/* Decrypt and hand to the protocol what is there. true: something moved. */
static bool take_input(struct conn *conn)
{
	bool moved = false;

	while (conn->state == CONN_OPEN) {
		bool ended = false;
		ssize_t got = 0;
		size_t taken = 0;
		uint8_t *room;
		struct err err;

		if (conn->in.len <= IN_MAX - READ_BYTES) {
			if (buf_reserve(&conn->in, READ_BYTES, &room, &err) < 0) {
				fail(conn, "no-memory", &err);
				break;
			}
			got = tls_read(conn->tls, room, READ_BYTES, &ended, &err);
			if (got < 0) {
				fail(conn, "tls-read", &err);
				break;
			}
			buf_added(&conn->in, (size_t)got);
		}
		if (ended)
			conn->peer_ended = true;
		if (conn->in.len > 0) {
			taken = protocol_receive(conn->protocol, conn->in.data, conn->in.len);
			buf_consume(&conn->in, taken);
			change_protocol(conn);
		}
		if (got == 0 && taken == 0)
			break;
		moved = true;
	}
	if (conn->in.len == 0)
		buf_done(&conn->in);
	return moved;
}

static void send_out(struct conn *conn)
{
	while (conn->out.len > 0) {
		ssize_t sent = send(conn->fd, conn->out.data, conn->out.len, MSG_NOSIGNAL);
		struct err err;

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (sent < 0) {
			(void)err_sys(&err, errno, "send");
			fail(conn, "send", &err);
			return;
		}
		conn->out_sent += (size_t)sent;
		buf_consume(&conn->out, (size_t)sent);
	}
	buf_done(&conn->out);
}

/* Encrypt what the protocol has for the peer. true: there was something. */
static int produce(struct conn *conn, bool *ret_moved, struct err *err)
{
	struct buf plain;
	int result = 0;

	buf_init_secret(&plain, SIZE_MAX / 4);
	while (result == 0 && conn->out.len < OUT_ENOUGH) {
		buf_clear(&plain);
		result = protocol_produce(conn->protocol, &plain, PLAIN_BYTES, err);
		if (plain.len == 0)
			break;
		*ret_moved = true;
		if (result == 0)
			result = tls_write(conn->tls, plain.data, plain.len, err);
		if (result == 0)
			result = tls_take(conn->tls, &conn->out, err);
	}
	buf_done(&plain);
	return result;
}

static bool put_output(struct conn *conn)
{
	bool was_empty = conn->out.len == 0;
	bool moved = false;
	struct err err;

	if (conn->state == CONN_OPEN && produce(conn, &moved, &err) < 0) {
		fail(conn, "produce", &err);
		return false;
	}
	/* What TLS itself has to say: handshake, alerts, key updates. */
	if (tls_take(conn->tls, &conn->out, &err) < 0) {
		fail(conn, "output-limit", &err);
		return false;
	}
	if (was_empty && conn->out.len > 0) {
		conn->out_since_ms = clock_boot_ms();
		conn->out_sent = 0;
	}
	send_out(conn);
	return moved;
}

/* Move everything as far as it goes. */
static void pump(struct conn *conn)
{
	bool moved = true;

	if (conn->pumping)
		return;
	conn->pumping = true;
	if (conn->state == CONN_HANDSHAKE)
		handshake(conn);
	while (moved && conn->state < CONN_LINGER) {
		moved = take_input(conn);
		if (conn->state == CONN_OPEN && protocol_backlog(conn->protocol) < BACKLOG_MAX)
			work_dispatch(&conn->work);
		moved |= put_output(conn);
	}
	conn->pumping = false;
}

/* --- the life ----------------------------------------------------------------------- */

static void all_sent(struct conn *conn)
{
	bool linger = conn->refused && !conn->peer_ended;

	if (linger)
		(void)shutdown(conn->fd, SHUT_WR);
	enter_state(conn, linger ? CONN_LINGER : CONN_CLOSED, "all sent");
}

/* Has the conversation come to its end? */
static bool is_over(const struct conn *conn)
{
	if (!work_is_empty(&conn->work))
		return protocol_is_finished(conn->protocol);
	return protocol_is_finished(conn->protocol) || (conn->peer_ended && conn->out.len == 0);
}

/* Draw the conclusions: states, what to wait for, the end. @conn may be gone afterwards. */
static void settle(struct conn *conn)
{
	unsigned wanted = 0;
	struct err err;

	if (conn->pumping)
		return;
	if (conn->state == CONN_OPEN && is_over(conn))
		enter_state(conn, CONN_CLOSING, "finished");
	if (conn->state == CONN_CLOSING) {
		if (!conn->said_close) {
			conn->said_close = true;
			tls_close(conn->tls);
			if (tls_take(conn->tls, &conn->out, &err) < 0)
				fail(conn, "output-limit", &err);
		}
		send_out(conn);
		if (conn->state == CONN_CLOSING && conn->out.len == 0)
			all_sent(conn);
	}
	if (conn->state == CONN_CLOSED) {
		loop_fd_remove(STEAL(conn->watch, NULL));
		conn->closed(conn->closed_ctx, conn);
		return;
	}
	if (!conn->peer_ended && conn->in.len <= IN_MAX - READ_BYTES &&
	    (conn->out.len < OUT_ENOUGH || conn->state == CONN_LINGER))
		wanted |= LOOP_READ;
	if (conn->out.len > 0)
		wanted |= LOOP_WRITE;
	loop_fd_want(conn->watch, wanted);
}

/* Read what the socket has, a few times at most. */
static void read_socket(struct conn *conn)
{
	uint8_t bytes[READ_BYTES];
	struct err err;

	for (int i = 0; i < READS_A_TURN && conn->state != CONN_CLOSED; i++) {
		ssize_t got = recv(conn->fd, bytes, sizeof(bytes), 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (got < 0) {
			(void)err_sys(&err, errno, "receive");
			fail(conn, "receive", &err);
			return;
		}
		if (got == 0) {
			conn->peer_ended = true;
			if (conn->state == CONN_LINGER || conn->state == CONN_HANDSHAKE)
				enter_state(conn, CONN_CLOSED, "peer closed");
			return;
		}
		conn->active_ms = clock_boot_ms();
		if (conn->state >= CONN_CLOSING) {
			conn->thrown_away += (size_t)got;
			if (conn->thrown_away > LINGER_BYTES)
				enter_state(conn, CONN_CLOSED, "flooded");
			continue;
		}
		if (tls_feed(conn->tls, bytes, (size_t)got, &err) < 0) {
			fail(conn, "no-memory", &err);
			return;
		}
		if (conn->state == CONN_OPEN || conn->state == CONN_HANDSHAKE)
			pump(conn);
		if (conn->in.len > IN_MAX - READ_BYTES || conn->out.len >= OUT_ENOUGH)
			return;
		/* Less than there was room for: that was all, or the loop will say so. */
		if ((size_t)got < sizeof(bytes))
			return;
	}
}

static void on_io(void *ctx, unsigned events)
{
	struct conn *conn = ctx;

	if (events & LOOP_READ)
		read_socket(conn);
	else if (events & LOOP_ERROR)
		enter_state(conn, CONN_CLOSED, "hang-up");
	if (conn->state < CONN_LINGER)
		pump(conn);
	settle(conn);
}

/* The peer must read at some pace: each period is judged by itself, as what it has
 * read before says nothing of now. */
static void check_reading(struct conn *conn, int64_t now)
{
	const struct server_limits *limits = &conn->server->limits;
	bool paced = conn->protocol && protocol_paces_itself(conn->protocol);
	int64_t period_ms = paced ? PACED_MS : limits->stall_ms;
	int64_t least = paced ? 1 : limits->stall_ms * limits->protocol.rate_bytes_s / 1000;

	if (now - conn->out_since_ms <= period_ms)
		return;
	if ((int64_t)conn->out_sent >= least) {
		conn->out_since_ms = now;
		conn->out_sent = 0;
		return;
	}
	metric_add(METRIC_connections_stalled_total, 1);
	if (server_may_log(conn->server))
		log_info("conn=%s refused=stalled waiting_bytes=%zu", conn->peer, conn->out.len);
	enter_state(conn, CONN_CLOSED, "stalled");
}

void conn_tick(struct conn *conn, int64_t now)
{
	const struct server_limits *limits = &conn->server->limits;

	switch (conn->state) {
	case CONN_HANDSHAKE:
		if (now - conn->opened_ms > limits->handshake_ms) {
			metric_add(METRIC_handshakes_failed_total, 1);
			enter_state(conn, CONN_CLOSED, "handshake deadline");
		}
		break;
	case CONN_OPEN:
		protocol_tick(conn->protocol, now);
		pump(conn);
		break;
	case CONN_LINGER:
		if (now - conn->state_ms > LINGER_MS)
			enter_state(conn, CONN_CLOSED, "lingered");
		break;
	case CONN_CLOSING:
	case CONN_CLOSED:
		break;
	}
	if (conn->state != CONN_CLOSED && conn->out.len > 0)
		check_reading(conn, now);
	settle(conn);
}

void conn_drain(struct conn *conn)
{
	conn->drain = true;
	if (conn->state == CONN_OPEN) {
		protocol_drain(conn->protocol);
		pump(conn);
	} else if (conn->state == CONN_HANDSHAKE) {
		enter_state(conn, CONN_CLOSED, "stopping");
	}
	settle(conn);
}

bool conn_is_idle(const struct conn *conn)
{
	return conn->state == CONN_OPEN && work_is_empty(&conn->work) && conn->out.len == 0 &&
	       protocol_is_idle(conn->protocol);
}

int64_t conn_active_ms(const struct conn *conn)
{
	return conn->active_ms;
}

int conn_new(struct server *server, int fd, const char *peer, conn_closed_fn *closed, void *ctx,
	     struct conn **ret_conn, struct err *err)
{
	struct conn *conn = xcalloc(1, sizeof(*conn));

	conn->server = server;
	conn->fd = fd;
	conn->closed = closed;
	conn->closed_ctx = ctx;
	work_init(&conn->work, server, on_answer, conn);
	conn->opened_ms = conn->active_ms = conn->state_ms = clock_boot_ms();
	(void)snprintf(conn->peer, sizeof(conn->peer), "%s", peer);
	buf_init_secret(&conn->in, IN_MAX);
	buf_init(&conn->out, (size_t)server->limits.output_bytes);
	if (tls_new(server->tls, &conn->tls, err) < 0 ||
	    loop_fd_add(server->loop, fd, LOOP_READ, on_io, conn, &conn->watch, err) < 0) {
		conn_free(conn);
		return -1;
	}
	*ret_conn = conn;
	return 0;
}

void conn_free(struct conn *conn)
{
	if (!conn)
		return;
	loop_fd_remove(conn->watch);
	protocol_free(conn->protocol);
	work_done(&conn->work);
	tls_free(conn->tls);
	buf_done(&conn->in);
	buf_done(&conn->out);
	close(conn->fd);
	free(conn);
}
