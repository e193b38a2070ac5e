/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shapes of the words about commands, and their bytes as they are behind a small
 * fixed header.
 */
#include "microvm/wire/exec.h"

#include <string.h>

#include "core/bytes.h"

#define ARGS_MAX 1024 /* of one command: its text has 64 KiB at most */

#define EXEC_ID(s)	INT(s, id, "id", 0, UINT32_MAX, SHAPE_REQUIRED)
#define EXEC_SIDE(s, f) INT(s, f, #f, 1, WIRE_EXEC_SIDE, SHAPE_REQUIRED)

static const struct shape_field start_fields[] = {
	EXEC_ID(struct wire_exec_start),
	INT(struct wire_exec_start, container, "container", 0, WIRE_CONTAINERS_MAX - 1,
	    SHAPE_REQUIRED),
	BOOL(struct wire_exec_start, terminal, "terminal", SHAPE_REQUIRED),
	EXEC_SIDE(struct wire_exec_start, rows),
	EXEC_SIDE(struct wire_exec_start, columns),
	TEXTS(struct wire_exec_start, args, "args", 1, ARGS_MAX, SHAPE_REQUIRED),
};
const struct shape wire_exec_start_shape = SHAPE_OF(struct wire_exec_start, start_fields);

static const struct shape_field resize_fields[] = {
	EXEC_ID(struct wire_exec_resize),
	EXEC_SIDE(struct wire_exec_resize, rows),
	EXEC_SIDE(struct wire_exec_resize, columns),
};
const struct shape wire_exec_resize_shape = SHAPE_OF(struct wire_exec_resize, resize_fields);

static const struct shape_field count_fields[] = {
	EXEC_ID(struct wire_exec_count),
	INT(struct wire_exec_count, bytes, "bytes", 0, WIRE_EXEC_WINDOW, SHAPE_REQUIRED),
};
const struct shape wire_exec_count_shape = SHAPE_OF(struct wire_exec_count, count_fields);

static const struct shape_field exit_fields[] = {
	EXEC_ID(struct wire_exec_exit),
	INT(struct wire_exec_exit, exit_code, "exit_code", 0, 255, SHAPE_REQUIRED),
	TEXT(struct wire_exec_exit, error, "error", 0, WIRE_TEXT_MAX, SHAPE_REQUIRED),
};
const struct shape wire_exec_exit_shape = SHAPE_OF(struct wire_exec_exit, exit_fields);

int wire_exec_bytes_read(const struct frame *frame, struct wire_exec_bytes *ret_bytes,
			 struct err *err)
{
	uint8_t stream;

	if (frame->len < WIRE_EXEC_HEADER_SIZE ||
	    frame->len > WIRE_EXEC_HEADER_SIZE + WIRE_EXEC_PIECE)
		return err_set(err, ERR_INVALID, "message %s has %zu bytes",
			       frame_type_name(frame->type), frame->len);
	stream = frame->payload[4];
	if (stream > WIRE_EXEC_ERRORS ||
	    (stream == WIRE_EXEC_IN) != (frame->type == FRAME_EXEC_INPUT))
		return err_set(err, ERR_INVALID, "message %s names stream %u",
			       frame_type_name(frame->type), stream);
	*ret_bytes = (struct wire_exec_bytes){
		.id = le32_get(frame->payload),
		.stream = stream,
		.bytes = frame->payload + WIRE_EXEC_HEADER_SIZE,
		.len = frame->len - WIRE_EXEC_HEADER_SIZE,
	};
	return 0;
}

int wire_exec_bytes_write(const struct wire_exec_bytes *bytes, struct buf *out, struct err *err)
{
	uint8_t payload[WIRE_EXEC_HEADER_SIZE + WIRE_EXEC_PIECE];
	enum frame_type type = bytes->stream == WIRE_EXEC_IN ? FRAME_EXEC_INPUT : FRAME_EXEC_OUTPUT;

	if (bytes->len > WIRE_EXEC_PIECE)
		return err_set(err, ERR_LIMIT, "%zu bytes are too many for one piece", bytes->len);
	le32_put(payload, bytes->id);
	payload[4] = (uint8_t)bytes->stream;
	if (bytes->len > 0)
		memcpy(payload + WIRE_EXEC_HEADER_SIZE, bytes->bytes, bytes->len);
	return frame_encode(out, type, 0, payload, WIRE_EXEC_HEADER_SIZE + bytes->len, err);
}
