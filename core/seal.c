/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sealed value:
 *
 *     form     1 byte    1
 *     key      4 bytes   the beginning of a hash of the key: tells "another key" from "damaged"
 *     nonce   12 bytes   random; 2^32 values of one key are far beyond what a store has
 *     value    as long as it is
 *     tag     16 bytes   over the label, too
 */
#include "core/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>

#include "core/digest.h"
#include "core/file.h"
#include "core/ident.h"

#define FORM	   1
#define KEY_BYTES  32
#define MARK_BYTES 4
#define NONCE_AT   (1 + MARK_BYTES)
#define NONCE	   12
#define VALUE_AT   (NONCE_AT + NONCE)
#define TAG	   16
#define FILE_MAX   4096
#define VALUE_MAX  (64u * 1024 * 1024) /* OpenSSL counts in int */

_Static_assert(VALUE_AT + TAG == SEAL_BYTES_MORE, "sealed values");

struct seal_key {
	uint8_t bytes[KEY_BYTES];
	uint8_t mark[MARK_BYTES];
};

void seal_key_free(struct seal_key *key)
{
	if (key)
		explicit_bzero(key, sizeof(*key));
	free(key);
}

void seal_key_freep(struct seal_key **key)
{
	seal_key_free(*key);
	*key = NULL;
}

int seal_key_make(const char *path, bool *ret_made, struct err *err)
{
	uint8_t bytes[KEY_BYTES];
	char text[2 * KEY_BYTES + 1];
	bool missing = access(path, F_OK) < 0;
	int result = 0;

	if (missing && errno != ENOENT)
		return err_sys(err, errno, "look for %s", path);
	if (missing) {
		ident_random(bytes, sizeof(bytes));
		hex_encode(bytes, sizeof(bytes), text);
		text[2 * KEY_BYTES] = '\n'; /* instead of the zero */
		result = file_write(path, text, sizeof(text), 0600, err);
		explicit_bzero(bytes, sizeof(bytes));
		explicit_bzero(text, sizeof(text));
	}
	if (result == 0 && ret_made)
		*ret_made = missing;
	return result;
}

static int check_mode(const char *path, struct err *err)
{
	struct stat about;

	if (stat(path, &about) < 0)
		return err_sys(err, errno, "open %s", path);
	/* A service manager may let one more user read it through the group's bits. */
	if (about.st_mode & (S_IWGRP | S_IRWXO))
		return err_set(err, ERR_DENIED, "%s must be its owner's alone (mode 0600)", path);
	return 0;
}

int seal_key_open(const char *path, struct seal_key **ret_key, struct err *err)
{
	AUTO(buf_done) struct buf text;
	AUTO(seal_key_freep) struct seal_key *key = xcalloc(1, sizeof(*key));
	uint8_t digest[SHA256_SIZE];
	size_t len;

	buf_init_secret(&text, FILE_MAX);
	if (check_mode(path, err) < 0 || file_read(path, &text, err) < 0)
		return -1;
	len = text.len;
	while (len > 0 && (text.data[len - 1] == '\n' || text.data[len - 1] == '\r'))
		len--;
	if (len != (size_t)2 * KEY_BYTES || hex_decode((char *)text.data, len, key->bytes, err) < 0)
		return err_set(err, ERR_INVALID, "%s does not hold %d hex digits", path,
			       2 * KEY_BYTES);
	sha256(key->bytes, sizeof(key->bytes), digest);
	memcpy(key->mark, digest, sizeof(key->mark));
	*ret_key = STEAL(key, NULL);
	return 0;
}

static void context_freep(EVP_CIPHER_CTX **context)
{
	EVP_CIPHER_CTX_free(*context); /* wipes */
}

int seal_close(const struct seal_key *key, const char *label, const void *bytes, size_t len,
	       struct buf *out, struct err *err)
{
	AUTO(context_freep) EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t *room;
	int part;

	if (len > VALUE_MAX)
		return err_set(err, ERR_LIMIT, "a value of %zu bytes", len);
	if (buf_reserve(out, len + SEAL_BYTES_MORE, &room, err) < 0)
		return -1;
	room[0] = FORM;
	memcpy(room + 1, key->mark, MARK_BYTES);
	ident_random(room + NONCE_AT, NONCE);
	if (!context ||
	    EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key->bytes, room + NONCE_AT) !=
		    1 ||
	    EVP_EncryptUpdate(context, NULL, &part, (const uint8_t *)label, (int)strlen(label)) !=
		    1 ||
	    EVP_EncryptUpdate(context, room + VALUE_AT, &part, bytes, (int)len) != 1 ||
	    EVP_EncryptFinal_ex(context, room + VALUE_AT + len, &part) != 1 ||
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG, room + VALUE_AT + len) != 1)
		return err_set(err, ERR_SYSTEM, "seal a value");
	buf_added(out, len + SEAL_BYTES_MORE);
	return 0;
}

int seal_open(const struct seal_key *key, const char *label, const void *sealed, size_t len,
	      struct buf *out, struct err *err)
{
	AUTO(context_freep) EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	const uint8_t *from = sealed;
	uint8_t tag[TAG];
	uint8_t *room;
	size_t value_len;
	int part;

	if (len < SEAL_BYTES_MORE || len > VALUE_MAX || from[0] != FORM)
		return err_set(err, ERR_CORRUPT, "a sealed value is damaged");
	if (memcmp(from + 1, key->mark, MARK_BYTES) != 0)
		return err_set(err, ERR_DENIED, "a value was sealed with another key");
	value_len = len - SEAL_BYTES_MORE;
	memcpy(tag, from + VALUE_AT + value_len, TAG);
	if (buf_reserve(out, value_len, &room, err) < 0)
		return -1;
	if (!context ||
	    EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key->bytes, from + NONCE_AT) !=
		    1 ||
	    EVP_DecryptUpdate(context, NULL, &part, (const uint8_t *)label, (int)strlen(label)) !=
		    1 ||
	    EVP_DecryptUpdate(context, room, &part, from + VALUE_AT, (int)value_len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG, tag) != 1)
		return err_set(err, ERR_SYSTEM, "open a sealed value");
	if (EVP_DecryptFinal_ex(context, room + value_len, &part) != 1) {
		explicit_bzero(room, value_len);
		return err_set(err, ERR_CORRUPT,
			       "a sealed value is damaged, or in another's place");
	}
	buf_added(out, value_len);
	return 0;
}
