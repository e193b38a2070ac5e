/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS of the server's side, from memory to memory: the home of OpenSSL's ssl.h.
 * TLS 1.3 and 1.2, forward secrecy and authenticated encryption only, no
 * renegotiation, no compression, no session tickets (a key of tickets that is
 * never changed would undo forward secrecy, and handshakes are cheap enough).
 */
#ifndef SLIPWAY_GATEWAY_TLS_H
#define SLIPWAY_GATEWAY_TLS_H

#include "core/buf.h"

/* Certificate, key and settings; loops share nothing, so it belongs to one. */
struct tls_server;

/* PEM files: the certificate first, then its chain; an unencrypted key. */
int tls_server_new(const char *certificate, const char *key, struct tls_server **ret_server,
		   struct err *err) MUST_CHECK;
void tls_server_free(struct tls_server *server); /* takes NULL; sessions go on */
/* Read the files again. On failure the old ones stay; sessions are never touched. */
int tls_server_reload(struct tls_server *server, struct err *err) MUST_CHECK;
/* Have the files changed since they were read? */
bool tls_server_is_stale(const struct tls_server *server);

/* One connection. */
struct tls;

int tls_new(struct tls_server *server, struct tls **ret_tls, struct err *err) MUST_CHECK;
void tls_free(struct tls *tls); /* takes NULL */

/* Bytes from the network; all are taken, to be worked off by the calls below. */
int tls_feed(struct tls *tls, const void *bytes, size_t len, struct err *err) MUST_CHECK;

/* Go on with the handshake: 1 when it is done, 0 when more bytes are needed, -1
 * when it failed (what tls_take() then yields is the alert for the peer). */
int tls_handshake(struct tls *tls, struct err *err) MUST_CHECK;
/* After a failed handshake: the peer spoke plain HTTP. */
bool tls_saw_plain_http(const struct tls *tls);
/* The protocol that was agreed on: true for "h2". */
bool tls_is_h2(const struct tls *tls);
const char *tls_version(const struct tls *tls); /* "TLSv1.3" */

/* Decrypted bytes into @room: their number, 0 when more must be fed first, -1 on
 * a broken stream. *ret_ended: the peer has said that nothing follows. */
ssize_t tls_read(struct tls *tls, void *room, size_t len, bool *ret_ended, struct err *err)
	MUST_CHECK;
/* Encrypt all of @bytes. */
int tls_write(struct tls *tls, const void *bytes, size_t len, struct err *err) MUST_CHECK;
/* Say that nothing follows. */
void tls_close(struct tls *tls);

/* Append what is to be sent to @out. ERR_LIMIT at its maximum. */
int tls_take(struct tls *tls, struct buf *out, struct err *err) MUST_CHECK;

#endif
