/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol of a connection that has become a command's session: a WebSocket to the
 * client, a socket to the provisioner.
 */
#ifndef SLIPWAY_GATEWAY_EXEC_STREAM_H
#define SLIPWAY_GATEWAY_EXEC_STREAM_H

#include "gateway/protocol.h"

/* The path of a session's stream URL, before its id. */
#define EXEC_STREAM_PATH "/v1/data-channel/"

/* NULL if @request does not ask for that, or not in the right form: then it is a request as
 * any other. */
struct protocol *exec_stream_new(const struct protocol_host *host, const struct request *request);

/* The question that a session asks by the road of requests, POST of its token to its path:
 * uses the token. false: it is another path. Called on workers. */
struct db;
bool exec_stream_answer(struct db *state, const struct request *request, struct response *response);

#endif
