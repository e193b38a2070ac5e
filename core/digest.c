/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes by OpenSSL. The algorithm is fetched once a process: an implicit fetch
 * costs more than hashing a small request. HMAC (RFC 2104) is done here by two hashes:
 * OpenSSL's own fetches two algorithms by name for each message. SHA-256 of bytes in memory cannot
 * fail but by a broken library or no memory, and both end the process.
 */
#include "core/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#define FILE_PIECE   65536
#define SHA256_BLOCK 64

static EVP_MD *sha256_method; /* for the life of the process */

static void fetch_method(void)
{
	sha256_method = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!sha256_method)
		abort();
}

static const EVP_MD *method(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (pthread_once(&once, fetch_method) != 0)
		abort();
	return sha256_method;
}

void sha256(const void *bytes, size_t len, uint8_t ret[SHA256_SIZE])
{
	if (EVP_Digest(bytes, len, ret, NULL, method(), NULL) != 1)
		abort();
}

void sha1(const void *bytes, size_t len, uint8_t ret[SHA1_SIZE])
{
	if (EVP_Digest(bytes, len, ret, NULL, EVP_sha1(), NULL) != 1)
		abort();
}

void sha256_hex(const void *bytes, size_t len, char ret[SHA256_HEX_SIZE])
{
	uint8_t digest[SHA256_SIZE];

	sha256(bytes, len, digest);
	hex_encode(digest, sizeof(digest), ret);
}

/* SHA-256 of two pieces, one behind the other. */
static void sha256_two(EVP_MD_CTX *context, const void *first, size_t first_len, const void *second,
		       size_t second_len, uint8_t ret[SHA256_SIZE])
{
	if (EVP_DigestInit_ex2(context, method(), NULL) != 1 ||
	    EVP_DigestUpdate(context, first, first_len) != 1 ||
	    EVP_DigestUpdate(context, second, second_len) != 1 ||
	    EVP_DigestFinal_ex(context, ret, NULL) != 1)
		abort();
}

void hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
		 uint8_t ret[SHA256_SIZE])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t inner[SHA256_BLOCK] = {0};
	uint8_t outer[SHA256_BLOCK];

	if (!context)
		abort();
	if (key_len > sizeof(inner))
		sha256(key, key_len, inner);
	else if (key_len > 0)
		memcpy(inner, key, key_len);
	for (size_t i = 0; i < sizeof(inner); i++) {
		outer[i] = inner[i] ^ 0x5c;
		inner[i] ^= 0x36;
	}
	sha256_two(context, inner, sizeof(inner), bytes, len, ret);
	sha256_two(context, outer, sizeof(outer), ret, SHA256_SIZE, ret);
	EVP_MD_CTX_free(context);
	explicit_bzero(inner, sizeof(inner));
	explicit_bzero(outer, sizeof(outer));
}

struct sha256_stream {
	EVP_MD_CTX *context;
};

struct sha256_stream *sha256_stream_new(void)
{
	struct sha256_stream *stream = xcalloc(1, sizeof(*stream));

	stream->context = EVP_MD_CTX_new();
	if (!stream->context || EVP_DigestInit_ex2(stream->context, method(), NULL) != 1)
		abort();
	return stream;
}

void sha256_stream_add(struct sha256_stream *stream, const void *bytes, size_t len)
{
	if (EVP_DigestUpdate(stream->context, bytes, len) != 1)
		abort();
}

void sha256_stream_hex(struct sha256_stream *stream, char ret[SHA256_HEX_SIZE])
{
	uint8_t digest[SHA256_SIZE];

	if (EVP_DigestFinal_ex(stream->context, digest, NULL) != 1)
		abort();
	hex_encode(digest, sizeof(digest), ret);
}

void sha256_stream_free(struct sha256_stream *stream)
{
	if (!stream)
		return;
	EVP_MD_CTX_free(stream->context);
	free(stream);
}

void sha256_stream_freep(struct sha256_stream **stream)
{
	sha256_stream_free(*stream);
	*stream = NULL;
}

static void context_freep(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

int sha256_file_hex(const char *path, char ret[SHA256_HEX_SIZE], struct err *err)
{
	AUTO(context_freep) EVP_MD_CTX *context = EVP_MD_CTX_new();
	AUTO(freep) uint8_t *piece = xcalloc(1, FILE_PIECE);
	AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t digest[SHA256_SIZE];

	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	if (!context || EVP_DigestInit_ex2(context, method(), NULL) != 1)
		return err_set(err, ERR_SYSTEM, "start a digest");
	for (;;) {
		ssize_t got = read(fd, piece, FILE_PIECE);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, errno, "read %s", path);
		if (got == 0)
			break;
		if (EVP_DigestUpdate(context, piece, (size_t)got) != 1)
			return err_set(err, ERR_SYSTEM, "digest of %s", path);
	}
	if (EVP_DigestFinal_ex(context, digest, NULL) != 1)
		return err_set(err, ERR_SYSTEM, "digest of %s", path);
	hex_encode(digest, sizeof(digest), ret);
	return 0;
}

void hex_encode(const void *bytes, size_t len, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *from = bytes;

	for (size_t i = 0; i < len; i++) {
		ret[2 * i] = digits[from[i] >> 4];
		ret[2 * i + 1] = digits[from[i] & 0xf];
	}
	ret[2 * len] = '\0';
}

/* The value of a hex digit, or -1. */
static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

int hex_decode(const char *hex, size_t hex_len, uint8_t *ret, struct err *err)
{
	if (hex_len % 2 != 0)
		return err_set(err, ERR_INVALID, "hex digits must come in pairs");
	/* Looked at as a whole first: a failure leaves @ret untouched. */
	for (size_t i = 0; i < hex_len; i++)
		if (hex_value(hex[i]) < 0)
			return err_set(err, ERR_INVALID, "byte %zu is not a hex digit", i);
	for (size_t i = 0; i < hex_len / 2; i++)
		ret[i] = (uint8_t)((unsigned)hex_value(hex[2 * i]) << 4 |
				   (unsigned)hex_value(hex[2 * i + 1]));
	return 0;
}

bool bytes_equal_constant_time(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
