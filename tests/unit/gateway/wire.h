/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server with a certificate of its own, its loop turned by hand, and clients of
 * it that speak TLS from the same thread.
 */
#ifndef SLIPWAY_TESTS_UNIT_GATEWAY_WIRE_H
#define SLIPWAY_TESTS_UNIT_GATEWAY_WIRE_H

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/log.h"
#include "gateway/conn.h"
#include "tests/support/suite.h"

struct wire {
	char folder[64], certificate[96], key[96];
	struct server server;
	atomic_int handled;
	atomic_int hold;     /* workers wait while it is set */
	size_t answer_bytes; /* 0: answer with the path */
};

/* A key and a self-signed certificate for @name. */
static inline void wire_certify(const struct wire *wire, const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	X509_NAME *subject;
	FILE *file;

	ck_assert(key && certificate);
	(void)X509_set_version(certificate, 2);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
	(void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	(void)X509_set_pubkey(certificate, key);
	subject = X509_get_subject_name(certificate);
	(void)X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const uint8_t *)name, -1, -1,
					 0);
	(void)X509_set_issuer_name(certificate, subject);
	ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
	file = fopen(wire->certificate, "w");
	ck_assert(file && PEM_write_X509(file, certificate) == 1);
	(void)fclose(file);
	file = fopen(wire->key, "w");
	ck_assert(file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
	(void)fclose(file);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static inline void *wire_handle(void *ctx, unsigned worker, const struct request *request,
				struct response *response)
{
	struct wire *wire = ctx;
	struct err err = ERR_INIT;
	uint8_t *room;

	(void)worker;
	while (atomic_load(&wire->hold))
		usleep(1000);
	response->status = 200;
	response->content_type = "text/plain";
	if (wire->answer_bytes == 0) {
		if (buf_append_text(&response->body, request->path, &err) < 0)
			abort();
	} else {
		if (buf_reserve(&response->body, wire->answer_bytes, &room, &err) < 0)
			abort();
		memset(room, 'x', wire->answer_bytes);
		buf_added(&response->body, wire->answer_bytes);
	}
	atomic_fetch_add(&wire->handled, 1);
	return NULL;
}

static inline void wire_init(struct wire *wire, unsigned workers, size_t queue)
{
	struct err err = ERR_INIT;

	log_open("test", LOG_LEVEL_ERROR);
	memset(wire, 0, sizeof(*wire));
	(void)suite_folder(wire->folder, sizeof(wire->folder));
	(void)snprintf(wire->certificate, sizeof(wire->certificate), "%s/server.pem", wire->folder);
	(void)snprintf(wire->key, sizeof(wire->key), "%s/server.key", wire->folder);
	wire_certify(wire, "first");
	wire->server.limits = (struct server_limits){
		.protocol = {.header_ms = 10000,
			     .body_ms = 30000,
			     .rate_bytes_s = 8192,
			     .idle_ms = 60000,
			     .streams = 100},
		.connections = 1024,
		.connections_per_peer = 256,
		.handshake_ms = 10000,
		.stall_ms = 30000,
		.output_bytes = 4 << 20,
		.jobs_per_connection = 16,
	};
	wire->server.budget.max = 256u << 20;
	wire->server.handle = wire_handle;
	wire->server.handle_ctx = wire;
	ASSERT_OK(loop_new(&wire->server.loop, &err), &err);
	ASSERT_OK(tls_server_new(wire->certificate, wire->key, &wire->server.tls, &err), &err);
	ASSERT_OK(jobs_new(wire->server.loop, workers, queue, &wire->server.jobs, &err), &err);
}

static inline void wire_done(struct wire *wire)
{
	atomic_store(&wire->hold, 0);
	jobs_free(wire->server.jobs);
	loop_free(wire->server.loop);
	tls_server_free(wire->server.tls);
	ck_assert_uint_eq(wire->server.budget.used, 0);
	ck_assert_uint_eq(wire->server.in_work, 0);
	(void)unlink(wire->certificate);
	(void)unlink(wire->key);
	(void)rmdir(wire->folder);
}

static inline void wire_stop(void *ctx)
{
	loop_stop(ctx);
}

/* One turn of the loop. */
static inline void wire_turn(struct wire *wire)
{
	struct err err = ERR_INIT;

	(void)loop_timer_add(wire->server.loop, 1, wire_stop, wire->server.loop);
	ASSERT_OK(loop_run(wire->server.loop, &err), &err);
}

/* --- clients ------------------------------------------------------------------------ */

struct client {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
	bool connected, failed, ended;
	struct buf got;
};

/* Takes the non-blocking @fd. @protocols: as in ALPN, with lengths, or NULL. */
static inline void client_init(struct client *client, int fd, const char *protocols)
{
	memset(client, 0, sizeof(*client));
	client->fd = fd;
	client->ctx = SSL_CTX_new(TLS_client_method());
	ck_assert_ptr_nonnull(client->ctx);
	client->ssl = SSL_new(client->ctx);
	ck_assert(client->ssl && SSL_set_fd(client->ssl, fd) == 1);
	SSL_set_connect_state(client->ssl);
	SSL_set_mode(client->ssl,
		     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (protocols)
		(void)SSL_set_alpn_protos(client->ssl, (const uint8_t *)protocols,
					  (unsigned)strlen(protocols));
	buf_init(&client->got, 64u << 20);
}

static inline void client_done(struct client *client)
{
	SSL_free(client->ssl);
	SSL_CTX_free(client->ctx);
	if (client->fd >= 0)
		close(client->fd);
	buf_done(&client->got);
}

static inline bool client_wants(const struct client *client, int result)
{
	int error = SSL_get_error(client->ssl, result);

	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

/* Shake hands and read what is there. */
static inline void client_turn(struct client *client)
{
	char bytes[16384];
	struct err err = ERR_INIT;
	int result;

	if (client->failed || client->ended)
		return;
	ERR_clear_error();
	if (!client->connected) {
		result = SSL_do_handshake(client->ssl);
		client->connected = result == 1;
		client->failed = result != 1 && !client_wants(client, result);
		if (!client->connected)
			return;
	}
	while ((result = SSL_read(client->ssl, bytes, sizeof(bytes))) > 0)
		ASSERT_OK(buf_append(&client->got, bytes, (size_t)result, &err), &err);
	if (!client_wants(client, result))
		client->ended = true;
}

/* As much of @bytes as the socket takes; how much that was. */
static inline size_t client_send(struct client *client, const void *bytes, size_t len)
{
	size_t wrote = 0;

	ERR_clear_error();
	return SSL_write_ex(client->ssl, bytes, len, &wrote) == 1 ? wrote : 0;
}

static inline const char *client_text(struct client *client)
{
	return buf_text(&client->got);
}

/* Turn until @word has come, or the stream has ended: was it there? */
static inline bool wire_await(struct wire *wire, struct client *client, const char *word)
{
	for (int i = 0; i < 3000; i++) {
		client_turn(client);
		if (strstr(client_text(client), word))
			return true;
		if (client->ended || client->failed)
			return false;
		wire_turn(wire);
	}
	return false;
}

#endif
