/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands in a container that runs, for people who look into it (ExecuteCommand). The
 * host numbers them; a number is used once in the life of a machine.
 *
 *     host                               agent
 *     EXEC_START                 ->
 *     EXEC_INPUT, EXEC_RESIZE    ->
 *                                <-      EXEC_OUTPUT
 *     EXEC_TAKEN                 ->      so much output has found its reader
 *                                <-      EXEC_ROOM: so much input has found its reader
 *     EXEC_END                   ->      its person went away
 *                                <-      EXEC_EXIT: the last word, whatever ended it
 *
 * Each side sends at most WIRE_EXEC_WINDOW bytes that the other has not said to be taken,
 * so neither a fast program nor a fast person fills the other's memory. None of
 * these frames is numbered or kept: a new host (RESUME) means the end of all commands.
 */
#ifndef SLIPWAY_MICROVM_WIRE_EXEC_H
#define SLIPWAY_MICROVM_WIRE_EXEC_H

#include "microvm/wire/message.h"

#define WIRE_EXECS_MAX	 8	      /* commands at once in a task */
#define WIRE_EXEC_WINDOW (64u * 1024) /* bytes under way in one direction */
#define WIRE_EXEC_PIECE	 (8u * 1024)  /* bytes of one EXEC_INPUT or EXEC_OUTPUT at most */
#define WIRE_EXEC_SIDE	 1000	      /* most rows and columns of a terminal */

struct wire_exec_start {
	int64_t id;
	int64_t container; /* index */
	bool terminal;	   /* one for all three descriptors, else three pipes */
	int64_t rows, columns;
	struct shape_list args; /* texts: argv, at least one */
};

struct wire_exec_resize {
	int64_t id, rows, columns;
};

/* EXEC_TAKEN and EXEC_ROOM; EXEC_END, where @bytes means nothing. */
struct wire_exec_count {
	int64_t id, bytes;
};

struct wire_exec_exit {
	int64_t id;
	int64_t exit_code; /* 0..255; 128+signal for a signal */
	const char *error; /* why it could not be started; "" if it was */
};

extern const struct shape wire_exec_start_shape, wire_exec_resize_shape, wire_exec_count_shape,
	wire_exec_exit_shape;

/* EXEC_INPUT's and EXEC_OUTPUT's payload: id u32 | stream u8 | then bytes. Little endian.
 * An EXEC_INPUT without bytes is the end of the input. */
#define WIRE_EXEC_HEADER_SIZE 5
enum wire_exec_stream { WIRE_EXEC_IN, WIRE_EXEC_OUT, WIRE_EXEC_ERRORS };
struct wire_exec_bytes {
	uint32_t id;
	enum wire_exec_stream stream;
	const uint8_t *bytes; /* borrowed from the frame */
	size_t len;
};
int wire_exec_bytes_read(const struct frame *frame, struct wire_exec_bytes *ret_bytes,
			 struct err *err) MUST_CHECK;
int wire_exec_bytes_write(const struct wire_exec_bytes *bytes, struct buf *out, struct err *err)
	MUST_CHECK;

#endif
