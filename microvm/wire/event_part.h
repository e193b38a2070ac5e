/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event that a task was launched for, on its way to the agent: a piece of it is a frame, and
 * all of them come before TASK, which says how many bytes they are.
 */
#ifndef SLIPWAY_MICROVM_WIRE_EVENT_PART_H
#define SLIPWAY_MICROVM_WIRE_EVENT_PART_H

#include "microvm/wire/frame.h"

#define WIRE_EVENT_SIZE_MAX (2048u * 1024) /* of the whole */
#define WIRE_EVENT_PIECE    (64u * 1024)

/* EVENT_PART's payload: offset u32, little endian | bytes. A piece at 0 begins the event anew: its
 * host may be another one. */
#define WIRE_EVENT_HEADER_SIZE 4
struct wire_event_part {
	size_t offset;
	const uint8_t *bytes; /* borrowed */
	size_t len;
};
/* ERR_INVALID for a piece that is none, or is over the limits. */
int wire_event_part_read(const struct frame *frame, struct wire_event_part *ret_part,
			 struct err *err) MUST_CHECK;
int wire_event_part_write(const struct wire_event_part *part, struct buf *out, struct err *err)
	MUST_CHECK;

#endif
