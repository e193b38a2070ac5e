/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times, the string to sign, the signing key.
 */
#include "gateway/sigv4.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* "AWS4" and a secret; those of the store have 40 characters. */
#define SECRET_MAX 256

int sigv4_time_parse(const char *text, int64_t *ret_time_s)
{
	char again[SIGV4_TIMESTAMP_SIZE];
	struct tm tm = {.tm_isdst = 0};
	const char *end = strptime(text, "%Y%m%dT%H%M%SZ", &tm);
	int64_t time_s;

	if (!end || *end != '\0' || strlen(text) != SIGV4_TIMESTAMP_SIZE - 1)
		return -1;
	time_s = (int64_t)timegm(&tm);
	/* strptime() takes spaces, signs and the 31st of February. */
	sigv4_time_print(time_s, again);
	if (strcmp(again, text) != 0)
		return -1;
	*ret_time_s = time_s;
	return 0;
}

void sigv4_time_print(int64_t time_s, char ret[SIGV4_TIMESTAMP_SIZE])
{
	time_t time = (time_t)time_s;
	struct tm tm;

	if (!gmtime_r(&time, &tm) ||
	    strftime(ret, SIGV4_TIMESTAMP_SIZE, "%Y%m%dT%H%M%SZ", &tm) == 0)
		ret[0] = '\0';
}

bool sigv4_signs(const struct sigv4_claim *claim, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = claim->signed_headers; *at;) {
		size_t run = strcspn(at, ";");

		if (run == len && memcmp(at, name, len) == 0)
			return true;
		at += run + (at[run] == ';');
	}
	return false;
}

int sigv4_string_to_sign(const struct sigv4_claim *claim, const struct buf *canonical,
			 struct buf *out, struct err *err)
{
	char hash[SHA256_HEX_SIZE];

	sha256_hex(canonical->data, canonical->len, hash);
	return buf_printf(out, err, SIGV4_ALGORITHM "\n%s\n%s/%s/%s/%s\n%s", claim->timestamp,
			  claim->date, claim->region, claim->service, claim->terminator, hash);
}

void sigv4_key(const char *secret, const struct sigv4_claim *claim, uint8_t ret_key[SHA256_SIZE])
{
	const char *const steps[] = {claim->date, claim->region, claim->service, claim->terminator};
	char start[SECRET_MAX];
	uint8_t next[SHA256_SIZE];
	int len = snprintf(start, sizeof(start), "AWS4%s", secret);
	size_t start_len = (size_t)len < sizeof(start) ? (size_t)len : sizeof(start) - 1;

	hmac_sha256(start, start_len, steps[0], strlen(steps[0]), ret_key);
	for (size_t i = 1; i < ARRAY_LEN(steps); i++) {
		hmac_sha256(ret_key, SHA256_SIZE, steps[i], strlen(steps[i]), next);
		memcpy(ret_key, next, sizeof(next));
	}
	explicit_bzero(start, sizeof(start));
	explicit_bzero(next, sizeof(next));
}

void sigv4_sign(const uint8_t key[SHA256_SIZE], const struct buf *to_sign,
		char ret_signature[SHA256_HEX_SIZE])
{
	uint8_t signature[SHA256_SIZE];

	hmac_sha256(key, SHA256_SIZE, to_sign->data, to_sign->len, signature);
	hex_encode(signature, sizeof(signature), ret_signature);
}
