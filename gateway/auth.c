/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict on a signature. Cheap checks come first, then the one look into the
 * store, then the arithmetic. A key that is unknown goes through the same
 * arithmetic with a secret that nobody has, so that the time of an answer hardly
 * tells which keys exist: only that a key was not used before on this thread today, which
 * takes four HMACs more.
 *
 * As strict as the API and no stricter: the host must be signed, other headers
 * need not be (older curls sign host and date alone). A session token is looked at with its key.
 *
 * What stands in a message and came from the client is cut to printable ASCII.
 */
#include "gateway/auth.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "gateway/signing_keys.h"

#define PRESIGNED_MAX_S (7 * 24 * 3600) /* the API's limit */
#define ECHO_SIZE	65		/* of a client's word in a message */
#define TO_SIGN_MAX	(REQUEST_HEADER_BYTES_MAX + 512)

/* A head encoded threefold, and the lines between. */
#define CANONICAL_MAX (4 * REQUEST_HEADER_BYTES_MAX + 1024)

static int refuse(struct api_error *error, const char *type, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static int refuse(struct api_error *error, const char *type, const char *fmt, ...)
{
	va_list args;

	error->status = 400;
	error->type = type;
	va_start(args, fmt);
	(void)vsnprintf(error->message, sizeof(error->message), fmt, args);
	va_end(args);
	return -1;
}

static int refuse_signature(struct api_error *error)
{
	return refuse(error, "InvalidSignatureException",
		      "The request signature we calculated does not match the signature you "
		      "provided. Check your AWS Secret Access Key and signing method. Consult the "
		      "service documentation for details.");
}

static const char *echo(const char *text, char ret[ECHO_SIZE])
{
	size_t at = 0;

	for (; *text && at < ECHO_SIZE - 1; text++)
		ret[at++] = (char)(*text >= ' ' && *text <= '~' ? *text : '?');
	ret[at] = '\0';
	return ret;
}

static int check_times(const struct sigv4_claim *claim, int64_t now_s, struct api_error *error)
{
	char now[SIGV4_TIMESTAMP_SIZE];
	char edge[SIGV4_TIMESTAMP_SIZE];
	char word[ECHO_SIZE];
	int64_t until_s = claim->time_s + (claim->presigned ? claim->expires_s : AUTH_SKEW_S);

	if (strncmp(claim->date, claim->timestamp, 8) != 0 || strlen(claim->date) != 8)
		return refuse(error, "InvalidSignatureException",
			      "Date in Credential scope does not match YYYYMMDD from ISO-8601 "
			      "version of date from HTTP: '%s' != '%.8s', from '%s'.",
			      echo(claim->date, word), claim->timestamp, claim->timestamp);
	if (claim->presigned && (claim->expires_s < 1 || claim->expires_s > PRESIGNED_MAX_S))
		return refuse(error, "IncompleteSignatureException",
			      "X-Amz-Expires must be from 1 to %d seconds.", PRESIGNED_MAX_S);
	sigv4_time_print(now_s, now);
	if (claim->presigned && now_s > until_s) {
		sigv4_time_print(until_s, edge);
		return refuse(error, "InvalidSignatureException",
			      "Signature expired: %s is now earlier than %s", edge, now);
	}
	if (!claim->presigned && now_s > until_s) {
		sigv4_time_print(now_s - AUTH_SKEW_S, edge);
		return refuse(error, "InvalidSignatureException",
			      "Signature expired: %s is now earlier than %s (%s - %d min.)",
			      claim->timestamp, edge, now, AUTH_SKEW_S / 60);
	}
	if (claim->time_s > now_s + AUTH_SKEW_S) {
		sigv4_time_print(now_s + AUTH_SKEW_S, edge);
		return refuse(error, "InvalidSignatureException",
			      "Signature not yet current: %s is still later than %s (%s + %d min.)",
			      claim->timestamp, edge, now, AUTH_SKEW_S / 60);
	}
	return 0;
}

static int check_scope(const struct sigv4_claim *claim, const char *service, const char *region,
		       struct api_error *error)
{
	char word[ECHO_SIZE];

	if (strcmp(claim->terminator, SIGV4_TERMINATOR) != 0)
		return refuse(error, "InvalidSignatureException",
			      "Credential should be scoped with a valid terminator: "
			      "'" SIGV4_TERMINATOR "', not '%s'.",
			      echo(claim->terminator, word));
	if (strcmp(claim->region, region) != 0)
		return refuse(error, "InvalidSignatureException",
			      "Credential should be scoped to a valid region, not '%s'.",
			      echo(claim->region, word));
	if (strcmp(claim->service, service) != 0)
		return refuse(error, "InvalidSignatureException",
			      "Credential should be scoped to correct service: '%s'.", service);
	return 0;
}

/* The signature that @secret gives. -1: the request cannot have been signed so. */
static int calculate(const struct request *request, const struct sigv4_claim *claim,
		     struct signing_keys *signing, const char *secret,
		     char ret_signature[SHA256_HEX_SIZE])
{
	AUTO(buf_done) struct buf canonical;
	AUTO(buf_done) struct buf to_sign;
	uint8_t key[SHA256_SIZE];
	struct err err;

	buf_init(&canonical, CANONICAL_MAX);
	buf_init(&to_sign, TO_SIGN_MAX);
	if (sigv4_canonical(request, claim, true, &canonical, &err) < 0 ||
	    sigv4_string_to_sign(claim, &canonical, &to_sign, &err) < 0)
		return -1;
	signing_keys_get(signing, secret, claim, key);
	sigv4_sign(key, &to_sign, ret_signature);
	explicit_bzero(key, sizeof(key));
	return 0;
}

static bool signature_is(const char *claimed, const char calculated[SHA256_HEX_SIZE])
{
	return strlen(claimed) == SHA256_HEX_SIZE - 1 &&
	       bytes_equal_constant_time(claimed, calculated, SHA256_HEX_SIZE - 1);
}

static void fill_caller(const struct access_key *key, struct caller *ret_caller)
{
	struct caller *caller = ret_caller;

	(void)snprintf(caller->account, sizeof(caller->account), "%s", key->account);
	(void)snprintf(caller->user, sizeof(caller->user), "%s", key->user);
	(void)snprintf(caller->access_key, sizeof(caller->access_key), "%s", key->id);
	(void)snprintf(caller->role, sizeof(caller->role), "%s", key->role);
	if (key->role[0])
		(void)snprintf(caller->arn, sizeof(caller->arn),
			       "arn:aws:sts::%s:assumed-role/%s/%s", key->account, key->role,
			       key->user);
	else
		(void)snprintf(caller->arn, sizeof(caller->arn), "arn:aws:iam::%s:user/%s",
			       key->account, key->user);
}

static int check_key(const struct request *request, const struct sigv4_claim *claim,
		     const struct auth_keys *keys, struct caller *ret_caller,
		     struct api_error *ret_error)
{
	struct access_key key = {.secret = "0000000000000000000000000000000000000000"};
	char signature[SHA256_HEX_SIZE];
	struct err err = ERR_INIT;
	bool known = keys->find(keys->ctx, claim->key_id, claim->token, &key, &err) == 0;
	bool calculated;

	if (!known && err.code != ERR_NOT_FOUND && err.code != ERR_TIMEOUT) {
		log_error("request=%s key not looked up: %s", request->id, err.text);
		(void)refuse(ret_error, "ServerException",
			     "The request could not be served because of a server error.");
		ret_error->status = 500;
		return -1;
	}
	calculated = calculate(request, claim, keys->signing, key.secret, signature) == 0;
	explicit_bzero(key.secret, sizeof(key.secret));
	if (!known && err.code == ERR_TIMEOUT)
		return refuse(ret_error, "ExpiredTokenException",
			      "The security token included in the request is expired");
	if (!known)
		return refuse(ret_error, "UnrecognizedClientException",
			      "The security token included in the request is invalid.");
	if (!calculated || !signature_is(claim->signature, signature))
		return refuse_signature(ret_error);
	fill_caller(&key, ret_caller);
	return 0;
}

int auth_check(const struct request *request, const char *service, const char *region,
	       int64_t now_ms, const struct auth_keys *keys, struct caller *ret_caller,
	       struct api_error *ret_error)
{
	struct sigv4_claim claim;
	struct err err = ERR_INIT;

	if (sigv4_parse(request, &claim, &err) < 0) {
		if (err.code == ERR_NOT_FOUND)
			return refuse(ret_error, "MissingAuthenticationTokenException",
				      "Missing Authentication Token");
		return refuse(ret_error, "IncompleteSignatureException", "%.900s", err.text);
	}
	if (!sigv4_signs(&claim, "host") && !sigv4_signs(&claim, ":authority"))
		return refuse(ret_error, "InvalidSignatureException",
			      "'Host' or ':authority' must be a 'SignedHeader' in the AWS "
			      "Authorization.");
	if (check_times(&claim, now_ms / 1000, ret_error) < 0 ||
	    check_scope(&claim, service, region, ret_error) < 0)
		return -1;
	return check_key(request, &claim, keys, ret_caller, ret_error);
}
