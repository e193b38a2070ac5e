/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests over HTTPS, many at once on one thread. No redirect is followed, certificates are
 * verified, and nobody is connected to whom address_guard.h forbids, unless the operator says so.
 */
#ifndef SLIPWAY_RELAY_WEBHOOK_H
#define SLIPWAY_RELAY_WEBHOOK_H

#include "core/err.h"
#include "events/webhook_request.h"

#define WEBHOOK_TIMEOUT_MS 5000 /* the API's, from the connection to the answer's end */

struct webhook_options {
	const char *ca_file; /* PEM; "": the system's */
	bool private_addresses;
};

/* How a request ended. */
struct webhook_answer {
	int status;		/* of HTTP; 0: there was no answer */
	bool forbidden;		/* the address is one that must not be connected to */
	int64_t retry_after_ms; /* 0: it does not say */
	const char *error;	/* without an answer: why */
	const char *body;	/* its beginning; until the callback returns */
	size_t body_len;
};
typedef void webhook_done_fn(void *ctx, const struct webhook_answer *answer);

struct webhook;

/* Borrows @options. */
int webhook_open(const struct webhook_options *options, struct webhook **ret_webhook,
		 struct err *err) MUST_CHECK;
/* Requests that are under way end without a word. Takes NULL. */
void webhook_close(struct webhook *webhook);

/* @request, which is borrowed, lives until @done(@ctx) is called, by webhook_wait(). */
int webhook_send(struct webhook *webhook, const struct webhook_request *request,
		 webhook_done_fn *done, void *ctx, struct err *err) MUST_CHECK;
/* Until something has ended, webhook_wake() is called, or @ms have passed. */
int webhook_wait(struct webhook *webhook, int ms, struct err *err) MUST_CHECK;
void webhook_wake(struct webhook *webhook); /* from any thread */

/* What an answer means for a delivery. */
enum webhook_verdict {
	WEBHOOK_ARRIVED,
	WEBHOOK_AGAIN, /* 401, 407, 408, 409, 429, 5xx, or no answer: it may work later */
	WEBHOOK_DEAD,  /* every other answer, redirects among them */
};
enum webhook_verdict webhook_judge(const struct webhook_answer *answer);

#endif
