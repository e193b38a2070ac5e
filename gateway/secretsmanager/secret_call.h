/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the operations on secrets share: who is meant, the value as requests bring it,
 * answers, errors.
 */
#ifndef SLIPWAY_GATEWAY_SECRETSMANAGER_SECRET_CALL_H
#define SLIPWAY_GATEWAY_SECRETSMANAGER_SECRET_CALL_H

#include "gateway/api.h"
#include "store/secret.h"

#define SECRET_ID_MAX	 2048
#define SECRET_TOKEN_MIN 32
#define SECRET_TOKEN_MAX 64
#define SECRET_VALUE_MAX 65536 /* the API's, in bytes */
#define SECRET_TEXT_MAX	 2048  /* of a description or a key's id */

/* A value as a request brings it: one of the two, or none. */
struct secret_value_input {
	const char *token, *text, *binary; /* binary: base 64 */
};
#define SECRET_VALUE_FIELDS(s, f)                                                                  \
	TEXT(s, f.token, "ClientRequestToken", SECRET_TOKEN_MIN, SECRET_TOKEN_MAX, 0),             \
		TEXT(s, f.text, "SecretString", 1, SECRET_VALUE_MAX, 0),                           \
		TEXT(s, f.binary, "SecretBinary", 0, 0, 0) /* secret_value_check() measures it */

/* The secret of "SecretId"; fails as the API does, also for one that is to be deleted, unless
 * @deleted. */
int secret_require(struct call *call, const char *id, bool deleted, struct secret *ret_secret)
	MUST_CHECK;
/* arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX, in the call's arena. */
const char *secret_arn(const struct call *call, const struct secret *secret);
/* {"ARN", "Name"} */
json_t *secret_answer(const struct call *call, const struct secret *secret);
/* Everything but the value, with the stages of its versions under @stages. */
int secret_about(struct call *call, const struct secret *secret, const char *stages,
		 json_t **ret_object) MUST_CHECK;

/* Whether there is a value; fails if it is none or two. */
int secret_value_check(struct call *call, const struct secret_value_input *input, bool *ret_given)
	MUST_CHECK;
/* Write it as a version with @stages; *ret_version is what was written. In the caller's
 * transaction. */
int secret_value_put(struct call *call, const struct secret *secret,
		     const struct secret_value_input *input, const struct shape_list *stages,
		     struct secret_version *ret_version) MUST_CHECK;
/* ["AWSCURRENT"], ... */
json_t *secret_stages_json(const struct secret_version *version);

#endif
