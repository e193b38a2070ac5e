/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An SSL object between two memory BIOs: the network's side writes what it read
 * from the socket into one and sends what it finds in the other.
 *
 * A reload makes a whole new SSL_CTX and swaps it in; OpenSSL counts references,
 * so connections keep the one that they began with. The files' times and sizes
 * are remembered from before they were read, so that a change during the reading
 * is seen the next time.
 */
#include "gateway/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/stat.h>

#define TLS12_CIPHERS                                                                              \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                               \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"                               \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
#define TLS13_CIPHERS "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define TLS_GROUPS    "X25519:P-256:P-384"

/* A ClientHello of today has 0.5 to 2 KiB; OpenSSL's own limit is 128 KiB. */
#define HANDSHAKE_MESSAGE_MAX 16384

struct stamp {
	struct timespec changed;
	ino_t inode;
	off_t size;
};

struct tls_server {
	SSL_CTX *ctx;
	char *certificate, *key;
	struct stamp certificate_stamp, key_stamp;
};

struct tls {
	SSL *ssl;
	BIO *in, *out; /* owned by ssl */
	bool plain_http;
};

/* OpenSSL's oldest complaint as our error; its queue is empty afterwards. */
static int tls_error(struct err *err, enum err_code code, const char *what)
{
	unsigned long number = ERR_get_error();
	char text[256] = "unknown reason";

	if (number != 0)
		ERR_error_string_n(number, text, sizeof(text));
	ERR_clear_error();
	return err_set(err, code, "%s: %s", what, text);
}

static struct stamp stamp_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return (struct stamp){.size = -1};
	return (struct stamp){.changed = st.st_mtim, .inode = st.st_ino, .size = st.st_size};
}

static bool stamp_equals(const struct stamp *a, const struct stamp *b)
{
	return a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec &&
	       a->inode == b->inode && a->size == b->size;
}

/* "h2" if the peer has it, else "http/1.1"; a peer that names only others is told so. */
static int select_protocol(SSL *ssl, const unsigned char **ret, unsigned char *ret_len,
			   const unsigned char *offered, unsigned int offered_len, void *arg)
{
	static const unsigned char ours[] = "\x02h2\x08http/1.1";
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, ret_len, ours, sizeof(ours) - 1, offered, offered_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*ret = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static int configure(SSL_CTX *ctx, const struct tls_server *server, struct err *err)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					 SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
					 SSL_OP_PRIORITIZE_CHACHA | SSL_OP_CLEANSE_PLAINTEXT);
	/* Idle connections hold no record buffers. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_cert_list(ctx, HANDSHAKE_MESSAGE_MAX);
	SSL_CTX_set_alpn_select_cb(ctx, select_protocol, NULL);
	if (SSL_CTX_set_num_tickets(ctx, 0) != 1 ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, TLS12_CIPHERS) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx, TLS13_CIPHERS) != 1 ||
	    SSL_CTX_set1_groups_list(ctx, TLS_GROUPS) != 1)
		return tls_error(err, ERR_SYSTEM, "set up tls");
	if (SSL_CTX_use_certificate_chain_file(ctx, server->certificate) != 1) {
		(void)tls_error(err, ERR_INVALID, "read certificate");
		return err_wrap(err, "%s", server->certificate);
	}
	if (SSL_CTX_use_PrivateKey_file(ctx, server->key, SSL_FILETYPE_PEM) != 1) {
		(void)tls_error(err, ERR_INVALID, "read key");
		return err_wrap(err, "%s", server->key);
	}
	if (SSL_CTX_check_private_key(ctx) != 1) {
		(void)tls_error(err, ERR_INVALID, "key does not belong to the certificate");
		return err_wrap(err, "%s", server->key);
	}
	return 0;
}

int tls_server_reload(struct tls_server *server, struct err *err)
{
	struct stamp certificate_stamp = stamp_of(server->certificate);
	struct stamp key_stamp = stamp_of(server->key);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	static char no_passphrase[] = "";
	int result;

	/* A broken file is reported once and tried again when it changes. */
	server->certificate_stamp = certificate_stamp;
	server->key_stamp = key_stamp;
	if (!ctx)
		return tls_error(err, ERR_SYSTEM, "set up tls");
	/* Nobody is there to type a passphrase: take the empty one and do not ask. */
	SSL_CTX_set_default_passwd_cb_userdata(ctx, no_passphrase);
	result = configure(ctx, server, err);
	if (result < 0) {
		SSL_CTX_free(ctx);
		return -1;
	}
	SSL_CTX_free(server->ctx);
	server->ctx = ctx;
	return 0;
}

int tls_server_new(const char *certificate, const char *key, struct tls_server **ret_server,
		   struct err *err)
{
	struct tls_server *server = xcalloc(1, sizeof(*server));

	server->certificate = xstrdup(certificate);
	server->key = xstrdup(key);
	if (tls_server_reload(server, err) < 0) {
		tls_server_free(server);
		return -1;
	}
	*ret_server = server;
	return 0;
}

void tls_server_free(struct tls_server *server)
{
	if (!server)
		return;
	SSL_CTX_free(server->ctx);
	free(server->certificate);
	free(server->key);
	free(server);
}

bool tls_server_is_stale(const struct tls_server *server)
{
	struct stamp certificate = stamp_of(server->certificate);
	struct stamp key = stamp_of(server->key);

	return !stamp_equals(&certificate, &server->certificate_stamp) ||
	       !stamp_equals(&key, &server->key_stamp);
}

int tls_new(struct tls_server *server, struct tls **ret_tls, struct err *err)
{
	struct tls *tls = xcalloc(1, sizeof(*tls));

	tls->ssl = SSL_new(server->ctx);
	tls->in = BIO_new(BIO_s_mem());
	tls->out = BIO_new(BIO_s_mem());
	if (!tls->ssl || !tls->in || !tls->out) {
		BIO_free(tls->in);
		BIO_free(tls->out);
		SSL_free(tls->ssl);
		free(tls);
		return tls_error(err, ERR_NO_SPACE, "make tls session");
	}
	SSL_set_bio(tls->ssl, tls->in, tls->out);
	SSL_set_accept_state(tls->ssl);
	*ret_tls = tls;
	return 0;
}

void tls_free(struct tls *tls)
{
	if (!tls)
		return;
	SSL_free(tls->ssl);
	free(tls);
}

int tls_feed(struct tls *tls, const void *bytes, size_t len, struct err *err)
{
	size_t wrote = 0;

	if (len == 0)
		return 0;
	if (BIO_write_ex(tls->in, bytes, len, &wrote) != 1 || wrote != len)
		return tls_error(err, ERR_NO_SPACE, "keep received bytes");
	return 0;
}

int tls_handshake(struct tls *tls, struct err *err)
{
	int result;

	ERR_clear_error();
	result = SSL_do_handshake(tls->ssl);
	if (result == 1)
		return 1;
	if (SSL_get_error(tls->ssl, result) == SSL_ERROR_WANT_READ)
		return 0;
	tls->plain_http = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
	return tls_error(err, ERR_INVALID, "handshake");
}

bool tls_saw_plain_http(const struct tls *tls)
{
	return tls->plain_http;
}

bool tls_is_h2(const struct tls *tls)
{
	const unsigned char *name;
	unsigned int len;

	SSL_get0_alpn_selected(tls->ssl, &name, &len);
	return len == 2 && memcmp(name, "h2", 2) == 0;
}

const char *tls_version(const struct tls *tls)
{
	return SSL_get_version(tls->ssl);
}

ssize_t tls_read(struct tls *tls, void *room, size_t len, bool *ret_ended, struct err *err)
{
	size_t got = 0;
	int result;

	ERR_clear_error();
	result = SSL_read_ex(tls->ssl, room, len, &got);
	if (result == 1)
		return (ssize_t)got;
	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		*ret_ended = true;
		return 0;
	default:
		return tls_error(err, ERR_CORRUPT, "read");
	}
}

int tls_write(struct tls *tls, const void *bytes, size_t len, struct err *err)
{
	size_t wrote = 0;

	if (len == 0)
		return 0;
	ERR_clear_error();
	if (SSL_write_ex(tls->ssl, bytes, len, &wrote) != 1 || wrote != len)
		return tls_error(err, ERR_SYSTEM, "write");
	return 0;
}

void tls_close(struct tls *tls)
{
	ERR_clear_error();
	/* Says so if the peer can still hear it; nobody waits for an answer. */
	if (SSL_is_init_finished(tls->ssl))
		(void)SSL_shutdown(tls->ssl);
	ERR_clear_error();
}

int tls_take(struct tls *tls, struct buf *out, struct err *err)
{
	char *bytes;
	long len = BIO_get_mem_data(tls->out, &bytes);

	if (len <= 0)
		return 0;
	if (buf_append(out, bytes, (size_t)len, err) < 0)
		return -1;
	(void)BIO_reset(tls->out);
	return 0;
}
