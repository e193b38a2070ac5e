/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry that wants to know who asks writes into WWW-Authenticate:
 *
 *     Basic realm="..."
 *     Bearer realm="https://auth.example/token",service="example",scope="repository:a/b:pull"
 *
 * Pure: text in, checked struct out.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_CHALLENGE_H
#define SLIPWAY_PROVISIONER_IMAGE_CHALLENGE_H

#include "core/err.h"

#define IMAGE_CHALLENGE_PART_MAX 1024 /* bytes of a parameter, the zero included */

enum image_challenge_kind { IMAGE_CHALLENGE_NONE, IMAGE_CHALLENGE_BASIC, IMAGE_CHALLENGE_BEARER };

struct image_challenge {
	enum image_challenge_kind kind;
	char realm[IMAGE_CHALLENGE_PART_MAX]; /* BEARER: where tokens are; never empty */
	char service[IMAGE_CHALLENGE_PART_MAX], scope[IMAGE_CHALLENGE_PART_MAX]; /* or "" */
};

/* The first Bearer in @text, else Basic, else NONE. ERR_INVALID for a Bearer without
 * realm, ERR_LIMIT for parts that are too long; unknown schemes and parameters are passed over. */
int image_challenge_parse(const char *text, struct image_challenge *ret_challenge, struct err *err)
	MUST_CHECK;

#endif
