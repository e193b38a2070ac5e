/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests are signed before the clock starts, so that signing is not part of what is
 * measured. A request is made anew from its number when it is sent; only its signature (32
 * bytes) is kept, so a million of them are no burden.
 *
 * Ids look random, as real ones do: the number times an odd constant, modulo 2^32, and then
 * the number itself. tests/bench/gateway_bench.py fills the store by the same formula.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/load/load.h"

#define SCATTER	       2654435761u
#define SIGNED_HEADERS "content-type;host;x-amz-date;x-amz-target"
#define CONTENT_TYPE   "application/x-amz-json-1.1"

struct requests {
	const struct load_options *options;
	char authority[128];
	char date[17]; /* 20261122T120000Z */
	char scope[64];
	char before_id[REQUEST_BODY_SIZE], after_id[REQUEST_BODY_SIZE];
	bool has_id;
	uint8_t (*signatures)[SHA256_SIZE];
	atomic_uint next;
};

static void make_body(const struct requests *requests, unsigned number, struct request_text *text)
{
	const struct load_options *options = requests->options;
	unsigned id = options->first + number;
	int len;

	if (options->ids > 0)
		id = (unsigned)((uint64_t)id * SCATTER %
				options->ids); /* in no order of the store */
	if (requests->has_id)
		len = snprintf(text->body, sizeof(text->body), "%s%08x%024x%s", requests->before_id,
			       id * SCATTER, id, requests->after_id);
	else
		len = snprintf(text->body, sizeof(text->body), "%s", requests->before_id);
	if (len < 0 || (size_t)len >= sizeof(text->body))
		abort();
	text->body_len = (size_t)len;
}

static void sign(const struct requests *requests, const uint8_t key[SHA256_SIZE],
		 const struct request_text *text, uint8_t ret_signature[SHA256_SIZE])
{
	char canonical[1024], hash[SHA256_HEX_SIZE], to_sign[256];
	int len;

	sha256_hex(text->body, text->body_len, hash);
	len = snprintf(canonical, sizeof(canonical),
		       "POST\n/\n\ncontent-type:" CONTENT_TYPE "\nhost:%s\nx-amz-date:%s\n"
		       "x-amz-target:%s\n\n" SIGNED_HEADERS "\n%s",
		       requests->authority, requests->date, requests->options->target, hash);
	sha256_hex(canonical, (size_t)len, hash);
	len = snprintf(to_sign, sizeof(to_sign), "AWS4-HMAC-SHA256\n%s\n%s\n%s", requests->date,
		       requests->scope, hash);
	hmac_sha256(key, SHA256_SIZE, to_sign, (size_t)len, ret_signature);
}

static void derive_key(const struct requests *requests, uint8_t ret_key[SHA256_SIZE])
{
	const struct load_options *options = requests->options;
	const char *const steps[] = {options->region, options->service, "aws4_request"};
	char start[128];
	uint8_t next[SHA256_SIZE];
	int len = snprintf(start, sizeof(start), "AWS4%s", options->secret);

	hmac_sha256(start, (size_t)len, requests->date, 8, ret_key);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		hmac_sha256(ret_key, SHA256_SIZE, steps[i], strlen(steps[i]), next);
		memcpy(ret_key, next, sizeof(next));
	}
}

struct requests *requests_new(const struct load_options *options)
{
	struct requests *requests = xcalloc(1, sizeof(*requests));
	const char *mark = strstr(options->body, "{id}");
	time_t now = time(NULL);
	uint8_t key[SHA256_SIZE];
	struct tm tm;

	requests->options = options;
	(void)gmtime_r(&now, &tm);
	(void)strftime(requests->date, sizeof(requests->date), "%Y%m%dT%H%M%SZ", &tm);
	(void)snprintf(requests->authority, sizeof(requests->authority), "%s:%s", options->host,
		       options->port);
	(void)snprintf(requests->scope, sizeof(requests->scope), "%.8s/%s/%s/aws4_request",
		       requests->date, options->region, options->service);
	requests->has_id = mark != NULL;
	(void)snprintf(requests->before_id, sizeof(requests->before_id), "%.*s",
		       mark ? (int)(mark - options->body) : (int)strlen(options->body),
		       options->body);
	if (mark)
		(void)snprintf(requests->after_id, sizeof(requests->after_id), "%s",
			       mark + strlen("{id}"));
	requests->signatures = xcalloc(options->requests, sizeof(*requests->signatures));
	derive_key(requests, key);
	for (unsigned i = 0; i < options->requests; i++) {
		struct request_text text;

		make_body(requests, i, &text);
		sign(requests, key, &text, requests->signatures[i]);
	}
	return requests;
}

void requests_free(struct requests *requests)
{
	free(requests->signatures);
	free(requests);
}

bool requests_next(struct requests *requests, struct request_text *ret_text)
{
	unsigned number = atomic_fetch_add_explicit(&requests->next, 1, memory_order_relaxed);
	char signature[SHA256_HEX_SIZE];

	if (number >= requests->options->requests)
		return false;
	make_body(requests, number, ret_text);
	hex_encode(requests->signatures[number], SHA256_SIZE, signature);
	(void)snprintf(ret_text->authorization, sizeof(ret_text->authorization),
		       "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=" SIGNED_HEADERS
		       ", Signature=%s",
		       requests->options->key_id, requests->scope, signature);
	return true;
}

const char *requests_authority(const struct requests *requests)
{
	return requests->authority;
}

const char *requests_date(const struct requests *requests)
{
	return requests->date;
}
