/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes and their text forms; the home of OpenSSL's EVP and HMAC headers.
 */
#ifndef SLIPWAY_CORE_DIGEST_H
#define SLIPWAY_CORE_DIGEST_H

#include "core/err.h"

#define SHA256_SIZE	32
#define SHA256_HEX_SIZE 65 /* with the zero */

void sha256(const void *bytes, size_t len, uint8_t ret[SHA256_SIZE]);
void sha256_hex(const void *bytes, size_t len, char ret[SHA256_HEX_SIZE]);
/* For the handshake of WebSocket, which asks for it. */
#define SHA1_SIZE 20
void sha1(const void *bytes, size_t len, uint8_t ret[SHA1_SIZE]);
void hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
		 uint8_t ret[SHA256_SIZE]);

/* SHA-256 of bytes that come in pieces. The caller frees; _hex may be called once. */
struct sha256_stream;
struct sha256_stream *sha256_stream_new(void);
void sha256_stream_add(struct sha256_stream *stream, const void *bytes, size_t len);
void sha256_stream_hex(struct sha256_stream *stream, char ret[SHA256_HEX_SIZE]);
void sha256_stream_free(struct sha256_stream *stream); /* takes NULL */
void sha256_stream_freep(struct sha256_stream **stream);

/* SHA-256 of a whole file, read in pieces. */
int sha256_file_hex(const char *path, char ret[SHA256_HEX_SIZE], struct err *err) MUST_CHECK;

/* Lower-case hex with a zero: @ret has 2*len+1 bytes. */
void hex_encode(const void *bytes, size_t len, char *ret);
/* @ret has hex_len/2 bytes; ERR_INVALID unless all are hex digits of even count. */
int hex_decode(const char *hex, size_t hex_len, uint8_t *ret, struct err *err) MUST_CHECK;

/* Time depends on @len only. */
bool bytes_equal_constant_time(const void *a, const void *b, size_t len);

#endif
