/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Five ways of five services to say the same: a secret in a header, or an HMAC-SHA256 of what was
 * sent. Secrets are compared by their hashes, which have one length, HMACs by their bytes; both in
 * time that depends on nothing. A header that comes twice is no signature: who reads the first and
 * who reads the last would disagree.
 *
 * Stripe and Standard Webhooks sign the time as well, so an old message cannot be sent again later.
 * Their headers may hold several signatures while a secret is exchanged, and one of them must fit.
 */
#include "events/webhook_signature.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base64.h"
#include "core/buf.h"
#include "core/digest.h"

static const char *const names[] = {
#define AS_NAME(name, text) text,
	WEBHOOK_STYLES(AS_NAME)};

const char *webhook_style_name(enum webhook_style style)
{
	return names[style];
}

bool webhook_style_find(const char *name, enum webhook_style *ret_style)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i], name) == 0) {
			*ret_style = (enum webhook_style)i;
			return true;
		}
	}
	return false;
}

#define STANDARD_PREFIX "whsec_"

static bool is_encoded(const struct webhook_secret *secret)
{
	return secret->style == WEBHOOK_STANDARD &&
	       strncmp(secret->secret, STANDARD_PREFIX, strlen(STANDARD_PREFIX)) == 0;
}

int webhook_secret_check(const struct webhook_secret *secret, struct err *err)
{
	if (strlen(secret->secret) < WEBHOOK_SECRET_MIN)
		return err_set(err, ERR_INVALID, "the secret has fewer than %d characters",
			       WEBHOOK_SECRET_MIN);
	if (is_encoded(secret) && !base64_is_valid(secret->secret + strlen(STANDARD_PREFIX)))
		return err_set(err, ERR_INVALID,
			       "the secret is not base64 behind " STANDARD_PREFIX);
	return 0;
}

/* The value of the one header @name. */
static int find(const struct webhook_message *message, const char *name, const char **ret_value,
		struct err *err)
{
	const char *value = NULL;

	for (size_t i = 0; i < message->header_count; i++) {
		if (strcmp(message->headers[i].name, name) != 0)
			continue;
		if (value)
			return err_set(err, ERR_DENIED, "header %s is given twice", name);
		value = message->headers[i].value;
	}
	if (!value)
		return err_set(err, ERR_DENIED, "header %s is missing", name);
	*ret_value = value;
	return 0;
}

static bool same_secret(const char *a, const char *b)
{
	uint8_t hashes[2][SHA256_SIZE];

	sha256(a, strlen(a), hashes[0]);
	sha256(b, strlen(b), hashes[1]);
	return bytes_equal_constant_time(hashes[0], hashes[1], SHA256_SIZE);
}

static int check_bearer(const struct webhook_secret *secret, const struct webhook_message *message,
			struct err *err)
{
	struct err ignored = ERR_INIT;
	const char *token = message->access_token;
	const char *header = NULL;

	if (token && find(message, "authorization", &header, &ignored) == 0)
		return err_set(err, ERR_DENIED, "a token in the query and in a header");
	if (!token) {
		if (find(message, "authorization", &header, err) < 0)
			return -1;
		if (strncasecmp(header, "Bearer ", 7) != 0)
			return err_set(err, ERR_DENIED, "header authorization has no bearer token");
		token = header + 7;
		token += strspn(token, " ");
	}
	return same_secret(token, secret->secret) ? 0 : err_set(err, ERR_DENIED, "wrong token");
}

static int check_gitlab(const struct webhook_secret *secret, const struct webhook_message *message,
			struct err *err)
{
	const char *token;

	if (find(message, "x-gitlab-token", &token, err) < 0)
		return -1;
	return same_secret(token, secret->secret) ? 0 : err_set(err, ERR_DENIED, "wrong token");
}

/* Whether the first @len characters of @hex are @wanted. */
static bool is_hex_of(const char *hex, size_t len, const uint8_t wanted[SHA256_SIZE])
{
	struct err ignored = ERR_INIT;
	uint8_t given[SHA256_SIZE];

	return len == sizeof(given) * 2 && hex_decode(hex, len, given, &ignored) == 0 &&
	       bytes_equal_constant_time(given, wanted, sizeof(given));
}

static int check_github(const struct webhook_secret *secret, const struct webhook_message *message,
			struct err *err)
{
	uint8_t wanted[SHA256_SIZE];
	const char *value;

	if (find(message, "x-hub-signature-256", &value, err) < 0)
		return -1;
	hmac_sha256(secret->secret, strlen(secret->secret), message->body, message->body_len,
		    wanted);
	if (strncmp(value, "sha256=", 7) != 0 || !is_hex_of(value + 7, strlen(value + 7), wanted))
		return err_set(err, ERR_DENIED, "wrong signature");
	return 0;
}

/* HMAC of PREFIX.BODY. */
static int sign(const void *key, size_t key_len, const char *prefix,
		const struct webhook_message *message, uint8_t ret[SHA256_SIZE], struct err *err)
{
	AUTO(buf_done) struct buf text = {0};

	buf_init(&text, strlen(prefix) + message->body_len + 1);
	if (buf_append_text(&text, prefix, err) < 0 || buf_append_text(&text, ".", err) < 0 ||
	    buf_append(&text, message->body, message->body_len, err) < 0)
		return -1;
	hmac_sha256(key, key_len, text.data, text.len, ret);
	return 0;
}

/* Seconds since 1970 that are not too far from now. */
static int check_time(const char *text, size_t len, const struct webhook_secret *secret,
		      const struct webhook_message *message, struct err *err)
{
	int64_t time_s = 0;
	int64_t distance_s;

	if (len < 1 || len > 12)
		return err_set(err, ERR_DENIED, "a signature without its time");
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return err_set(err, ERR_DENIED, "a signature without its time");
		time_s = time_s * 10 + (text[i] - '0');
	}
	distance_s = time_s > message->now_s ? time_s - message->now_s : message->now_s - time_s;
	if (distance_s > secret->tolerance_s)
		return err_set(err, ERR_DENIED, "a signature of another time: %" PRId64 " s away",
			       distance_s);
	return 0;
}

/* What stands behind KEY= among parts with @separator between, from *at on; *at moves behind it. */
static bool next_part(const char **at, char separator, const char *key, const char **ret_value,
		      size_t *ret_len)
{
	while (**at != '\0') {
		const char *part = *at + strspn(*at, " ");
		const char *end = strchr(part, separator);
		size_t len = end ? (size_t)(end - part) : strlen(part);

		*at = part + len + (end ? 1 : 0);
		if (len < strlen(key) || strncmp(part, key, strlen(key)) != 0)
			continue;
		*ret_value = part + strlen(key);
		*ret_len = len - strlen(key);
		return true;
	}
	return false;
}

static int check_stripe(const struct webhook_secret *secret, const struct webhook_message *message,
			struct err *err)
{
	uint8_t wanted[SHA256_SIZE];
	const char *value;
	const char *at;
	const char *time;
	const char *signature;
	char signed_time[16];
	size_t len;

	if (find(message, "stripe-signature", &value, err) < 0)
		return -1;
	at = value;
	if (!next_part(&at, ',', "t=", &time, &len))
		return err_set(err, ERR_DENIED, "a signature without its time");
	if (check_time(time, len, secret, message, err) < 0)
		return -1;
	(void)snprintf(signed_time, sizeof(signed_time), "%.*s", (int)len, time);
	if (sign(secret->secret, strlen(secret->secret), signed_time, message, wanted, err) < 0)
		return -1;
	at = value;
	for (int i = 0; i < WEBHOOK_SIGNATURES_MAX; i++) {
		if (!next_part(&at, ',', "v1=", &signature, &len))
			break;
		if (is_hex_of(signature, len, wanted))
			return 0;
	}
	return err_set(err, ERR_DENIED, "wrong signature");
}

/* HMAC by the key that a Standard Webhooks secret stands for. */
static int sign_standard(const struct webhook_secret *secret, const char *prefix,
			 const struct webhook_message *message, uint8_t ret[SHA256_SIZE],
			 struct err *err)
{
	const char *text = secret->secret;
	AUTO(buf_done) struct buf key = {0};
	uint8_t *room;

	if (!is_encoded(secret))
		return sign(text, strlen(text), prefix, message, ret, err);
	text += strlen(STANDARD_PREFIX);
	if (!base64_is_valid(text))
		return err_set(err, ERR_DENIED, "the secret is not base64");
	buf_init_secret(&key, base64_bytes(text) + 1);
	if (buf_reserve(&key, base64_bytes(text) + 1, &room, err) < 0)
		return -1;
	base64_decode(text, room);
	buf_added(&key, base64_bytes(text));
	return sign(key.data, key.len, prefix, message, ret, err);
}

#define BASE64_OF_SHA256 BASE64_SIZE(SHA256_SIZE)

static int check_standard(const struct webhook_secret *secret,
			  const struct webhook_message *message, struct err *err)
{
	AUTO(freep) char *prefix = NULL;
	uint8_t wanted[SHA256_SIZE];
	char text[BASE64_OF_SHA256];
	const char *id;
	const char *time;
	const char *value;
	const char *signature;
	size_t len;

	if (find(message, "webhook-id", &id, err) < 0 ||
	    find(message, "webhook-timestamp", &time, err) < 0 ||
	    find(message, "webhook-signature", &value, err) < 0 ||
	    check_time(time, strlen(time), secret, message, err) < 0)
		return -1;
	prefix = xasprintf("%s.%s", id, time);
	if (sign_standard(secret, prefix, message, wanted, err) < 0)
		return -1;
	base64_encode(wanted, sizeof(wanted), text);
	for (int i = 0; i < WEBHOOK_SIGNATURES_MAX; i++) {
		if (!next_part(&value, ' ', "v1,", &signature, &len))
			break;
		if (len == strlen(text) && bytes_equal_constant_time(signature, text, len))
			return 0;
	}
	return err_set(err, ERR_DENIED, "wrong signature");
}

int webhook_signature_check(const struct webhook_secret *secret,
			    const struct webhook_message *message, struct err *err)
{
	switch (secret->style) {
	case WEBHOOK_BEARER:
		return check_bearer(secret, message, err);
	case WEBHOOK_GITHUB:
		return check_github(secret, message, err);
	case WEBHOOK_GITLAB:
		return check_gitlab(secret, message, err);
	case WEBHOOK_STRIPE:
		return check_stripe(secret, message, err);
	case WEBHOOK_STANDARD:
		return check_standard(secret, message, err);
	default:
		return err_set(err, ERR_DENIED, "no way to check a signature");
	}
}
