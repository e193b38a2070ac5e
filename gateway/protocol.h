/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a protocol (HTTP/1.1, HTTP/2) is to a connection: bytes in, bytes out,
 * exchanges up, answers down. A protocol does no I/O and no waiting; it is told
 * the time by protocol_tick(). A peer's fault is never an error of these
 * functions: it becomes an answer, and protocol_is_finished() if the connection
 * has to end.
 */
#ifndef SLIPWAY_GATEWAY_PROTOCOL_H
#define SLIPWAY_GATEWAY_PROTOCOL_H

#include "core/loop.h"
#include "gateway/exchange.h"

/* How long a peer may take, and how much it may have open; all from the configuration. */
struct protocol_limits {
	int64_t header_ms;    /* from the first byte of a head to its last */
	int64_t body_ms;      /* from the head to the last byte of a small body or answer */
	int64_t rate_bytes_s; /* each so many bytes give a body or an answer one second more */
	int64_t idle_ms;      /* without any request */
	int64_t streams;      /* HTTP/2 */
};

struct protocol;

/* What the protocol sees of the connection. */
struct protocol_host {
	void *ctx;
	struct body_memory *budget;
	const struct protocol_limits *limits;
	const char *peer;
	/* A whole request: the host owns it until it calls protocol_respond(). */
	void (*request)(void *ctx, struct exchange *exchange);
	/* The peer took back a request that the host owns: no answer is wanted any
	 * more, and the host frees it when nobody works on it. */
	void (*abandoned)(void *ctx, struct exchange *exchange);
	/* A request was refused, or a flood was seen: for counters and the log. */
	void (*refused)(void *ctx, const char *why);
	/* The connection speaks another protocol behind the bytes that were received: the host
	 * takes it, and frees the one that calls. */
	void (*upgrade)(void *ctx, struct protocol *next);
	/* From a callback of the loop: the protocol may have something to produce, or take
	 * more. It may be freed in this call. */
	void (*wake)(void *ctx);
	struct loop *loop;
	const char *exec_socket; /* of the provisioner, for commands; NULL: there are none */
};

struct protocol_class {
	size_t (*receive)(struct protocol *protocol, const uint8_t *bytes, size_t len);
	int (*produce)(struct protocol *protocol, struct buf *out, size_t enough, struct err *err);
	void (*respond)(struct protocol *protocol, struct exchange *exchange);
	void (*drain)(struct protocol *protocol);
	void (*tick)(struct protocol *protocol, int64_t now_ms);
	bool (*is_finished)(const struct protocol *protocol);
	bool (*is_idle)(const struct protocol *protocol);
	size_t (*backlog)(const struct protocol *protocol);
	bool (*paces_itself)(const struct protocol *protocol); /* NULL: never */
	void (*free)(struct protocol *protocol);
};

struct protocol {
	const struct protocol_class *class;
	struct protocol_host host;
};

/* Take bytes from the peer; returns how many were used. Fewer than @len: the rest
 * must be offered again after the next protocol_respond(). */
static inline size_t protocol_receive(struct protocol *protocol, const uint8_t *bytes, size_t len)
{
	return protocol->class->receive(protocol, bytes, len);
}

/* Append bytes for the peer to @out until it holds @enough or there is nothing. */
static inline int protocol_produce(struct protocol *protocol, struct buf *out, size_t enough,
				   struct err *err)
{
	return protocol->class->produce(protocol, out, enough, err);
}

/* The answer of an exchange is filled in; takes the exchange back. */
static inline void protocol_respond(struct protocol *protocol, struct exchange *exchange)
{
	protocol->class->respond(protocol, exchange);
}

/* Take no new requests, finish what there is. */
static inline void protocol_drain(struct protocol *protocol)
{
	protocol->class->drain(protocol);
}

static inline void protocol_tick(struct protocol *protocol, int64_t now_ms)
{
	protocol->class->tick(protocol, now_ms);
}

/* Once everything produced is sent, the connection is to be closed. */
static inline bool protocol_is_finished(const struct protocol *protocol)
{
	return protocol->class->is_finished(protocol);
}

/* No request is open: it may be closed without loss. */
static inline bool protocol_is_idle(const struct protocol *protocol)
{
	return protocol->class->is_idle(protocol);
}

/* Bytes of answers that wait to be produced. */
static inline size_t protocol_backlog(const struct protocol *protocol)
{
	return protocol->class->backlog(protocol);
}

/* What is produced waits for a person who was let in and may read when they like: who makes it
 * is stopped meanwhile. */
static inline bool protocol_paces_itself(const struct protocol *protocol)
{
	return protocol->class->paces_itself && protocol->class->paces_itself(protocol);
}

/* Exchanges that the host owns stay the host's. */
static inline void protocol_free(struct protocol *protocol)
{
	if (protocol)
		protocol->class->free(protocol);
}

#endif
