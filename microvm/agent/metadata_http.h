/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP as the metadata endpoint speaks it: one GET a connection, without a body. Bytes
 * in, a path or a status out.
 */
#ifndef SLIPWAY_MICROVM_AGENT_METADATA_HTTP_H
#define SLIPWAY_MICROVM_AGENT_METADATA_HTTP_H

#include "core/buf.h"

#define METADATA_HEAD_MAX 4096 /* of request line and headers; SDKs send some 300 bytes */
#define METADATA_PATH_MAX 255

struct metadata_http {
	char head[METADATA_HEAD_MAX + 1];
	size_t len;
	size_t line; /* where the line begins that is being received */
};

/* All zero to begin with. Takes bytes up to the head's end; returns 0 while it goes on,
 * 200 when it is there and right: then *ret_path ("/v4/...", without a query) is borrowed
 * from @http. Else the status of what is wrong, after which nothing more may be fed. */
int metadata_http_feed(struct metadata_http *http, const void *bytes, size_t len,
		       const char **ret_path);

/* Append an answer's head and body; the connection ends after it. */
int metadata_http_answer(struct buf *out, int status, const char *type, const char *body,
			 struct err *err) MUST_CHECK;

#endif
