/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A WebSocket of the client to the server: whole messages, without waiting.
 */
#ifndef SLIPWAY_CLI_CLIENT_STREAM_H
#define SLIPWAY_CLI_CLIENT_STREAM_H

#include "cli/client.h"
#include "core/websocket.h"

struct client_stream;

/* @url: "wss://...", as an answer gave it. Waits for the opening handshake, which agrees on
 * @protocol. @client is borrowed until the end. */
int client_stream_open(struct client *client, const char *url, const char *protocol,
		       struct client_stream **ret_stream, struct err *err) MUST_CHECK;
void client_stream_free(struct client_stream *stream);
void client_stream_freep(struct client_stream **stream);

/* To be polled: for reading, and for writing while client_stream_waits(). */
int client_stream_fd(const struct client_stream *stream);

int client_stream_send(struct client_stream *stream, enum websocket_opcode opcode,
		       const void *bytes, size_t len, struct err *err) MUST_CHECK;
/* Send what was not sent yet, as far as it goes. */
int client_stream_flush(struct client_stream *stream, struct err *err) MUST_CHECK;
/* Something was not sent yet. */
bool client_stream_waits(const struct client_stream *stream);

/* 1 and a message (borrowed until the next call), 0: none now, -1: ERR_UNAVAILABLE at the
 * end of the connection. Pings are answered. */
int client_stream_next(struct client_stream *stream, struct websocket_message *ret_message,
		       struct err *err) MUST_CHECK;

#endif
