/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of somebody else's server: POST over HTTPS, with a token if there is one. Its
 * certificate is verified, redirects are not followed.
 */
#ifndef SLIPWAY_CLI_CLIENT_WEBHOOK_H
#define SLIPWAY_CLI_CLIENT_WEBHOOK_H

#include "core/buf.h"

struct client_webhook;

struct client_webhook_options {
	const char *url;	/* "https://..." without a user in it */
	const char *path;	/* goes behind a URL that has none */
	const char *token_file; /* read for each request, so it may be changed; NULL: no token */
	const char *ca_file;	/* PEM; NULL: the system's */
};

struct client_webhook_answer {
	long status;
	int64_t retry_after_ms; /* 0: it did not say */
	const char *body;	/* its first bytes, for people and 422s; until the next request */
	size_t body_len;
};

/* @options' texts are copied. ERR_INVALID names the option that is wrong. */
int client_webhook_open(const struct client_webhook_options *options,
			struct client_webhook **ret_webhook, struct err *err) MUST_CHECK;
void client_webhook_free(struct client_webhook *webhook); /* takes NULL */
void client_webhook_freep(struct client_webhook **webhook);

/* Where requests go. Borrowed. */
const char *client_webhook_url(const struct client_webhook *webhook);

/* 0: the server answered, whatever it was. ERR_UNAVAILABLE: the network failed, and it may be
 * better later; other codes: it will not (a certificate that is not to be trusted). */
int client_webhook_post(struct client_webhook *webhook, const char *content_type,
			const struct buf *body, struct client_webhook_answer *ret_answer,
			struct err *err) MUST_CHECK;

#endif
