/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers' output on the wire: a small fixed header and the bytes as they are.
 */
#include "core/bytes.h"
#include "microvm/wire/message.h"

#define STREAM_FIRST 1 /* stdout */
#define STREAM_LAST  2 /* stderr */
#define FLAGS_KNOWN  (WIRE_OUTPUT_PARTIAL | WIRE_OUTPUT_NO_NEWLINE | WIRE_OUTPUT_EVENT)

int wire_output_read(const struct frame *frame, struct wire_output *ret_output, struct err *err)
{
	struct wire_output output;

	if (frame->len <= WIRE_OUTPUT_HEADER_SIZE)
		return err_set(err, ERR_INVALID, "message OUTPUT is empty");
	/* The longest is an event of joined lines; a batch of lines is far from it. */
	if (frame->len - WIRE_OUTPUT_HEADER_SIZE > WIRE_EVENT_MAX)
		return err_set(err, ERR_INVALID, "message OUTPUT is too long");
	output = (struct wire_output){
		.container = frame->payload[0],
		.stream = frame->payload[1],
		.flags = le16_get(frame->payload + 2),
		.wall_ms = (int64_t)le64_get(frame->payload + 4),
		.bytes = frame->payload + WIRE_OUTPUT_HEADER_SIZE,
		.len = frame->len - WIRE_OUTPUT_HEADER_SIZE,
	};
	if (output.container >= WIRE_CONTAINERS_MAX)
		return err_set(err, ERR_INVALID, "message OUTPUT names container %u",
			       output.container);
	if (output.stream < STREAM_FIRST || output.stream > STREAM_LAST)
		return err_set(err, ERR_INVALID, "message OUTPUT names stream %u", output.stream);
	if (output.flags & ~FLAGS_KNOWN)
		return err_set(err, ERR_INVALID, "message OUTPUT has flags %#x", output.flags);
	*ret_output = output;
	return 0;
}

int wire_output_write(const struct wire_output *output, uint64_t seq, struct buf *out,
		      struct err *err)
{
	AUTO(buf_done) struct buf payload;
	uint8_t header[WIRE_OUTPUT_HEADER_SIZE];

	header[0] = (uint8_t)output->container;
	header[1] = (uint8_t)output->stream;
	le16_put(header + 2, (uint16_t)output->flags);
	le64_put(header + 4, (uint64_t)output->wall_ms);
	buf_init(&payload, FRAME_PAYLOAD_MAX);
	if (buf_append(&payload, header, sizeof(header), err) < 0 ||
	    buf_append(&payload, output->bytes, output->len, err) < 0)
		return err_wrap(err, "message OUTPUT");
	return frame_encode(out, FRAME_OUTPUT, seq, payload.data, payload.len, err);
}
