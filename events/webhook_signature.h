/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a webhook comes from who knows the secret.
 */
#ifndef SLIPWAY_EVENTS_WEBHOOK_SIGNATURE_H
#define SLIPWAY_EVENTS_WEBHOOK_SIGNATURE_H

#include "core/err.h"
#include "core/header.h"

#define WEBHOOK_TOLERANCE_S                                                                        \
	300			  /* of a signature's time, as Stripe and Standard Webhooks advise \
				   */
#define WEBHOOK_SECRET_MIN     16 /* characters: fewer can be guessed */
#define WEBHOOK_SIGNATURES_MAX 8  /* in one header: secrets that are being exchanged */

/* X(style, its name in the configuration) */
#define WEBHOOK_STYLES(X)                                                                          \
	X(BEARER, "bearer") /* authorization: Bearer SECRET, or access_token of the query */       \
	X(GITHUB, "github") /* x-hub-signature-256: sha256=HEX of the body */                      \
	X(GITLAB, "gitlab") /* x-gitlab-token: SECRET */                                           \
	X(STRIPE, "stripe") /* stripe-signature: t=TIME,v1=HEX of TIME.BODY */                     \
	X(STANDARD,                                                                                \
	  "standard") /* webhook-signature: v1,BASE64 of ID.TIME.BODY (Standard Webhooks) */
#define WEBHOOK_AS_STYLE(name, text) WEBHOOK_##name,
enum webhook_style { WEBHOOK_STYLES(WEBHOOK_AS_STYLE) WEBHOOK_STYLE_COUNT };

const char *webhook_style_name(enum webhook_style style);
bool webhook_style_find(const char *name, enum webhook_style *ret_style);

struct webhook_secret {
	enum webhook_style style;
	const char *secret;  /* of STANDARD "whsec_" and base64, or the text itself */
	int64_t tolerance_s; /* STRIPE and STANDARD */
};

/* ERR_INVALID if nobody should use such a secret: too short, or broken base64. */
int webhook_secret_check(const struct webhook_secret *secret, struct err *err) MUST_CHECK;

/* What is signed, and how; borrowed. Header names are lower case. */
struct webhook_message {
	const struct header *headers;
	size_t header_count;
	const char *access_token; /* of the query, decoded; NULL if there is none */
	const uint8_t *body;
	size_t body_len;
	int64_t now_s; /* wall */
};

/* ERR_DENIED unless the message is signed with the secret. How long it takes tells nothing of the
 * secret. The text is for logs: it says which header is wrong, never what was expected. */
int webhook_signature_check(const struct webhook_secret *secret,
			    const struct webhook_message *message, struct err *err) MUST_CHECK;

#endif
