/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl makes the connection and TLS, and then only carries bytes
 * (CURLOPT_CONNECT_ONLY); HTTP/1.1's Upgrade is done here.
 */
#include "cli/client_stream.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "cli/client_private.h"

#define HANDSHAKE_MS 15000
#define HEAD_MAX     16384
#define READ_SIZE    16384
#define OUT_MAX	     (1u << 20) /* a piece of input is a hundredth of that */

struct client_stream {
	CURL *curl;
	int fd;
	struct websocket websocket;
	struct buf out;
};

void client_stream_free(struct client_stream *stream)
{
	if (stream == NULL)
		return;
	websocket_done(&stream->websocket);
	buf_done(&stream->out);
	if (stream->curl != NULL)
		curl_easy_cleanup(stream->curl);
	free(stream);
}

void client_stream_freep(struct client_stream **stream)
{
	client_stream_free(*stream);
	*stream = NULL;
}

int client_stream_fd(const struct client_stream *stream)
{
	return stream->fd;
}

bool client_stream_waits(const struct client_stream *stream)
{
	return stream->out.len > 0;
}

static int ended(struct err *err, const char *why)
{
	return err_set(err, ERR_UNAVAILABLE, "the connection ended: %s", why);
}

int client_stream_flush(struct client_stream *stream, struct err *err)
{
	while (stream->out.len > 0) {
		size_t sent = 0;
		CURLcode code =
			curl_easy_send(stream->curl, stream->out.data, stream->out.len, &sent);

		buf_consume(&stream->out, sent);
		if (code == CURLE_AGAIN)
			return 0;
		if (code != CURLE_OK)
			return ended(err, curl_easy_strerror(code));
	}
	return 0;
}

int client_stream_send(struct client_stream *stream, enum websocket_opcode opcode,
		       const void *bytes, size_t len, struct err *err)
{
	if (websocket_write(&stream->out, WEBSOCKET_CLIENT, opcode, bytes, len, err) < 0)
		return -1;
	return client_stream_flush(stream, err);
}

/* Some bytes: their number, 0 for none now, -1. */
static ssize_t receive(struct client_stream *stream, void *bytes, size_t size, struct err *err)
{
	size_t got = 0;
	CURLcode code = curl_easy_recv(stream->curl, bytes, size, &got);

	if (code == CURLE_AGAIN)
		return 0;
	if (code != CURLE_OK)
		return ended(err, curl_easy_strerror(code));
	return got > 0 ? (ssize_t)got : ended(err, "the server closed it");
}

int client_stream_next(struct client_stream *stream, struct websocket_message *ret_message,
		       struct err *err)
{
	uint8_t bytes[READ_SIZE];

	for (;;) {
		ssize_t got;
		int result = websocket_next(&stream->websocket, ret_message, err);

		if (result < 0)
			return -1;
		if (result == 1 && ret_message->opcode == WEBSOCKET_CLOSE)
			return ended(err, "the server closed it");
		if (result == 1 && ret_message->opcode != WEBSOCKET_PING)
			return 1;
		if (result == 1) {
			if (client_stream_send(stream, WEBSOCKET_PONG, ret_message->bytes,
					       ret_message->len, err) < 0)
				return -1;
			continue;
		}
		got = receive(stream, bytes, sizeof(bytes), err);
		if (got <= 0)
			return (int)got;
		if (websocket_feed(&stream->websocket, bytes, (size_t)got, err) < 0)
			return -1;
	}
}

/* --- the opening handshake --------------------------------------------------- */

static int connect_to(struct client_stream *stream, const struct client *client, const char *url,
		      struct err *err)
{
	char detail[CURL_ERROR_SIZE] = "";
	curl_socket_t fd = CURL_SOCKET_BAD;

	stream->curl = curl_easy_init();
	if (stream->curl == NULL)
		return err_set(err, ERR_SYSTEM, "libcurl cannot start");
	curl_easy_setopt(stream->curl, CURLOPT_URL, url);
	curl_easy_setopt(stream->curl, CURLOPT_ERRORBUFFER, detail);
	curl_easy_setopt(stream->curl, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(stream->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(stream->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(stream->curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(stream->curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(stream->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)HANDSHAKE_MS);
	if (client->ca_bundle != NULL)
		curl_easy_setopt(stream->curl, CURLOPT_CAINFO, client->ca_bundle);
	CURLcode code = curl_easy_perform(stream->curl);
	curl_easy_setopt(stream->curl, CURLOPT_ERRORBUFFER, NULL);
	if (code == CURLE_OK)
		code = curl_easy_getinfo(stream->curl, CURLINFO_ACTIVESOCKET, &fd);
	if (code != CURLE_OK || fd == CURL_SOCKET_BAD)
		return err_set(err, ERR_UNAVAILABLE, "%s: %s", url,
			       detail[0] != '\0' ? detail : curl_easy_strerror(code));
	stream->fd = fd;
	return 0;
}

static int wait_for(const struct client_stream *stream, short events, struct err *err)
{
	struct pollfd wait = {.fd = stream->fd, .events = events};

	if (poll(&wait, 1, HANDSHAKE_MS) <= 0)
		return err_set(err, ERR_TIMEOUT, "the server does not answer the handshake");
	return 0;
}

static int send_head(struct client_stream *stream, const char *url, const char *protocol,
		     const char *key, struct err *err)
{
	const char *host = url + strlen("https://");
	size_t host_len = strcspn(host, "/");

	if (buf_printf(&stream->out, err,
		       "GET %s HTTP/1.1\r\nHost: %.*s\r\nUpgrade: websocket\r\n"
		       "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		       "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
		       host + host_len, (int)host_len, host, key, protocol) < 0)
		return -1;
	while (stream->out.len > 0) {
		if (client_stream_flush(stream, err) < 0 ||
		    (stream->out.len > 0 && wait_for(stream, POLLOUT, err) < 0))
			return -1;
	}
	return 0;
}

/* The head of the answer; what came behind it is the WebSocket's. */
static int read_head(struct client_stream *stream, struct buf *head, struct err *err)
{
	for (;;) {
		char bytes[1024];
		const char *text = buf_text(head);
		const char *end = text != NULL ? strstr(text, "\r\n\r\n") : NULL;
		ssize_t got;

		if (end != NULL) {
			size_t len = (size_t)(end - text) + 4;

			if (websocket_feed(&stream->websocket, text + len, head->len - len, err) <
			    0)
				return -1;
			head->len = len;
			return 0;
		}
		got = receive(stream, bytes, sizeof(bytes), err);
		if (got < 0 || (got == 0 && wait_for(stream, POLLIN, err) < 0) ||
		    buf_append(head, bytes, (size_t)got, err) < 0)
			return -1;
	}
}

static int shake_hands(struct client_stream *stream, const char *url, const char *protocol,
		       struct err *err)
{
	char key[WEBSOCKET_KEY_SIZE], accept[WEBSOCKET_ACCEPT_SIZE];
	AUTO(buf_done) struct buf head;
	const char *text;

	buf_init(&head, HEAD_MAX);
	websocket_key(key);
	websocket_accept(key, accept);
	if (send_head(stream, url, protocol, key, err) < 0 || read_head(stream, &head, err) < 0)
		return -1;
	text = buf_text(&head);
	if (text == NULL || strncmp(text, "HTTP/1.1 101 ", 13) != 0 || !strstr(text, accept) ||
	    !strstr(text, protocol))
		return err_set(err, ERR_UNAVAILABLE, "%s is no such stream: %.*s", url,
			       (int)strcspn(text != NULL ? text : "", "\r"),
			       text != NULL ? text : "");
	return 0;
}

int client_stream_open(struct client *client, const char *url, const char *protocol,
		       struct client_stream **ret_stream, struct err *err)
{
	AUTO(client_stream_freep) struct client_stream *stream = xcalloc(1, sizeof(*stream));
	AUTO(freep) char *https = NULL;

	websocket_init(&stream->websocket, WEBSOCKET_CLIENT);
	buf_init(&stream->out, OUT_MAX);
	if (strncmp(url, "wss://", 6) != 0 || strchr(url + 6, '/') == NULL)
		return err_set(err, ERR_INVALID, "'%s' is no URL of a stream", url);
	https = xasprintf("https://%s", url + 6);
	if (connect_to(stream, client, https, err) < 0 ||
	    shake_hands(stream, https, protocol, err) < 0)
		return -1;
	*ret_stream = STEAL(stream, NULL);
	return 0;
}
