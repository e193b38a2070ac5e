/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What names a stored value, as task definitions (valueFrom, credentialsParameter) and
 * requests write it:
 *
 *     NAME  NAME:VERSION                                        a parameter, or a secret
 *     arn:aws:ssm:REGION:ACCOUNT:parameter/NAME[:VERSION]
 *     arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX[:JSON-KEY:STAGE:VERSION-ID]
 */
#ifndef SLIPWAY_STORE_SECRET_REFERENCE_H
#define SLIPWAY_STORE_SECRET_REFERENCE_H

#include "core/arena.h"
#include "core/err.h"

#define SECRET_REFERENCE_MAX 2048 /* bytes; the APIs' limit of an id */

enum secret_service {
	SECRET_OF_SSM,
	SECRET_OF_MANAGER,
};

struct secret_reference {
	enum secret_service service;
	const char *region, *account; /* NULL: not said */
	const char *name;	      /* of a secret: perhaps with its suffix */
	const char *selector;	      /* of a parameter: its version or label; NULL: the newest */
	const char *json_key, *stage, *version_id; /* NULL: not said */
	const char *arn; /* of a secret, without what follows the name; or the name */
};

/* @bare: whose a name is that is no ARN. Texts live in @arena. ERR_INVALID. */
int secret_reference_parse(const char *text, enum secret_service bare, struct arena *arena,
			   struct secret_reference *ret_reference, struct err *err) MUST_CHECK;
/* The number that a selector is; 0: it is none (NULL), -1: no number. */
int64_t secret_reference_version(const struct secret_reference *reference);
/* Where it names them, they are @region and @account. */
bool secret_reference_is_of(const struct secret_reference *reference, const char *region,
			    const char *account);

#endif
