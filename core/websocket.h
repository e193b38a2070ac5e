/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSocket (RFC 6455) behind its opening handshake: bytes in, messages out, and
 * back. No extensions. Does no I/O.
 */
#ifndef SLIPWAY_CORE_WEBSOCKET_H
#define SLIPWAY_CORE_WEBSOCKET_H

#include "core/buf.h"

enum websocket_opcode {
	WEBSOCKET_CONTINUATION = 0,
	WEBSOCKET_TEXT = 1,
	WEBSOCKET_BINARY = 2,
	WEBSOCKET_CLOSE = 8,
	WEBSOCKET_PING = 9,
	WEBSOCKET_PONG = 10,
};

/* A client masks what it sends, a server does not. */
enum websocket_role { WEBSOCKET_SERVER, WEBSOCKET_CLIENT };

#define WEBSOCKET_MESSAGE_MAX (64u * 1024) /* of all its fragments together */
#define WEBSOCKET_HEADER_MAX  14
/* So many bytes always fit once websocket_next() has said that there is nothing. */
#define WEBSOCKET_FEED_MAX    (64u * 1024)

struct websocket_message {
	enum websocket_opcode opcode; /* never CONTINUATION: fragments were put together */
	const uint8_t *bytes;	      /* borrowed until the next call */
	size_t len;
};

struct websocket {
	enum websocket_role role; /* our own */
	struct buf in;		  /* bytes that came; the first @taken are done with */
	size_t taken;
	struct buf message;		/* fragments so far */
	enum websocket_opcode fragment; /* of them; CONTINUATION: none are open */
};

void websocket_init(struct websocket *websocket, enum websocket_role role);
void websocket_done(struct websocket *websocket);

int websocket_feed(struct websocket *websocket, const void *bytes, size_t len, struct err *err)
	MUST_CHECK;
/* 1 and a message, 0 if more bytes are needed, -1 for a breach of the protocol (ERR_INVALID) or
 * a message that is too long (ERR_LIMIT): then nothing that follows has a meaning. */
int websocket_next(struct websocket *websocket, struct websocket_message *ret_message,
		   struct err *err) MUST_CHECK;

/* Append a message in one frame. */
int websocket_write(struct buf *out, enum websocket_role role, enum websocket_opcode opcode,
		    const void *bytes, size_t len, struct err *err) MUST_CHECK;

/* What a server answers to the client's Sec-WebSocket-Key. */
#define WEBSOCKET_ACCEPT_SIZE 29
void websocket_accept(const char *key, char ret[WEBSOCKET_ACCEPT_SIZE]);
/* A key for a client. */
#define WEBSOCKET_KEY_SIZE 25
void websocket_key(char ret[WEBSOCKET_KEY_SIZE]);

#endif
