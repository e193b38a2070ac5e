/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a peer of a WebSocket may send, cut in two ways: the same messages come out,
 * or the same breach. The first byte chooses our role.
 */
#include <string.h>

#include "core/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A sum over the messages, and 1 more for a breach. */
static uint64_t read_all(const uint8_t *bytes, size_t size, enum websocket_role role, size_t step)
{
	struct websocket websocket;
	struct websocket_message message;
	struct err err = ERR_INIT;
	uint64_t sum = 0;
	int result = 0;

	websocket_init(&websocket, role);
	for (size_t at = 0; at < size && result == 0; at += step) {
		if (websocket_feed(&websocket, bytes + at, size - at < step ? size - at : step,
				   &err) < 0)
			abort();
		while ((result = websocket_next(&websocket, &message, &err)) == 1) {
			sum = (sum ^ message.opcode) * UINT64_C(1099511628211);
			for (size_t i = 0; i < message.len; i++)
				sum = (sum ^ message.bytes[i]) * UINT64_C(1099511628211);
		}
	}
	websocket_done(&websocket);
	return sum + (result < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum websocket_role role;

	if (size < 2)
		return 0;
	role = data[0] % 2 ? WEBSOCKET_CLIENT : WEBSOCKET_SERVER;
	if (read_all(data + 1, size - 1, role, WEBSOCKET_FEED_MAX) !=
	    read_all(data + 1, size - 1, role, 1 + data[0] / 2))
		abort();
	return 0;
}
