/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's end of a data channel, for tests: messages to feed, and a look at those
 * that were answered.
 */
#ifndef SLIPWAY_TESTS_UNIT_GATEWAY_SSM_PEER_H
#define SLIPWAY_TESTS_UNIT_GATEWAY_SSM_PEER_H

#include "tests/support/suite.h"

#include "core/websocket.h"
#include "gateway/ssm_message.h"

#define SSM_HANDSHAKE                                                                              \
	"{\"ClientVersion\":\"1.2\",\"Errors\":[],\"ProcessedClientActions\":"                     \
	"[{\"ActionType\":\"SessionType\",\"ActionStatus\":1,\"Error\":\"\"}]}"

/* An input message in @out, which is set up here. */
static inline void ssm_input(struct buf *out, enum ssm_kind kind, int64_t sequence,
			     const char *payload, size_t len)
{
	struct ssm_message message = {
		.type = SSM_INPUT,
		.sequence = sequence,
		.kind = kind,
		.payload = (const uint8_t *)payload,
		.len = len,
	};
	struct err err = ERR_INIT;

	buf_init(out, 1u << 20);
	ASSERT_OK(ssm_message_write(&message, out, &err), &err);
}

/* The next message of the service in @websocket, or false. */
static inline bool ssm_answer(struct websocket *websocket, struct ssm_message *ret_message)
{
	struct websocket_message frame;
	struct err err = ERR_INIT;
	int result = websocket_next(websocket, &frame, &err);

	ck_assert_msg(result >= 0, "%s", err.text);
	if (result == 0 || frame.opcode != WEBSOCKET_BINARY)
		return false;
	ASSERT_OK(ssm_message_read(frame.bytes, frame.len, ret_message, &err), &err);
	return true;
}

#endif
