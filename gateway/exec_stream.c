/* SPDX-License-Identifier: Apache-2.0 */
/*
 *     TOKEN -> CHECKING -> OPEN -> OVER
 *
 * The opening handshake is answered to anybody: nothing is known of who asks. The first
 * message, a text, brings the session's token (TOKEN); a worker asks the store whether it
 * is the session's, fresh and unused, and uses it (CHECKING). Only then the
 * provisioner is spoken to, which asks the store again.
 *
 * Two languages follow. A client that offered EXEC_LINK_PROTOCOL speaks the messages
 * of exec_link.h, which pass as they are; any other speaks the data channel of the
 * stock clients' plugin (ssm_channel.h).
 *
 * Nothing grows: one message of the client at a time waits for the provisioner, and
 * until it is taken nothing more is received; of the provisioner nothing is read
 * while the connection has enough to send.
 */
#include "gateway/exec_stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/websocket.h"
#include "gateway/ssm_channel.h"
#include "store/exec_link.h"
#include "store/exec_session.h"

#define OUT_MAX	       (256u * 1024) /* what one turn produces, with its frames */
#define TOKEN_MS       10000	     /* for the client's first message */
#define ID_LEN	       32
#define KEY_LEN	       24 /* of Sec-WebSocket-Key: 16 bytes in base 64 */
#define NO_EXIT_CODE   255
#define CLOSE_NORMAL   1000
#define CLOSE_PROTOCOL 1002

enum stream_state { STREAM_TOKEN, STREAM_CHECKING, STREAM_OPEN, STREAM_OVER };

struct exec_stream {
	struct protocol protocol;
	enum stream_state state;
	bool plain; /* EXEC_LINK_PROTOCOL */
	struct websocket websocket;
	struct ssm_channel channel; /* unless plain */
	struct exec_link_open open;
	bool started; /* OPEN was sent to the provisioner */
	int64_t begun_ms;
	struct buf out;	    /* for the client */
	struct buf pending; /* pieces for the provisioner, each behind its length u16 */
	int fd;		    /* of the link; -1: none yet, or closed */
	struct loop_fd *watch;
	unsigned wanted;
};

/* --- the end --------------------------------------------------------------- */

static void close_link(struct exec_stream *stream)
{
	loop_fd_remove(STEAL(stream->watch, NULL));
	fd_closep(&stream->fd);
}

/* The last frame; nothing of either side matters any more. */
static void finish(struct exec_stream *stream, unsigned code)
{
	uint8_t bytes[2] = {(uint8_t)(code >> 8), (uint8_t)code};
	struct err err;

	if (stream->state == STREAM_OVER)
		return;
	stream->state = STREAM_OVER;
	close_link(stream);
	/* Without memory for two bytes the connection's end says it. */
	(void)!websocket_write(&stream->out, WEBSOCKET_SERVER, WEBSOCKET_CLOSE, bytes,
			       sizeof(bytes), &err);
}

/* Tell the client how it ended, in its language. */
static void end_session(struct exec_stream *stream, uint8_t exit_code, const char *why)
{
	uint8_t message[2 + ERR_TEXT_MAX] = {EXEC_LINK_EXIT, exit_code};
	size_t len = strnlen(why, ERR_TEXT_MAX);
	struct err err;

	memcpy(message + 2, why, len);
	if (stream->plain)
		(void)!websocket_write(&stream->out, WEBSOCKET_SERVER, WEBSOCKET_BINARY, message,
				       2 + len, &err);
	else
		(void)!ssm_channel_end(stream->open.id, why, &stream->out, &err);
	finish(stream, CLOSE_NORMAL);
}

/* The client broke a rule. */
static void refuse(struct exec_stream *stream, const struct err *err)
{
	struct protocol_host *host = &stream->protocol.host;

	log_debug("conn=%s exec=%s refused: %s", host->peer, stream->open.id, err->text);
	host->refused(host->ctx, "exec-stream");
	finish(stream, CLOSE_PROTOCOL);
}

/* --- the link to the provisioner ------------------------------------------- */

static void want(struct exec_stream *stream, unsigned events)
{
	if (stream->watch && stream->wanted != events)
		loop_fd_want(stream->watch, events);
	stream->wanted = events;
}

/* Send what is pending; false while some of it is. */
static bool flush(struct exec_stream *stream)
{
	while (stream->pending.len > 0 && stream->fd >= 0) {
		size_t len = (size_t)stream->pending.data[0] << 8 | stream->pending.data[1];
		ssize_t put = send(stream->fd, stream->pending.data + 2, len,
				   MSG_NOSIGNAL | MSG_DONTWAIT);

		if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			want(stream, stream->wanted | LOOP_WRITE);
			return false;
		}
		/* A link that broke says why when it is read, or nothing. */
		buf_consume(&stream->pending, put < 0 ? stream->pending.len : 2 + len);
	}
	want(stream, stream->wanted & ~LOOP_WRITE);
	return true;
}

static int send_link(struct exec_stream *stream, const void *message, size_t len, struct err *err)
{
	uint8_t head[2] = {(uint8_t)(len >> 8), (uint8_t)len};

	if (buf_append(&stream->pending, head, sizeof(head), err) < 0 ||
	    buf_append(&stream->pending, message, len, err) < 0)
		return -1;
	(void)flush(stream); /* the rest is sent later */
	return 0;
}

/* As many pieces as it takes: the client's message is bounded. */
static int send_input(struct exec_stream *stream, const uint8_t *bytes, size_t len, struct err *err)
{
	uint8_t message[EXEC_LINK_MAX] = {EXEC_LINK_INPUT};

	while (len > 0) {
		size_t part = len < EXEC_LINK_PIECE ? len : EXEC_LINK_PIECE;

		memcpy(message + 1, bytes, part);
		if (send_link(stream, message, 1 + part, err) < 0)
			return -1;
		bytes += part;
		len -= part;
	}
	return 0;
}

static void on_link(void *ctx, unsigned events)
{
	struct exec_stream *stream = ctx;

	/* Reading and sending is for the connection's turn; until then no more turns. */
	want(stream, stream->wanted & ~(events & (LOOP_READ | LOOP_WRITE)));
	if (events == LOOP_ERROR)
		loop_fd_remove(STEAL(stream->watch, NULL));
	stream->protocol.host.wake(stream->protocol.host.ctx);
}

static int connect_link(struct exec_stream *stream, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = stream->protocol.host.exec_socket;

	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(err, ERR_LIMIT, "the path of a socket is too long: %s", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	stream->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (stream->fd < 0)
		return err_sys(err, errno, "make a socket");
	if (connect(stream->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys(err, errno, "connect to the provisioner");
	stream->wanted = LOOP_READ;
	return loop_fd_add(stream->protocol.host.loop, stream->fd, LOOP_READ, on_link, stream,
			   &stream->watch, err);
}

/* The command begins. */
static void start(struct exec_stream *stream)
{
	uint8_t message[EXEC_LINK_OPEN_SIZE];
	struct err err;

	stream->started = true;
	exec_link_write_open(message, &stream->open);
	if (connect_link(stream, &err) < 0 ||
	    send_link(stream, message, sizeof(message), &err) < 0) {
		log_warn("exec=%s %s", stream->open.id, err.text);
		end_session(stream, NO_EXIT_CODE, "the command cannot be started now");
	}
}

/* --- from the client ------------------------------------------------------- */

/* The road of requests leads to a worker, and exec_stream_answer() to the store. */
static void ask(struct exec_stream *stream)
{
	struct protocol_host *host = &stream->protocol.host;
	struct exchange *exchange = exchange_new(host->budget, 1, host->peer);
	char target[sizeof(EXEC_STREAM_PATH) + ID_LEN];
	int len = snprintf(target, sizeof(target), EXEC_STREAM_PATH "%s", stream->open.id);

	if (exchange_set_method(exchange, "POST", 4) < 0 ||
	    exchange_set_target(exchange, target, (size_t)len) < 0 ||
	    exchange_add_body(exchange, (const uint8_t *)stream->open.token,
			      strlen(stream->open.token)) < 0) {
		exchange_free(exchange); /* too much is going on */
		end_session(stream, NO_EXIT_CODE, "too many requests: try again");
		return;
	}
	exchange_complete(exchange);
	stream->state = STREAM_CHECKING;
	host->request(host->ctx, exchange);
}

static void take_token(struct exec_stream *stream, const struct websocket_message *message)
{
	struct err err;

	if (message->opcode != WEBSOCKET_TEXT)
		return;
	if (ssm_channel_read_token(message->bytes, message->len, stream->open.token, &err) < 0)
		refuse(stream, &err);
	else
		ask(stream);
}

static int take_plain(struct exec_stream *stream, const uint8_t *bytes, size_t len, struct err *err)
{
	char id[sizeof(stream->open.id)], token[sizeof(stream->open.token)];

	if (stream->started)
		return len > 0 && len <= EXEC_LINK_MAX && bytes[0] != EXEC_LINK_OPEN
			       ? send_link(stream, bytes, len, err)
			       : err_set(err, ERR_INVALID, "a message of %zu bytes", len);
	if (len == 0 || bytes[0] != EXEC_LINK_START)
		return err_set(err, ERR_INVALID, "the first message is another");
	memcpy(id, stream->open.id, sizeof(id));
	memcpy(token, stream->open.token, sizeof(token));
	if (exec_link_read_open(bytes, len, &stream->open, err) < 0)
		return -1;
	memcpy(stream->open.id, id, sizeof(id));
	memcpy(stream->open.token, token, sizeof(token));
	start(stream);
	return 0;
}

static int take_event(struct exec_stream *stream, const struct ssm_event *event, struct err *err)
{
	uint8_t resize[EXEC_LINK_RESIZE_SIZE];

	switch (event->kind) {
	case SSM_EVENT_NONE:
		break;
	case SSM_EVENT_READY:
		start(stream);
		break;
	case SSM_EVENT_INPUT:
		return send_input(stream, event->bytes, event->len, err);
	case SSM_EVENT_SIZE:
		exec_link_write_resize(resize, event->size);
		return send_link(stream, resize, sizeof(resize), err);
	case SSM_EVENT_END:
		end_session(stream, NO_EXIT_CODE, "");
		break;
	}
	return 0;
}

static int take_binary(struct exec_stream *stream, const struct websocket_message *message,
		       struct err *err)
{
	struct ssm_event event;

	if (stream->plain)
		return take_plain(stream, message->bytes, message->len, err);
	if (ssm_channel_take(&stream->channel, message->bytes, message->len, &event, &stream->out,
			     err) < 0)
		return -1;
	return take_event(stream, &event, err);
}

static void take_message(struct exec_stream *stream, const struct websocket_message *message)
{
	struct err err;
	int result = 0;

	switch (message->opcode) {
	case WEBSOCKET_CLOSE:
		finish(stream, CLOSE_NORMAL);
		return;
	case WEBSOCKET_PING:
		result = websocket_write(&stream->out, WEBSOCKET_SERVER, WEBSOCKET_PONG,
					 message->bytes, message->len, &err);
		break;
	case WEBSOCKET_PONG:
		return;
	default:
		if (stream->state == STREAM_TOKEN)
			take_token(stream, message);
		else if (message->opcode == WEBSOCKET_BINARY)
			result = take_binary(stream, message, &err);
		break;
	}
	if (result < 0 && stream->state != STREAM_OVER)
		refuse(stream, &err);
}

/* Take the messages that are there, while nothing waits and nothing is being asked. */
static void take_messages(struct exec_stream *stream)
{
	struct websocket_message message;
	struct err err;
	int result = 1;

	while (result == 1 && stream->state != STREAM_OVER && stream->state != STREAM_CHECKING &&
	       flush(stream) && stream->out.len < OUT_MAX / 4) {
		result = websocket_next(&stream->websocket, &message, &err);
		if (result == 1)
			take_message(stream, &message);
		else if (result < 0)
			refuse(stream, &err);
	}
}

static size_t stream_receive(struct protocol *protocol, const uint8_t *bytes, size_t len)
{
	struct exec_stream *stream = (struct exec_stream *)protocol;
	struct err err;

	if (stream->state == STREAM_OVER)
		return len;
	take_messages(stream);
	/* So much is a message already, whole: that one first. */
	if (stream->websocket.in.len - stream->websocket.taken >=
	    WEBSOCKET_MESSAGE_MAX + WEBSOCKET_HEADER_MAX)
		return 0;
	if (len > WEBSOCKET_FEED_MAX)
		len = WEBSOCKET_FEED_MAX;
	if (websocket_feed(&stream->websocket, bytes, len, &err) < 0)
		return 0;
	take_messages(stream);
	return len;
}

/* --- to the client --------------------------------------------------------- */

static int put_link_message(struct exec_stream *stream, const uint8_t *message, size_t len,
			    struct err *err)
{
	if (message[0] == EXEC_LINK_EXIT && len >= 2) {
		char why[EXEC_LINK_MAX];

		(void)snprintf(why, sizeof(why), "%.*s", (int)(len - 2), (const char *)message + 2);
		end_session(stream, message[1], why);
		return 0;
	}
	if (stream->plain)
		return websocket_write(&stream->out, WEBSOCKET_SERVER, WEBSOCKET_BINARY, message,
				       len, err);
	return ssm_channel_output(&stream->channel, message + 1, len - 1, &stream->out, err);
}

/* One message of the provisioner; false if there is none now. */
static bool read_link(struct exec_stream *stream, struct err *err)
{
	uint8_t message[EXEC_LINK_MAX];
	ssize_t got = recv(stream->fd, message, sizeof(message), MSG_DONTWAIT);

	/* Said once, before the last messages, when the other end closed with some unread. */
	if (got < 0 && errno == ECONNRESET)
		got = recv(stream->fd, message, sizeof(message), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
		want(stream, stream->wanted | LOOP_READ);
		return false;
	}
	if (got <= 0)
		end_session(stream, NO_EXIT_CODE, "the session was cut off");
	else if (put_link_message(stream, message, (size_t)got, err) < 0)
		finish(stream, CLOSE_NORMAL);
	return stream->fd >= 0;
}

static int stream_produce(struct protocol *protocol, struct buf *out, size_t enough,
			  struct err *err)
{
	struct exec_stream *stream = (struct exec_stream *)protocol;

	take_messages(stream);
	while (stream->fd >= 0 && out->len + stream->out.len < enough && read_link(stream, err))
		;
	if (stream->out.len == 0)
		return 0;
	if (buf_append(out, stream->out.data, stream->out.len, err) < 0)
		return -1;
	buf_clear(&stream->out);
	return 0;
}

/* The store's answer about the token. */
static void stream_respond(struct protocol *protocol, struct exchange *exchange)
{
	struct exec_stream *stream = (struct exec_stream *)protocol;
	int status = exchange->response.status;
	struct err err;

	exchange_free(exchange);
	if (stream->state != STREAM_CHECKING)
		return;
	stream->state = STREAM_OPEN;
	if (status != 200)
		end_session(stream, NO_EXIT_CODE,
			    status == 403 ? "the session's token is wrong, used or too old"
					  : "the session cannot be opened now");
	else if (!stream->plain && ssm_channel_begin(&stream->channel, &stream->out, &err) < 0)
		finish(stream, CLOSE_NORMAL);
}

/* --- the rest of a protocol ------------------------------------------------ */

static void stream_drain(struct protocol *protocol)
{
	struct exec_stream *stream = (struct exec_stream *)protocol;

	if (stream->state != STREAM_OVER)
		end_session(stream, NO_EXIT_CODE, "the gateway is stopping");
}

static void stream_tick(struct protocol *protocol, int64_t now_ms)
{
	struct exec_stream *stream = (struct exec_stream *)protocol;

	if (!stream->started && now_ms - stream->begun_ms > TOKEN_MS)
		finish(stream, CLOSE_PROTOCOL);
}

static bool stream_is_finished(const struct protocol *protocol)
{
	const struct exec_stream *stream = (const struct exec_stream *)protocol;

	return stream->state == STREAM_OVER && stream->out.len == 0;
}

static bool stream_is_idle(const struct protocol *protocol)
{
	return stream_is_finished(protocol);
}

static bool stream_paces_itself(const struct protocol *protocol)
{
	return ((const struct exec_stream *)protocol)->started;
}

static size_t stream_backlog(const struct protocol *protocol)
{
	return ((const struct exec_stream *)protocol)->out.len;
}

static void stream_free(struct protocol *protocol)
{
	struct exec_stream *stream = (struct exec_stream *)protocol;

	close_link(stream);
	websocket_done(&stream->websocket);
	buf_done(&stream->out);
	buf_done(&stream->pending);
	free(stream);
}

static const struct protocol_class stream_class = {
	.receive = stream_receive,
	.produce = stream_produce,
	.respond = stream_respond,
	.drain = stream_drain,
	.tick = stream_tick,
	.is_finished = stream_is_finished,
	.is_idle = stream_is_idle,
	.backlog = stream_backlog,
	.paces_itself = stream_paces_itself,
	.free = stream_free,
};

/* --- the opening handshake ------------------------------------------------- */

/* Whether a comma-separated list of words has @word, in any case. */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (list && *list != '\0') {
		size_t part;

		list += strspn(list, " \t,");
		part = strcspn(list, " \t,");
		if (part == len && strncasecmp(list, word, len) == 0)
			return true;
		list += part;
	}
	return false;
}

/* The id in the path, or NULL. */
static const char *session_of(const struct request *request)
{
	size_t len = strlen(EXEC_STREAM_PATH);

	if (strncmp(request->path, EXEC_STREAM_PATH, len) != 0 ||
	    !exec_link_is_hex(request->path + len, ID_LEN))
		return NULL;
	return request->path + len;
}

static bool asks_for_websocket(const struct request *request)
{
	const char *version = request_header(request, "sec-websocket-version");
	const char *key = request_header(request, "sec-websocket-key");

	return strcmp(request->method, "GET") == 0 && version && strcmp(version, "13") == 0 &&
	       key && strlen(key) == KEY_LEN &&
	       has_word(request_header(request, "upgrade"), "websocket") &&
	       has_word(request_header(request, "connection"), "upgrade");
}

static void put_handshake(struct exec_stream *stream, const char *key)
{
	char accept[WEBSOCKET_ACCEPT_SIZE];
	struct err err;

	websocket_accept(key, accept);
	if (buf_printf(&stream->out, &err,
		       "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n"
		       "connection: upgrade\r\nsec-websocket-accept: %s\r\n%s\r\n",
		       accept,
		       stream->plain ? "sec-websocket-protocol: " EXEC_LINK_PROTOCOL "\r\n" : "") <
	    0)
		stream->state = STREAM_OVER;
}

struct protocol *exec_stream_new(const struct protocol_host *host, const struct request *request)
{
	const char *id = session_of(request);
	struct exec_stream *stream;

	if (!host->exec_socket || !id || !asks_for_websocket(request))
		return NULL;
	stream = xcalloc(1, sizeof(*stream));
	stream->protocol.class = &stream_class;
	stream->protocol.host = *host;
	stream->fd = -1;
	stream->begun_ms = clock_boot_ms();
	stream->plain =
		has_word(request_header(request, "sec-websocket-protocol"), EXEC_LINK_PROTOCOL);
	/* Until the client says another size: what terminals were for decades. */
	stream->open = (struct exec_link_open){.terminal = true, .size = {24, 80}};
	memcpy(stream->open.id, id, ID_LEN);
	websocket_init(&stream->websocket, WEBSOCKET_SERVER);
	buf_init(&stream->out, OUT_MAX);
	buf_init(&stream->pending, 2 * (WEBSOCKET_MESSAGE_MAX + EXEC_LINK_MAX));
	put_handshake(stream, request_header(request, "sec-websocket-key"));
	return &stream->protocol;
}

bool exec_stream_answer(struct db *state, const struct request *request, struct response *response)
{
	const char *id = session_of(request);
	char token[EXEC_TOKEN_SIZE] = "";
	struct err err = ERR_INIT;

	if (!id || strcmp(request->method, "POST") != 0)
		return false;
	if (request->body_len == sizeof(token) - 1)
		memcpy(token, request->body, sizeof(token) - 1);
	response->status = 200;
	response->content_type = "text/plain";
	if (exec_session_open(state, id, token, clock_wall_ms(), &err) == 0)
		return true;
	if (err.code != ERR_DENIED)
		log_error("request=%s exec=%s %s", request->id, id, err.text);
	response_fail(response, err.code == ERR_DENIED ? 403 : 500,
		      err.code == ERR_DENIED ? "AccessDeniedException" : "ServerException",
		      "The session cannot be opened.");
	return true;
}
