/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client of a data channel may send: a raw message, or (the first byte is 'M')
 * one whose digest and lengths are made right, since no fuzzer finds those by itself:
 * the second byte is its kind, the third its sequence number.
 */
#include <string.h>

#include "gateway/ssm_channel.h"

#define OUT_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct ssm_channel *channel, const uint8_t *bytes, size_t len)
{
	AUTO(buf_done) struct buf out;
	struct ssm_event event;
	struct err err = ERR_INIT;
	char token[65];

	buf_init(&out, OUT_MAX);
	if (ssm_channel_take(channel, bytes, len, &event, &out, &err) == 0 &&
	    event.kind == SSM_EVENT_INPUT && event.len > len)
		abort();
	(void)(ssm_channel_read_token(bytes, len, token, &err) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ssm_channel channel = {.ready = size % 2 == 0};
	AUTO(buf_done) struct buf message;
	struct err err = ERR_INIT;

	if (size < 3 || data[0] != 'M') {
		take(&channel, data, size);
		return 0;
	}
	buf_init(&message, OUT_MAX);
	channel.in_sequence = data[2];
	if (ssm_message_write(&(struct ssm_message){.type = SSM_INPUT,
						    .sequence = data[2],
						    .kind = data[1],
						    .payload = data + 3,
						    .len = size - 3},
			      &message, &err) == 0)
		take(&channel, message.data, message.len);
	return 0;
}
