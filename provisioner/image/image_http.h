/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking HTTP servers for bytes, several at once, with limits against hostile ones: the home
 * of libcurl's header in this program. It knows nothing of registries.
 *
 *   - https with the system's certificates (or SSL_CERT_FILE, SSL_CERT_DIR), plain http only
 *     where the caller allows it, also behind redirects;
 *   - through the proxy that https_proxy or http_proxy names, but for this machine itself and
 *     the hosts in no_proxy;
 *   - at most five redirects; what authorizes goes to the host that was named and no other;
 *   - headers and the texts of refusals are limited, a body by the one who takes it;
 *   - a server that says nothing for half a minute has failed.
 */
#ifndef SLIPWAY_PROVISIONER_IMAGE_HTTP_H
#define SLIPWAY_PROVISIONER_IMAGE_HTTP_H

#include "core/buf.h"

#define IMAGE_HTTP_CHALLENGE_MAX 4096
#define IMAGE_HTTP_REFUSAL_MAX	 4096

struct image_http; /* connections */
struct image_http_call;

struct image_http_request {
	const char *url;
	const char *authorization; /* "Basic ..." or "Bearer ..."; NULL: none */
	const char *accept;	   /* NULL: anything */
	int64_t offset;		   /* the body from there on */
	bool plain;		   /* http is allowed */
	int64_t end_ns;		   /* by the boot-time clock */
	/* Takes the body's bytes, those from @offset on; not called for refusals. A failure
	 * ends the call with that error. */
	int (*take)(void *ctx, const void *bytes, size_t len, struct err *err);
	void *ctx;
};

struct image_http_answer {
	long status; /* 200 also where the server gave a part of what it has; 0: it did not answer
		      */
	bool transient;				  /* failed, and may succeed the next time */
	char challenge[IMAGE_HTTP_CHALLENGE_MAX]; /* WWW-Authenticate, or "" */
	char refusal[IMAGE_HTTP_REFUSAL_MAX];	  /* the body of any other status, as a text */
};

int image_http_open(struct image_http **ret_http, struct err *err) MUST_CHECK;
void image_http_close(struct image_http *http); /* takes NULL; no call may be left */

/* Begin a call; texts of @request are borrowed until its end, *ret_call is the caller's. */
int image_http_start(struct image_http *http, const struct image_http_request *request,
		     struct image_http_call **ret_call, struct err *err) MUST_CHECK;
void image_http_free(struct image_http_call *call); /* takes NULL; ends it */

/* Let calls go on for up to @wait_ms, or until one ends or @fd (-1: none) is readable. */
int image_http_work(struct image_http *http, int fd, int wait_ms, bool *ret_readable,
		    struct err *err) MUST_CHECK;
/* Has it ended? Then *ret_result and *ret_answer say how, and @err if that is -1. */
bool image_http_ended(struct image_http_call *call, const struct image_http_answer **ret_answer,
		      int *ret_result, struct err *err);

/* Start a call and wait for its end. */
int image_http_run(struct image_http *http, const struct image_http_request *request,
		   struct image_http_answer *ret_answer, struct err *err) MUST_CHECK;

/* @text with everything that is not a letter, digit or one of -._~ as %XX; the caller frees. */
char *image_http_escape(const char *text);

#endif
