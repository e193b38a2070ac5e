/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service's side of a Session Manager data channel, as the stock clients' plugin
 * speaks it: a shell session with a terminal. Messages in, messages out.
 */
#ifndef SLIPWAY_GATEWAY_SSM_CHANNEL_H
#define SLIPWAY_GATEWAY_SSM_CHANNEL_H

#include "gateway/ssm_message.h"
#include "store/exec_link.h"

struct ssm_channel {
	int64_t out_sequence; /* of our next message */
	int64_t in_sequence;  /* of the client's next */
	int64_t asked_ms;     /* boot-time clock: when the handshake began */
	bool ready;	      /* the handshake is over */
};

/* Ask for a session with a terminal. What is appended to @out, here and below, is in frames of
 * the WebSocket's server. */
int ssm_channel_begin(struct ssm_channel *channel, struct buf *out, struct err *err) MUST_CHECK;

enum ssm_event_kind {
	SSM_EVENT_NONE,
	SSM_EVENT_READY, /* the command may begin */
	SSM_EVENT_INPUT,
	SSM_EVENT_SIZE,
	SSM_EVENT_END, /* the client wants no more */
};
struct ssm_event {
	enum ssm_event_kind kind;
	const uint8_t *bytes; /* INPUT: borrowed from the message */
	size_t len;
	struct exec_link_size size; /* SIZE */
};
/* A message of the client; acknowledges it. ERR_INVALID for nonsense. */
int ssm_channel_take(struct ssm_channel *channel, const uint8_t *bytes, size_t len,
		     struct ssm_event *ret_event, struct buf *out, struct err *err) MUST_CHECK;

int ssm_channel_output(struct ssm_channel *channel, const uint8_t *bytes, size_t len,
		       struct buf *out, struct err *err) MUST_CHECK;
/* The last message: @why is shown to the person; "" for nothing to tell. */
int ssm_channel_end(const char *session, const char *why, struct buf *out, struct err *err)
	MUST_CHECK;

/* The token in the first message of a data channel, a text: 64 hex digits. */
int ssm_channel_read_token(const uint8_t *bytes, size_t len, char ret_token[65], struct err *err)
	MUST_CHECK;

#endif
