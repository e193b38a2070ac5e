/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/2 of the server's side: the home of nghttp2.
 */
#ifndef SLIPWAY_GATEWAY_HTTP2_H
#define SLIPWAY_GATEWAY_HTTP2_H

#include "gateway/protocol.h"

/* Bodies that one connection may have under way together: four of the largest. */
#define HTTP2_BODIES_MAX (4u * REQUEST_BODY_MAX)

/* @host is copied; what it points at must outlive the protocol. Ends with protocol_free(). */
int http2_new(const struct protocol_host *host, struct protocol **ret_protocol, struct err *err)
	MUST_CHECK;

#endif
