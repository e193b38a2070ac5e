/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signature Version 4 as arithmetic: what a request claims, its canonical form,
 * and the signature that a secret would give. It decides nothing; auth.c does.
 */
#ifndef SLIPWAY_GATEWAY_SIGV4_H
#define SLIPWAY_GATEWAY_SIGV4_H

#include "core/digest.h"
#include "gateway/request.h"

#define SIGV4_ALGORITHM	     "AWS4-HMAC-SHA256"
#define SIGV4_TERMINATOR     "aws4_request"
#define SIGV4_TIMESTAMP_SIZE 17 /* "20150830T123600Z" */

/* What the Authorization header or the presigned query says; texts in the request's arena. */
struct sigv4_claim {
	bool presigned;
	const char *token;					   /* that came along; NULL: none */
	const char *key_id, *date, *region, *service, *terminator; /* of the credential */
	const char *signed_headers;				   /* "host;x-amz-date" */
	const char *signature;
	char timestamp[SIGV4_TIMESTAMP_SIZE];
	int64_t time_s;	   /* the same, since 1970 */
	int64_t expires_s; /* presigned only */
};

/* ERR_NOT_FOUND: the request is not signed at all. ERR_INVALID: it is, but a part
 * is missing or malformed; the text is the API's message. */
int sigv4_parse(const struct request *request, struct sigv4_claim *ret_claim, struct err *err)
	MUST_CHECK;

/* true if @name is among the signed headers. */
bool sigv4_signs(const struct sigv4_claim *claim, const char *name);

/*
 * Append the canonical request to @out. @normalize: remove dots and doubled
 * slashes from the path (every service but S3). ERR_NOT_FOUND: a header that is
 * said to be signed did not come.
 */
int sigv4_canonical(const struct request *request, const struct sigv4_claim *claim, bool normalize,
		    struct buf *out, struct err *err) MUST_CHECK;

/* The text that is signed, behind the canonical request's hash; at most 512 bytes. */
int sigv4_string_to_sign(const struct sigv4_claim *claim, const struct buf *canonical,
			 struct buf *out, struct err *err) MUST_CHECK;

/* The key that @secret signs with in the scope of @claim. */
void sigv4_key(const char *secret, const struct sigv4_claim *claim, uint8_t ret_key[SHA256_SIZE]);
void sigv4_sign(const uint8_t key[SHA256_SIZE], const struct buf *to_sign,
		char ret_signature[SHA256_HEX_SIZE]);

/* "20150830T123600Z" to seconds since 1970 and back. */
int sigv4_time_parse(const char *text, int64_t *ret_time_s) MUST_CHECK;
void sigv4_time_print(int64_t time_s, char ret[SIGV4_TIMESTAMP_SIZE]);

/* Undo percent-encoding in @arena; a '%' without two digits stands for itself.
 * NULL: a NUL byte is encoded, or the arena is full. */
char *sigv4_percent_decode(struct arena *arena, const char *text, size_t len) MUST_CHECK;

#endif
