/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request, whole, whichever protocol brought it, and the answer to it. Both
 * live in the request's arena (the body in a buf with a maximum) and end with it.
 */
#ifndef SLIPWAY_GATEWAY_REQUEST_H
#define SLIPWAY_GATEWAY_REQUEST_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/header.h"

#define REQUEST_BODY_MAX	 (2u * 1024 * 1024) /* PutLogEvents takes 1 MiB of events, JSON-escaped */
#define REQUEST_HEADERS_MAX	 64
/* All names and values; a presigned query counts as well. */
#define REQUEST_HEADER_BYTES_MAX (32u * 1024)
#define REQUEST_ARENA_MAX	 (32u * 1024 * 1024)
/* Events that come as HTTP has them, and not as calls: its refusals are HTTP's as well. */
#define REQUEST_EVENTS_PATH	 "/events/"

struct request {
	struct arena *arena;
	char id[37]; /* uuid: x-amzn-RequestId */
	const char *method;
	const char *path;	/* as sent, percent-encoded, without the query */
	const char *query;	/* as sent, without '?'; "" */
	struct header *headers; /* in order of arrival; HTTP/2's ":authority" comes as "host" */
	size_t header_count;
	const uint8_t *body; /* "" if none */
	size_t body_len;
	int http_major; /* 1 or 2 */
	char peer[64];	/* "127.0.0.1:40000" */
};

/* The first value of header @name (lower case), or NULL. */
const char *request_header(const struct request *request, const char *name);

struct response {
	int status;
	const char *content_type;
	struct header headers[8]; /* beside the usual ones; lower case; arena or literals */
	size_t header_count;
	struct buf body;
};

#endif
