/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The message that the Session Manager plugin and its service send each other over a
 * WebSocket: a header of 120 bytes, big endian, and a payload.
 *
 *     0 header's length (116) u32 | 4 type, 32 characters | 36 schema version u32
 *     | 40 created, ms u64 | 48 sequence number i64 | 56 flags u64 | 64 id, 16 bytes
 *     | 80 SHA-256 of the payload | 112 kind of payload u32 | 116 payload's length u32
 */
#ifndef SLIPWAY_GATEWAY_SSM_MESSAGE_H
#define SLIPWAY_GATEWAY_SSM_MESSAGE_H

#include "core/buf.h"

#define SSM_INPUT	   "input_stream_data"
#define SSM_OUTPUT	   "output_stream_data"
#define SSM_ACKNOWLEDGE	   "acknowledge"
#define SSM_CHANNEL_CLOSED "channel_closed"

#define SSM_HEADER_SIZE 120
#define SSM_TYPE_SIZE	33
#define SSM_ID_SIZE	37 /* as text: 8-4-4-4-12 */

/* Kinds of payload. */
enum ssm_kind {
	SSM_KIND_NONE = 0,
	SSM_KIND_OUTPUT = 1, /* bytes, in either direction */
	SSM_KIND_SIZE = 3,   /* JSON: of the terminal */
	SSM_KIND_HANDSHAKE_REQUEST = 5,
	SSM_KIND_HANDSHAKE_RESPONSE = 6,
	SSM_KIND_HANDSHAKE_COMPLETE = 7,
	SSM_KIND_FLAG = 10, /* u32 */
};

#define SSM_FLAG_TERMINATE 2 /* payload of SSM_KIND_FLAG: end the session */

struct ssm_message {
	char type[SSM_TYPE_SIZE]; /* without the padding */
	int64_t sequence;
	uint64_t flags;
	char id[SSM_ID_SIZE];
	unsigned kind;
	const uint8_t *payload; /* borrowed */
	size_t len;
};

/* ERR_INVALID for anything that is not one whole message with the right digest. */
int ssm_message_read(const uint8_t *bytes, size_t len, struct ssm_message *ret_message,
		     struct err *err) MUST_CHECK;
/* Append it; @message->id is used if it is not "", else made. */
int ssm_message_write(const struct ssm_message *message, struct buf *out, struct err *err)
	MUST_CHECK;

#endif
