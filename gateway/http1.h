/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 (and 1.0) of the server's side, over libhttp-parser.
 */
#ifndef SLIPWAY_GATEWAY_HTTP1_H
#define SLIPWAY_GATEWAY_HTTP1_H

#include "gateway/protocol.h"

/* @host is copied; what it points at must outlive the protocol. Ends with protocol_free(). */
struct protocol *http1_new(const struct protocol_host *host);

#endif
