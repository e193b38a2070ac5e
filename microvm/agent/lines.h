/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cutting one stream of a container into pieces that may travel: runs of whole
 * lines, or a part of a line that is too long. Pure: bytes in, pieces out.
 */
#ifndef SLIPWAY_MICROVM_AGENT_LINES_H
#define SLIPWAY_MICROVM_AGENT_LINES_H

#include "core/common.h"
#include "microvm/wire/message.h"

#define LINES_SIZE  (64u * 1024) /* a pipe's worth; more than one long line */
#define LINES_BATCH (32u * 1024) /* a run of lines is at most this long */

struct lines {
	uint8_t bytes[LINES_SIZE];
	size_t start, len; /* what is not taken yet: bytes[start .. start+len) */
};

struct lines_piece {
	const uint8_t *bytes; /* borrowed until lines_taken() or lines_room() */
	size_t len;
	unsigned flags; /* WIRE_OUTPUT_* */
};

/* Where bytes may be put: *ret_len of them, never none if all pieces were taken. */
uint8_t *lines_room(struct lines *lines, size_t *ret_len);
void lines_added(struct lines *lines, size_t len);

/* The next piece, or false when more bytes are needed. @ended: no more will come. */
bool lines_next(const struct lines *lines, bool ended, struct lines_piece *ret_piece);
/* The piece was sent. */
void lines_taken(struct lines *lines, size_t len);

#endif
