/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is calling: AWS Signature Version 4, verified in full (header and presigned
 * query form), against the keys in the store.
 */
#ifndef SLIPWAY_GATEWAY_AUTH_H
#define SLIPWAY_GATEWAY_AUTH_H

#include "gateway/request.h"
#include "store/account.h"

#define AUTH_SKEW_S 300 /* ECS allows five minutes */

struct caller {
	char account[ACCOUNT_ID_SIZE];
	char user[65];
	char access_key[ACCESS_KEY_SIZE];
	char role[65]; /* "": a user, who may do everything in the account */
	char arn[192]; /* arn:aws:iam::ACCOUNT:user/USER, or :assumed-role/ROLE/TASK */
};

/* An answer of the API that is an error. */
struct api_error {
	int status;	  /* 400, 500 */
	const char *type; /* "ClientException": a literal */
	char message[1024];
};

/* Find a key: ERR_NOT_FOUND for an unknown or inactive one, and for a @token (NULL: none came
 * along) that does not go with it; ERR_TIMEOUT for one that was good. Called once at most. */
typedef int auth_find_fn(void *ctx, const char *key_id, const char *token,
			 struct access_key *ret_key, struct err *err);

/* Where keys come from, for one thread. */
struct auth_keys {
	auth_find_fn *find;
	void *ctx;		      /* of find */
	struct signing_keys *signing; /* those derived before; NULL: none are kept */
};

/* Check the signature of @request for @service ("ecs") in @region at @now_ms.
 * 0 and *ret_caller; -1 and *ret_error as the API answers: missing, incomplete,
 * unknown key, mismatch, expired, scope. */
int auth_check(const struct request *request, const char *service, const char *region,
	       int64_t now_ms, const struct auth_keys *keys, struct caller *ret_caller,
	       struct api_error *ret_error) MUST_CHECK;

#endif
